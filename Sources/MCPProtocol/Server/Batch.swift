import Synchronization

/// The answers to a batch of 2025-03-26, which go out as one array when the last of them is there.
package final class Batch: Sendable {
    private struct State {
        var expected: Int
        var answers: [JSONValue] = []
    }

    private let state: Mutex<State>

    package init(expected: Int) {
        state = Mutex(State(expected: expected))
    }

    /// Adds an answer.
    ///
    /// - Returns: the bytes of the whole answer, when this was the last one.
    func add(_ response: RPCResponse) -> [UInt8]? {
        collect(response).bytes
    }

    /// A cancelled request has no answer.
    func skip() -> [UInt8]? {
        collect(nil).bytes
    }

    /// Adds an answer; `nil` stands for a cancelled request, which has none.
    ///
    /// - Returns: whether it was the last one, and the bytes of the whole answer when there is one.
    package func collect(_ response: RPCResponse?) -> (isLast: Bool, bytes: [UInt8]?) {
        let answer = response.map { RPCMessage.response($0).json }
        return state.withLock { state in
            if let answer { state.answers.append(answer) }
            state.expected -= 1
            guard state.expected == 0 else { return (false, nil) }
            return (true, state.answers.isEmpty ? nil : JSONValue.array(state.answers).serialized())
        }
    }
}
