import MCPProtocol
import Synchronization

/// What a loop within this process sees of a tool's call besides the text for the model.
///
/// MCP has no place for it: there the question about a write is a form, and rows come twice when they are asked for as data. It
/// is bound to the task of the call, so that no tool has to hand it on.
final class CallWitness: Sendable {
    /// The witness of the call that this task makes; nil for a call that came from outside.
    @TaskLocal static var current: CallWitness?

    private struct Seen {
        var question: ApprovalQuestion?
        var result: JSONObject?
        var answerer: CallAnswerer?
    }
    private let seen = Mutex(Seen())

    /// The question that a person has to answer before the call goes on.
    var question: ApprovalQuestion? { seen.withLock { $0.question } }
    /// The rows, in the shape of ``ResultAnswer``.
    var result: JSONObject? { seen.withLock { $0.result } }

    /// Who answered the question; nil where nobody said.
    var answerer: CallAnswerer? { seen.withLock { $0.answerer } }

    func note(_ answerer: CallAnswerer) { seen.withLock { $0.answerer = answerer } }

    func note(_ question: ApprovalQuestion) { seen.withLock { $0.question = question } }

    func note(_ result: JSONObject) { seen.withLock { $0.result = result } }
}
