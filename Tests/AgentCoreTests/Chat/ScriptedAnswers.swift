import AgentModels
import MCPProtocol
import Synchronization

@testable import AgentCore

/// A provider that answers from a script, for what no service can be made to do at a certain moment. Everything that a service
/// can do is tested over HTTP with `ScriptedModel`.
final class ScriptedAnswers: ModelProvider {
    typealias Answer = @Sendable (ModelRequest) async throws -> ModelAnswer

    private struct State {
        var answers: [Answer]
        var requests: [ModelRequest] = []
    }

    private let state: Mutex<State>

    let name = "scripted"

    init(_ answers: Answer...) {
        state = Mutex(State(answers: answers))
    }

    init(_ answers: [ModelMessage]) {
        state = Mutex(State(answers: answers.map { message in { _ in Spoken.answer(message, tokens: 100) } }))
    }

    var requests: [ModelRequest] { state.withLock { $0.requests } }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let next = state.withLock { state -> Answer? in
            state.requests.append(request)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        guard let next else { throw ModelFailure(.badRequest, "The script has ended.") }
        let answer = try await next(request)
        for part in answer.message.parts {
            if case .text(let text) = part { try await onEvent(.text(text)) }
        }
        return answer
    }

    func models() async throws -> [ModelDescription] { [ModelDescription(id: "scripted")] }
}

/// What a turn told its audience.
final class Followed: Sendable {
    private let list = Mutex<[ChatEvent]>([])

    var events: [ChatEvent] { list.withLock { $0 } }
    var names: [String] { events.map(\.name) }
    var text: String { events.reduce("") { if case .text(let text) = $1 { $0 + text } else { $0 } } }
    var results: [(isError: Bool, text: String, result: JSONObject?)] {
        events.compactMap {
            if case .result(_, let isError, let text, _, let result) = $0 { (isError, text, result) } else { nil }
        }
    }

    func note(_ event: ChatEvent) { list.withLock { $0.append(event) } }

    func contains(_ name: String) -> Bool { names.contains(name) }
}
