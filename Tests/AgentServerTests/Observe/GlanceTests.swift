import AgentCore
import AuthTokens
import Foundation
import MCPProtocol
import Testing

@testable import AgentServer

@Suite("The metrics at a glance") struct GlanceTests {
    private func call(_ database: String, _ outcome: GuardedCall.Outcome, _ reason: String? = nil) -> GuardedCall {
        var call = GuardedCall(origin: .unknown, database: database, sql: "SELECT 'never shown'")
        call.verdict = outcome == .refused ? .refused : .read
        call.outcome = outcome
        call.reason = reason
        return call
    }

    @Test("requests are added up by status and by route")
    func requests() {
        let metrics = ServerMetrics()
        metrics.counted(requestStatus: 200, method: "POST", route: "/mcp", duration: .zero)
        metrics.counted(requestStatus: 200, method: "GET", route: "/mcp", duration: .zero)
        metrics.counted(requestStatus: 401, method: "POST", route: "/mcp", duration: .zero)
        metrics.began()
        #expect(
            metrics.glance["requests"] == [
                "total": 3, "inFlight": 1, "byStatus": ["200": 2, "401": 1], "byRoute": ["/mcp": 3],
            ])
    }

    @Test("refusals are added up by their reason over all databases, and say nothing of statements")
    func refusals() async {
        let metrics = ServerMetrics()
        await metrics.finished(call("shop", .refused, "not_read_only: DELETE of \"secret\""))
        await metrics.finished(call("stock", .refused, "not_read_only"))
        await metrics.finished(call("stock", .refused, "refused_function: pg_sleep"))
        await metrics.finished(call("stock", .completed))
        #expect(metrics.glance["refusals"] == ["not_read_only": 2, "refused_function": 1])
        #expect(metrics.glance["calls"]?["byOutcome"] == ["completed": 1, "refused": 3])
        let text = JSONValue.object(metrics.glance).description
        #expect(!text.contains("secret") && !text.contains("never shown") && !text.contains("pg_sleep"))
    }

    @Test("each pool is shown with its database, in the order of the configuration")
    func pools() {
        let metrics = ServerMetrics()
        var busy = DatabasePool()
        (busy.inUse, busy.waiting, busy.maximum) = (4, 2, 4)
        var down = DatabasePool()
        down.lastConnectError = "refused"
        metrics.watch(pools: { [busy, down] in [("shop", busy), ("archive", down)] })
        let pools = metrics.glance["pools"]?.array ?? []
        #expect(pools.map { $0["database"]?.string } == ["shop", "archive"])
        #expect(pools.first?["inUse"] == 4 && pools.first?["waiting"] == 2 && pools.first?["reachable"] == true)
        #expect(pools.last?["reachable"] == false)
    }

    @Test("what is not there is null: no certificate, no token that expires, no audit log")
    func absent() {
        let glance = ServerMetrics().glance
        #expect(glance["certificate"]?["expirySeconds"]?.isNull == true)
        #expect(glance["tokens"]?["nextExpirySeconds"]?.isNull == true)
        #expect(glance["audit"]?.isNull == true && glance["sessions"]?["mcp"]?.isNull == true)
    }

    @Test("the certificate's and the first token's end are told in seconds")
    func expiry() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("glance-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let accounts = try Accounts(
            files: AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder))
        let now = Timestamp.now
        _ = try accounts.tokens.file.create(TokenRequest(expires: now + .seconds(1000)))
        _ = try accounts.tokens.file.create(TokenRequest(expires: now + .seconds(5000)))
        try accounts.tokens.refresh()
        let metrics = ServerMetrics()
        metrics.watch(accounts, now: { now })
        metrics.watch { Timestamp.now + .seconds(90_000) }
        let tokens = metrics.glance["tokens"]
        #expect(tokens?["active"] == 2 && tokens?["expired"] == 0 && tokens?["nextExpirySeconds"] == 1000)
        #expect(tokens?["expiring"] == ["7d": 2, "30d": 2])
        let left = try #require(metrics.glance["certificate"]?["expirySeconds"]?.int)
        #expect((89_900...90_000).contains(left))
    }
}
