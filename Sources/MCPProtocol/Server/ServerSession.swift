import Synchronization

/// The life of one older connection: what was agreed on, what is watched, and the questions that the client has not
/// answered yet.
package final class ServerSession: Sendable {
    /// A question that waits for its answer.
    private struct Asked {
        let continuation: CheckedContinuation<Ended, Never>
        /// Sends it; whether the client can have it.
        let sender: Task<Bool, Never>
        /// Gives it up in time.
        let clock: Task<Void, any Error>
        var isSent = false

        func end(_ outcome: Result<JSONValue, RPCError>) {
            clock.cancel()
            continuation.resume(returning: Ended(outcome: outcome, sender: sender, isSent: isSent))
        }
    }

    /// What became of a question.
    private struct Ended {
        var outcome: Result<JSONValue, RPCError>
        /// `nil` for one that was never begun.
        var sender: Task<Bool, Never>?
        var isSent = false
    }

    private struct State {
        var facts: SessionFacts
        var isInitialized = false
        var nextQuestion = 1
        var questions: [RequestID: Asked] = [:]
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
        let ended = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Ended, Never>) in
                let isOpen = state.withLock { state in
                    if state.isClosed || Task.isCancelled { return false }
                    // Started under the lock, which both take before they do anything, so that the entry is there by then.
                    let sender = Task { await send(message, of: id, link) }
                    let clock = Task { [weak self] in
                        try await Task.sleep(for: timeout)
                        self?.answer(id, .failure(Self.late))
                    }
                    state.questions[id] = Asked(continuation: continuation, sender: sender, clock: clock)
                    return true
                }
                if !isOpen { continuation.resume(returning: Ended(outcome: .failure(Self.cancelled))) }
            }
        } onCancel: {
            answer(id, .failure(Self.cancelled))
        }
        guard case .failure(let error) = ended.outcome else { return try ended.outcome.get() }
        let isCancelled = Task.isCancelled || error == Self.cancelled
        if isCancelled {
            await withdraw(id, ended.sender, link, because: "The request that asked was cancelled")
            throw CancellationError()
        }
        if error == Self.late {
            let withdrawal = Task {
                await withdraw(id, ended.sender, link, because: "The answer did not come in time")
            }
            // A question that could not be sent in all that time is not waited for any longer.
            if ended.isSent { await withdrawal.value }
        }
        throw error
    }

    /// Sends a question, unless it was given up before.
    ///
    /// - Returns: whether the client can have it.
    private func send(_ message: [UInt8], of id: RequestID, _ link: any ClientLink) async -> Bool {
        guard state.withLock({ $0.questions[id] != nil }) else { return false }
        do {
            try await link.send(message)
            state.withLock { $0.questions[id]?.isSent = true }
        } catch {
            answer(id, .failure(RPCError.internalError("The client is gone")))
        }
        return true
    }

    /// Tells the client that nobody waits for its answer any more, if it can know of the question, and not before the question.
    private func withdraw(
        _ id: RequestID, _ sender: Task<Bool, Never>?, _ link: any ClientLink, because reason: String
    ) async {
        sender?.cancel()
        guard let sender, await sender.value else { return }
        let params: JSONObject = ["requestId": id.json, "reason": .string(reason)]
        try? await link.send(
            RPCMessage.notification(RPCNotification(method: "notifications/cancelled", params: params)).bytes)
    }

    private static let cancelled = RPCError.internalError("Cancelled")
    private static let late = RPCError.internalError("The client did not answer in time")

    /// Hands an answer of the client to who asked; an answer to nothing is ignored.
    package func answer(_ id: RequestID, _ outcome: Result<JSONValue, RPCError>) {
        guard let asked = state.withLock({ $0.questions.removeValue(forKey: id) }) else { return }
        asked.end(outcome)
    }

    /// The connection ended.
    package func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.questions = [:] }
            return state.questions
        }
        for asked in waiting.values { asked.end(.failure(Self.cancelled)) }
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
