import AgentCore

/// One text through the guard: the rows of a read, or a write after somebody said yes. What `agentctl query` and the SQL of
/// `agentctl chat` do.
struct GuardedStatement: Sendable {
    /// What came of it.
    enum Answer: Sendable {
        case rows(QueryResult)
        case written(WriteResult)
    }

    /// The SQL and how it is run.
    var request: WriteRequest
    /// Which page of a read.
    var offset: Int

    /// Runs it.
    ///
    /// - Parameters:
    ///   - database: Where.
    ///   - confirm: Asks a person about a write, whatever `write_confirmation` trusts clients to do.
    /// - Throws: `QueryFailure`, of the kind `declined` when the person did not say yes.
    func answer(
        on database: Database, confirm: @Sendable (ApprovalQuestion) async throws -> Bool
    ) async throws -> Answer {
        guard let question = try await database.approvalQuestion(request) else {
            return .rows(
                try await database.query(
                    QueryRequest(sql: request.sql, limit: request.limit, offset: offset, origin: request.origin)))
        }
        guard offset == 0 else {
            throw CommandFailure(message: "--offset pages through a read; a write has no pages.")
        }
        guard try await confirm(question) else {
            throw await database.decline(request, approval: question.approval)
        }
        return .written(try await database.write(request, approval: question.approval))
    }
}
