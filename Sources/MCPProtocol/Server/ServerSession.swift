import Synchronization

/// The life of one older connection: what was agreed on, what is watched, and the questions that the client has not
/// answered yet.
package final class ServerSession: Sendable {
    private struct State {
        var facts: SessionFacts
        var isInitialized = false
        var nextQuestion = 1
        var questions: [RequestID: CheckedContinuation<Result<JSONValue, RPCError>, Never>] = [:]
        var isClosed = false
    }

    private let state: Mutex<State>
    /// The changes that the connection is told.
    let mailbox: SubscriptionMailbox

    init(facts: SessionFacts, capabilities: ServerCapabilities) {
        state = Mutex(State(facts: facts))
        mailbox = SubscriptionMailbox(
            filter: SubscriptionFilter(
                tools: capabilities.tools?.listChanged == true, prompts: capabilities.prompts?.listChanged == true,
                resources: capabilities.resources?.listChanged == true))
    }

    var facts: SessionFacts { state.withLock { $0.facts } }

    func setLogLevel(_ level: LogLevel) {
        state.withLock { $0.facts.logLevel = level }
    }

    /// - Returns: whether this is the first time.
    package func markInitialized() -> Bool {
        state.withLock { state in
            defer { state.isInitialized = true }
            return !state.isInitialized
        }
    }

    /// Sends a request of the server and waits for the answer (item 31).
    func ask(
        _ method: String, params: JSONObject?, link: any ClientLink, timeout: Duration
    ) async throws -> JSONValue {
        let id = state.withLock { state in
            defer { state.nextQuestion += 1 }
            return RequestID.string("server-\(state.nextQuestion)")
        }
        let message = RPCMessage.request(RPCRequest(id: id, method: method, params: params)).bytes
        let clock = Task { [weak self] in
            try await Task.sleep(for: timeout)
            self?.answer(id, .failure(RPCError.internalError("The client did not answer in time")))
        }
        defer { clock.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<JSONValue, RPCError>, Never>) in
                let isOpen = state.withLock { state in
                    if state.isClosed || Task.isCancelled { return false }
                    state.questions[id] = continuation
                    return true
                }
                guard isOpen else { return continuation.resume(returning: .failure(Self.cancelled)) }
                Task {
                    do {
                        try await link.send(message)
                    } catch {
                        self.answer(id, .failure(RPCError.internalError("The client is gone")))
                    }
                }
            }
        } onCancel: {
            answer(id, .failure(Self.cancelled))
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let error):
            if Task.isCancelled || error == Self.cancelled {
                let params: JSONObject = ["requestId": id.json, "reason": "The request that asked was cancelled"]
                try? await link.send(
                    RPCMessage.notification(RPCNotification(method: "notifications/cancelled", params: params)).bytes)
                throw CancellationError()
            }
            throw error
        }
    }

    private static let cancelled = RPCError.internalError("Cancelled")

    /// Hands an answer of the client to who asked; an answer to nothing is ignored.
    package func answer(_ id: RequestID, _ outcome: Result<JSONValue, RPCError>) {
        state.withLock { $0.questions.removeValue(forKey: id) }?.resume(returning: outcome)
    }

    /// The connection ended.
    package func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.questions = [:] }
            return state.questions
        }
        for continuation in waiting.values { continuation.resume(returning: .failure(Self.cancelled)) }
        mailbox.close()
    }
}

/// The way back to the client that a request came by.
package protocol ClientLink: Sendable {
    /// Writes one message.
    func send(_ message: [UInt8]) async throws
    /// Ends the connection, but not the request, where the client can come back for the rest.
    func release() async
}

extension ClientLink {
    package func release() async {}
}
