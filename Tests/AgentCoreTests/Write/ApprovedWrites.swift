import AuthTokens
import Testing

@testable import AgentCore

extension Database {
    /// Asks, says yes, and runs.
    func approved(_ sql: String, dryRun: Bool = false, limit: Int? = nil) async throws -> WriteResult {
        let request = WriteRequest(sql: sql, dryRun: dryRun, origin: CallOrigin(principal: .local), limit: limit)
        let question = try #require(try await approvalQuestion(request), "it is taken for a read: \(sql)")
        return try await write(request, approval: question.approval)
    }

    /// The failure of an approved write.
    func failure(_ sql: String, dryRun: Bool = false) async -> QueryFailure? {
        do {
            let result = try await approved(sql, dryRun: dryRun)
            Issue.record("it ran: \(result.statements.map(\.summary))")
            return nil
        } catch {
            return error as? QueryFailure
        }
    }
}

extension QueryFailure {
    /// Why an approval was refused, when that is what it says.
    var refusedApproval: ApprovalError? { if case .refusedApproval(let error) = kind { error } else { nil } }
}
