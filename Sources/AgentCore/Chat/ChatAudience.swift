internal import AuthTokens
internal import Synchronization

/// Whoever follows a turn: is told what happens, and asked about writes.
final class ChatAudience: Sendable {
    private let approve: @Sendable (ChatApproval) async throws -> Decision
    private let onEvent: @Sendable (ChatEvent) async throws -> Void
    private let waited = Mutex(Duration.zero)

    /// Nobody follows any more: what `onEvent` threw.
    struct Gone: Error {
        let reason: any Error
    }

    init(
        approve: @escaping @Sendable (ChatApproval) async throws -> Decision,
        onEvent: @escaping @Sendable (ChatEvent) async throws -> Void
    ) {
        self.approve = approve
        self.onEvent = onEvent
    }

    /// How long a person was waited for.
    var timeWaited: Duration { waited.withLock { $0 } }

    /// Tells of an event.
    ///
    /// - Throws: ``Gone``.
    func tell(_ event: ChatEvent) async throws {
        do {
            try await onEvent(event)
        } catch {
            throw Gone(reason: error)
        }
    }

    /// Asks about a write, and tells of the question and the answer. Nobody who answers, and nobody who can be asked, declines.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - call: The id of the model's call.
    ///   - witness: Is told who answered.
    /// - Throws: ``Gone``; `CancellationError`.
    func decide(
        _ question: ApprovalQuestion, call: String, witness: CallWitness? = nil
    ) async throws -> ChatDecision {
        try await tell(.approval(call: call, approval: question.json))
        let start = ContinuousClock.now
        let decision = try await answer(question, call: call, witness)
        waited.withLock { $0 += ContinuousClock.now - start }
        try Task.checkCancellation()
        try await tell(.approvalAnswer(call: call, id: question.approval.id, decision: decision))
        return decision
    }

    private func answer(
        _ question: ApprovalQuestion, call: String, _ witness: CallWitness?
    ) async throws -> ChatDecision {
        let left = question.approval.expires.seconds - Timestamp.now.seconds
        let approval = ChatApproval(callID: call, question: question, answerer: ChatApproval.Answerer())
        do {
            let answer = try await Deadline.run(within: .seconds(max(0, left))) { [approve] in
                try await approve(approval)
            }
            if let answerer = approval.answerer.value { witness?.note(answerer) }
            switch answer {
            case .approve: return Timestamp.now < question.approval.expires ? .approve : .expired
            case .decline: return .decline
            case nil: return .expired
            }
        } catch {
            try Task.checkCancellation()
            return .decline
        }
    }
}
