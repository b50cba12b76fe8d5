import AgentCore
import AuthTokens
import MCPHTTP
import MCPProtocol
import Synchronization

/// A turn of the chat that goes on whether or not somebody reads it: its events, and the questions that wait for an answer.
final class RunningTurn: Sendable {
    /// What became of a question about a write.
    private enum Question {
        case open(database: String, expires: Timestamp, waiting: CheckedContinuation<Decision, any Error>?)
        case answered(Decision, by: CallAnswerer)
        /// The turn does not wait for it any more.
        case over
    }

    private struct State {
        /// Known from its first event on.
        var id: String?
        /// The conversation, and the place of the question in it; known from the first event on, too.
        var conversation: String?
        var questionIndex = 0
        /// The number of the last event.
        var number = 0
        var lastIndex = 0
        var isDone = false
        var questions: [String: Question] = [:]
        var task: Task<Void, Never>?
        var isStopped = false
        var ended: ContinuousClock.Instant?
    }

    /// Who asked.
    let caller: Principal
    /// What its request is known by, when it is sent again.
    let key: ChatTurns.RequestKey?
    /// What the asker is to a question about a write.
    private let asker: Approver
    /// Its events.
    let stream: ResponseStream
    private let limits: ChatTurnLimits
    /// Whether whoever asked would still be let in.
    private let holds: @Sendable () -> Bool
    private let state = Mutex(State())
    /// Whether the turn began, and if not, why: one value.
    private let beginning: AsyncThrowingStream<String, any Error>
    private let begin: AsyncThrowingStream<String, any Error>.Continuation

    /// - Parameters:
    ///   - caller: Who asks.
    ///   - key: What its request is known by, when it is sent again.
    ///   - asker: What the asker is to a question about a write; nil: a person who is there.
    ///   - limits: How much it may take.
    ///   - holds: Whether whoever asked would still be let in; asked every second, and the turn ends when not.
    init(
        caller: Principal, key: ChatTurns.RequestKey? = nil, asker: Approver? = nil, limits: ChatTurnLimits,
        holds: @escaping @Sendable () -> Bool = { true }
    ) {
        self.caller = caller
        self.key = key
        self.asker = asker ?? .person(caller)
        self.limits = limits
        self.holds = holds
        stream = ResponseStream(limit: limits.bufferBytes, retained: limits.retainedBytes, isResumable: true)
        (beginning, begin) = AsyncThrowingStream<String, any Error>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The id of the turn; nil until it began.
    var id: String? { state.withLock { $0.id } }

    /// The conversation that it belongs to; nil until it began.
    var conversation: String? { state.withLock { $0.conversation } }

    /// How somebody who lost the turn comes back to it, as `GET /conversations/{id}` tells; nil unless it runs.
    var rejoining: JSONObject? {
        let forgotten = stream.lastForgotten
        return state.withLock { state in
            guard let id = state.id, !state.isDone, state.ended == nil else { return nil }
            return [
                "id": .string(id), "index": .integer(Int64(state.questionIndex)),
                "from": forgotten == 0 ? .string("\(id).0") : .null, "last": .string("\(id).\(state.number)"),
            ]
        }
    }

    /// When it ended; nil while it runs.
    var ended: ContinuousClock.Instant? { state.withLock { $0.ended } }

    /// Waits until the turn has begun.
    ///
    /// - Returns: Its id.
    /// - Throws: Why it did not begin.
    func begun() async throws -> String {
        for try await id in beginning { return id }
        throw CancellationError()
    }

    /// What the chat does in the turn.
    typealias Conversing =
        @Sendable (
            _ approve: @escaping @Sendable (ChatApproval) async throws -> Decision,
            _ onEvent: @escaping @Sendable (ChatEvent) async throws -> Void
        ) async throws -> Void

    /// Starts it, in a task of its own: it outlives the request that asked for it.
    ///
    /// - Parameters:
    ///   - converse: Has the chat answer.
    ///   - onBegin: Is told the id, before anybody else is.
    ///   - onQuestion: Is told the id of each approval, before it can be answered.
    ///   - onEnd: Is called when all is over.
    func start(
        _ converse: @escaping Conversing, onBegin: @escaping @Sendable (String) -> Void,
        onQuestion: @escaping @Sendable (String) -> Void, onEnd: @escaping @Sendable () -> Void
    ) {
        let task = Task { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    await run(converse, onBegin: onBegin, onQuestion: onQuestion)
                }
                group.addTask { [self] in await waitForReaders() }
                // Whichever ends first ends the other: the turn is over, or it is for nobody any more.
                await group.next()
                group.cancelAll()
            }
            state.withLock { $0.ended = .now }
            onEnd()
        }
        let isStopped = state.withLock { state in
            state.task = task
            return state.isStopped
        }
        if isStopped { task.cancel() }
    }

    /// Stops it: the chat ends with the event `done`.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.task
        }?.cancel()
    }

    private func run(
        _ converse: @escaping Conversing, onBegin: @escaping @Sendable (String) -> Void,
        onQuestion: @escaping @Sendable (String) -> Void
    ) async {
        do {
            try await converse(
                { [self] approval in
                    let id = approval.question.approval.id
                    let decision = try await decision(about: id)
                    if let answerer = answerer(of: id) {
                        approval.answered(by: answerer.principal, tokenID: answerer.tokenID)
                    }
                    return decision
                },
                { [self] event in
                    note(event, onBegin: onBegin, onQuestion: onQuestion)
                    try await tell(event)
                })
            finish(because: nil)
        } catch {
            finish(because: error)
        }
    }

    // MARK: - Events

    private func note(
        _ event: ChatEvent, onBegin: @Sendable (String) -> Void, onQuestion: @Sendable (String) -> Void
    ) {
        switch event {
        case .turn(let start):
            state.withLock { state in
                state.id = start.turn
                state.conversation = start.conversation
                state.questionIndex = start.index
                state.lastIndex = start.index
            }
            onBegin(start.turn)
            begin.yield(start.turn)
            begin.finish()
        case .approval(_, let approval):
            // Whoever reads of the question may answer at once.
            guard let id = approval["id"]?.string, let database = approval["database"]?.string,
                let expires = approval["expires"]?.string.flatMap({ Timestamp($0) })
            else { return }
            state.withLock { $0.questions[id] = .open(database: database, expires: expires, waiting: nil) }
            onQuestion(id)
        default: break
        }
    }

    private func tell(_ event: ChatEvent) async throws {
        guard let bytes = encoded(event) else { return }
        if case .done = event {
            // There is always room for the last one.
            stream.finish(bytes)
        } else {
            do {
                try await stream.send(bytes)
            } catch {
                // It was not sent, and the next one takes its number.
                state.withLock { $0.number -= 1 }
                throw error
            }
        }
    }

    /// The event as it goes over the wire; nil behind the last one.
    private func encoded(_ event: ChatEvent) -> [UInt8]? {
        let id = state.withLock { state -> String? in
            guard !state.isDone, let id = state.id else { return nil }
            if case .done = event { state.isDone = true }
            state.number += 1
            return "\(id).\(state.number)"
        }
        guard let id else { return nil }
        return ServerSentEvent(id: id, name: event.name, data: JSONValue.object(shown(event)).serialized()).encoded
    }

    /// The data of an event. A question says whether it is for the asker to approve: a program must not wait for itself.
    private func shown(_ event: ChatEvent) -> JSONObject {
        var json = event.json
        guard case .approval(_, var approval) = event, let database = approval["database"]?.string else { return json }
        approval["mayApprove"] = .bool(asker.mayAnswer(principal: caller.id, database: database))
        json["approval"] = .object(approval)
        return json
    }

    /// The end, which is an event in any case.
    private func finish(because error: (any Error)?) {
        let (left, waiting) = state.withLock { state -> (State, [CheckedContinuation<Decision, any Error>]) in
            let left = state
            var waiting: [CheckedContinuation<Decision, any Error>] = []
            for (id, question) in state.questions {
                guard case .open(_, _, let continuation) = question else { continue }
                state.questions[id] = .over
                if let continuation { waiting.append(continuation) }
            }
            return (left, waiting)
        }
        for continuation in waiting { continuation.resume(throwing: CancellationError()) }
        guard left.id != nil else {
            begin.finish(throwing: error ?? CancellationError())
            return stream.close()
        }
        guard !left.isDone else { return }
        let reason: ChatEnd.Reason = error == nil || error is CancellationError ? .cancelled : .failed
        if let bytes = encoded(.done(ChatEnd(reason: reason, index: left.lastIndex))) { stream.finish(bytes) }
    }

    /// Returns when nobody has read for too long, or whoever asked may ask no more.
    private func waitForReaders() async {
        let step = min(.seconds(1), limits.unread / 4)
        var alone = Duration.zero
        while alone < limits.unread {
            guard (try? await Task.sleep(for: step)) != nil, holds() else { return }
            alone = stream.isAttached ? .zero : alone + step
        }
    }

    // MARK: - Approvals

    private func decision(about id: String) async throws -> Decision {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Decision, any Error>) in
                let known = state.withLock { state -> Result<Decision, any Error>? in
                    switch state.questions[id] {
                    case .answered(let decision, _): return .success(decision)
                    case .open(let database, let expires, nil) where !Task.isCancelled:
                        state.questions[id] = .open(database: database, expires: expires, waiting: continuation)
                        return nil
                    default:
                        state.questions[id] = .over
                        return .failure(CancellationError())
                    }
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Decision, any Error>? in
                guard case .open(_, _, let waiting) = state.questions[id] else { return nil }
                state.questions[id] = .over
                return waiting
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// Hands the turn the answer to a question.
    ///
    /// - Parameters:
    ///   - id: The id of the approval.
    ///   - decision: The answer.
    ///   - approver: Who answers, by the rules of every approval; whoever asked may decline in any case.
    ///   - tokenID: The id of the token that the answer came with.
    ///   - now: The time.
    /// - Throws: ``ApprovalError`` when it is not this approver's to answer, has expired, or was answered.
    func answer(
        _ id: String, _ decision: Decision, by approver: Approver, tokenID: String? = nil, now: Timestamp = .now
    ) throws(ApprovalError) {
        let result = state.withLock { state -> Result<CheckedContinuation<Decision, any Error>?, ApprovalError> in
            switch state.questions[id] {
            case .open(let database, let expires, let waiting):
                // Whoever asked may always say no to it.
                let isOwnDecline = decision == .decline && approver.principal.id == caller.id
                guard isOwnDecline || approver.mayAnswer(principal: caller.id, database: database) else {
                    return .failure(.otherPrincipal)
                }
                guard now < expires else { return .failure(.expired) }
                state.questions[id] = .answered(
                    decision, by: CallAnswerer(principal: approver.principal.id, tokenID: tokenID))
                return .success(waiting)
            // To somebody else there never was a question.
            case .answered: return .failure(isOwner(approver) ? .spent : .otherPrincipal)
            case .over: return .failure(isOwner(approver) ? .expired : .otherPrincipal)
            case nil: return .failure(.notAuthentic)
            }
        }
        try result.get()?.resume(returning: decision)
    }

    /// Who answered a question; nil while nobody has.
    private func answerer(of id: String) -> CallAnswerer? {
        state.withLock { if case .answered(_, let answerer) = $0.questions[id] { answerer } else { nil } }
    }

    private func isOwner(_ approver: Approver) -> Bool {
        switch approver {
        case .person: approver.principal.id == caller.id
        case .token: approver.principal.may(.approve)
        }
    }
}
