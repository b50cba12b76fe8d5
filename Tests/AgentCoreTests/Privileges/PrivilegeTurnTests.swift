import Logging
import PGConnector
import Testing

@testable import AgentCore

@Suite("Whose turn it is to look at what a role may do")
struct PrivilegeTurnTests {
    @Test(
        "A look that found nothing out is left to the next call",
        arguments: [CancellationError() as any Error, PGError(.connectionLost), QueryFailure(.unavailable, "away")])
    func failed(error: any Error) async throws {
        var configuration = DatabaseConfiguration(name: "shop")
        configuration.pool.lifetime = .milliseconds(20)
        let check = PrivilegeCheck(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        check.note(PrivilegeReport(database: "shop", loginRole: "reader", role: "reader", findings: []))
        // Longer than a report counts.
        try await Task.sleep(for: .milliseconds(30))
        // From here on it would count for long.
        await #expect(throws: (any Error).self) { try await check.admit { throw error } }
        var looked = false
        try await check.admit {
            looked = true
            return PrivilegeReport(database: "shop", loginRole: "reader", role: "reader", findings: [])
        }
        #expect(looked)
    }
}
