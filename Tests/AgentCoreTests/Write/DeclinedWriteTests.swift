import AuthTokens
import Logging
import TestSupport
import Testing

@testable import AgentCore

@Suite("Declining a write")
struct DeclinedWriteTests {
    @Test("Who says no and leaves at once has said no: the approval cannot be used any more")
    func declinedAndGone() async throws {
        let shop = try ShopDatabase.make { $0.allowWrites = true }
        try shop.psql("CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)")
        try await withStateFolder { folder in
            var configuration = shop.database.configuration
            configuration.allowWrites = true
            let database = Database(
                configuration: configuration, logger: Logger(label: "test"), desk: ApprovalDesk(stateDirectory: folder))
            let asked = WriteRequest(sql: "DELETE FROM notes", origin: CallOrigin(principal: .local))
            let approval = try #require(try await database.approvalQuestion(asked)).approval
            let answering = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = await database.decline(asked, approval: approval)
            }
            await answering.value
            let late = await #expect(throws: QueryFailure.self) {
                try await database.write(asked, approval: approval)
            }
            #expect(late?.refusedApproval == .spent)
            #expect(try shop.psql("SELECT count(*) FROM notes") == "1")
            await database.shutdown()
        }
    }
}
