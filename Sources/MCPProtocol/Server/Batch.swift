import Synchronization

/// The answers to a batch of 2025-03-26, which go out as one array when the last of them is there.
final class Batch: Sendable {
    private struct State {
        var expected: Int
        var answers: [JSONValue] = []
    }

    private let state: Mutex<State>

    init(expected: Int) {
        state = Mutex(State(expected: expected))
    }

    /// - Returns: the bytes of the whole answer, when this was the last one.
    func add(_ response: RPCResponse) -> [UInt8]? {
        finish(RPCMessage.response(response).json)
    }

    /// A cancelled request has no answer.
    func skip() -> [UInt8]? {
        finish(nil)
    }

    private func finish(_ answer: JSONValue?) -> [UInt8]? {
        state.withLock { state in
            if let answer { state.answers.append(answer) }
            state.expected -= 1
            guard state.expected == 0, !state.answers.isEmpty else { return nil }
            return JSONValue.array(state.answers).serialized()
        }
    }
}
