import MCPProtocol

/// A write on its way from an MCP client: a person is asked, in either era, and the answer decides.
///
/// With 2026-07-28 the call is made twice. The first ends with the question and the sealed approval; the second brings both
/// back, and is answered with what was approved, or not at all.
struct ConfirmedWrite {
    let database: Database
    let request: WriteRequest
    /// The offset of the page that is wanted, which only a read has.
    let offset: Int
    let call: ToolCall

    /// The name of the question.
    private static let key = "approval"

    /// Runs the text when it is a write that a person approved.
    ///
    /// - Returns: what it did; nil when the text only reads.
    /// - Throws: `InputRequired` to ask; ``QueryFailure`` when it is refused, declined, or fails.
    func run() async throws -> WriteResult? {
        guard database.configuration.allowWrites else { return nil }
        if let approval = try returned(), let answer = call.request.answers[Self.key] {
            return try await finish(answer, approval)
        }
        let start = ContinuousClock.now
        let question: ApprovalQuestion?
        do {
            guard case .write(let proposed) = try await database.course(request) else { return nil }
            if offset > 0 { throw QueryFailure.invalidArgument("offset pages through a read; a write has no pages.") }
            question = try await self.question(proposed)
        } catch let failure as QueryFailure {
            await database.reportRefusal(of: request, failure, since: start)
            throw failure
        }
        // Without a question the operator trusts the client to have asked.
        guard let question else { return try await write(database.approval(for: request)) }
        CallWitness.current?.note(question)
        let sealed = try database.desk.seal(question.approval)
        let answer: Answer
        do {
            answer = try await call.request.ask(Self.key, .form(question.form), keeping: .string(sealed))
        } catch {
            if error is InputRequired {
                await database.reportAsked(request, question, since: start)
            } else {
                await database.reportRefusal(
                    of: request, .wrapping(error, sql: "", database: database.name), since: start)
            }
            throw error
        }
        return try await finish(answer, question.approval)
    }

    /// What to ask; nil when the client is trusted to have asked. A loop within this process is no such client: nobody has seen
    /// the SQL before it comes here.
    private func question(_ proposed: Database.ProposedWrite) async throws(QueryFailure) -> ApprovalQuestion? {
        guard database.configuration.writeConfirmation == .required || CallWitness.current != nil else { return nil }
        guard call.request.clientCapabilities.elicitation?.form == true else {
            throw .nobodyToAsk(proposed.plan.kinds, database: database.name)
        }
        return try await database.question(request, proposed)
    }

    /// The approval that came back with the answer; nil when there is none, or it is for something else, so that the person
    /// is asked about this.
    private func returned() throws -> Approval? {
        guard let sealed = call.request.state?.string else { return nil }
        do {
            let approval = try database.desk.open(sealed)
            guard let refusal = database.desk.refusal(of: approval, for: request, on: database.name) else {
                return approval
            }
            throw refusal
        } catch let error as ApprovalError {
            if error.asksAgain { return nil }
            throw QueryFailure.refusedApproval(error)
        }
    }

    private func finish(_ answer: Answer, _ approval: Approval) async throws -> WriteResult {
        guard case .elicitation(let result) = answer else {
            throw RPCError.invalidParams("The answer to '\(Self.key)' is not that of a form")
        }
        switch result {
        case .accept: return try await write(approval)
        case .decline: throw await database.decline(request, approval: approval)
        case .cancel: throw await database.decline(request, approval: approval, isDismissed: true)
        }
    }

    private func write(_ approval: Approval) async throws -> WriteResult {
        let database = database
        let request = request
        return try await ProgressTicker.run(call.request, "Writing to \(database.name)") { rows in
            let onProgress: (@Sendable (QueryProgress) async -> Void)? =
                call.request.wantsProgress ? { @Sendable in rows.set($0.rows) } : nil
            return try await database.write(request, approval: approval, onProgress: onProgress)
        }
    }
}
