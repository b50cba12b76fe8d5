import AgentCore
import AgentServer
import AuthTokens
import Dispatch
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@Suite struct ServerMetricsTests {
    private func call(
        _ verdict: GuardedCall.Verdict, _ outcome: GuardedCall.Outcome, reason: String? = nil, approval: String? = nil
    ) -> GuardedCall {
        var call = GuardedCall(origin: .unknown, database: "shop", sql: "SELECT 'never in a metric'")
        call.verdict = verdict
        call.outcome = outcome
        call.reason = reason
        call.approvalID = approval
        call.duration = .milliseconds(3)
        return call
    }

    @Test("a call is counted by its verdict and its outcome, and timed when it ran")
    func calls() async {
        let metrics = ServerMetrics()
        var read = call(.read, .completed)
        read.rows = 7
        read.bytes = 70
        await metrics.finished(read)
        await metrics.finished(call(.refused, .refused, reason: "not_read_only: DELETE of \"t\""))
        await metrics.finished(call(.read, .failed, reason: "timeout"))
        let found = Exposition(metrics)
        #expect(found[#"agentd_calls_total{database="shop",verdict="read",outcome="completed"}"#] == 1)
        #expect(found[#"agentd_refusals_total{database="shop",reason="not_read_only"}"#] == 1)
        #expect(found[#"agentd_failures_total{database="shop",reason="timeout"}"#] == 1)
        #expect(found[#"agentd_query_duration_seconds_count{database="shop",verdict="read"}"#] == 2)
        #expect(found[#"agentd_query_duration_seconds_count{database="shop",verdict="refused"}"#] == nil)
        #expect(found[#"agentd_rows_total{database="shop"}"#] == 7)
        #expect(found[#"agentd_result_bytes_total{database="shop"}"#] == 70)
        #expect(!metrics.exposition().contains("never in a metric"))
        #expect(!metrics.exposition().contains("DELETE"))
    }

    @Test(
        "an approval is counted by what became of it",
        arguments: [.completed, .declined, .refused, .failed, .asked, .dryRun] as [GuardedCall.Outcome])
    func approvals(outcome: GuardedCall.Outcome) async {
        let metrics = ServerMetrics()
        await metrics.finished(call(.write, outcome, approval: "a1"))
        await metrics.finished(call(.write, outcome))
        #expect(
            Exposition(metrics)["agentd_approvals_total{database=\"shop\",outcome=\"\(outcome.rawValue)\"}"] == 1)
    }

    @Test("a reload that fails says so, and keeps the time of the last that did not")
    func reload() {
        let metrics = ServerMetrics()
        let outcome = Mutex(ServerMetrics.ReloadOutcome(isTakenOver: true, at: Timestamp(seconds: 1_800_000_000)))
        metrics.watch(reloadsOf: .certificates) { outcome.withLock { $0 } }
        #expect(Exposition(metrics)[#"agentd_last_reload_successful{subject="certificates"}"#] == 1)
        outcome.withLock { $0.isTakenOver = false }
        let found = Exposition(metrics)
        #expect(found[#"agentd_last_reload_successful{subject="certificates"}"#] == 0)
        #expect(
            found[#"agentd_last_reload_success_timestamp_seconds{subject="certificates"}"#] == 1_800_000_000)
        #expect(found[#"agentd_last_reload_successful{subject="tokens"}"#] == nil)
    }

    @Test("a token file that breaks is seen before the next call fails")
    func brokenTokenFile() throws {
        let folder = "/tmp/agent-metrics-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let accounts = try Accounts(
            files: AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder))
        let metrics = ServerMetrics()
        metrics.watch(accounts)
        #expect(Exposition(metrics)[#"agentd_last_reload_successful{subject="tokens"}"#] == 1)
        let isMade = FileManager.default.createFile(
            atPath: folder + "/tokens.yaml", contents: Data("no: tokens".utf8), attributes: [.posixPermissions: 0o600])
        #expect(isMade && !accounts.refresh().isEmpty)
        #expect(Exposition(metrics)[#"agentd_last_reload_successful{subject="tokens"}"#] == 0)
        #expect(Exposition(metrics)[#"agentd_last_reload_successful{subject="users"}"#] == 1)
    }

    @Test("causes of authentication failures are there from the beginning, and a method of nobody's is no label")
    func fixedLabels() {
        let metrics = ServerMetrics()
        #expect(Exposition(metrics)[#"agentd_authentication_failures_total{cause="expired"}"#] == 0)
        metrics.authenticationFailed("expired")
        metrics.counted(requestStatus: 405, method: "BREW", route: "/mcp", duration: .milliseconds(1))
        let found = Exposition(metrics)
        #expect(found[#"agentd_authentication_failures_total{cause="expired"}"#] == 1)
        #expect(found[#"agentd_http_requests_total{method="other",route="/mcp",status="405"}"#] == 1)
    }

    @Test("tokens are counted by their state and by how soon they end")
    func tokens() throws {
        let folder = "/tmp/agent-metrics-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let accounts = try Accounts(
            files: AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder))
        let now = Timestamp.now
        for days in [3, 20, 200] {
            _ = try accounts.tokens.file.create(TokenRequest(expires: now + .seconds(days * 86_400)))
        }
        _ = try accounts.tokens.file.create(TokenRequest(expires: nil))
        try accounts.tokens.refresh()
        let later = Mutex(now)
        let metrics = ServerMetrics()
        metrics.watch(accounts, now: { later.withLock { $0 } })
        #expect(Exposition(metrics)[#"agentd_tokens{state="active"}"#] == 4)
        #expect(Exposition(metrics)["agentd_token_expiry_seconds"] == 259_200)
        #expect(Exposition(metrics)[#"agentd_tokens_expiring{within="7d"}"#] == 1)
        #expect(Exposition(metrics)[#"agentd_tokens_expiring{within="30d"}"#] == 2)
        later.withLock { $0 = $0 + .seconds(4 * 86_400) }
        #expect(Exposition(metrics)[#"agentd_tokens{state="expired"}"#] == 1)
        #expect(Exposition(metrics)["agentd_token_expiry_seconds"] == 1_382_400)
        #expect(Exposition(metrics)["agentd_user_sessions"] == 0)
        #expect(Exposition(metrics)["agentd_lockdown"] == 0)
    }

    @Test("a certificate that ended has a negative time, and none at all is no metric")
    func certificate() {
        let metrics = ServerMetrics()
        metrics.watch(certificateExpiry: { .now - .seconds(100) })
        #expect(Exposition(metrics)["agentd_certificate_expiry_seconds"].map { $0 <= -100 } == true)
        metrics.watch(certificateExpiry: { nil })
        #expect(Exposition(metrics)["agentd_certificate_expiry_seconds"] == nil)
    }

    @Test("the process is described under the usual names")
    func process() {
        let found = Exposition(ServerMetrics())
        #expect(found["process_cpu_seconds_total"] ?? -1 >= 0)
        #expect(found["process_max_fds"] ?? 0 > 0)
        #expect(found["process_open_fds"] ?? 0 > 0)
        #if os(Linux)
        #expect(found["process_resident_memory_bytes"] ?? 0 > 1_000_000)
        let now = Double(Timestamp.now.seconds)
        let start = found["process_start_time_seconds"] ?? 0
        #expect(start <= now + 1 && start > now - 86_400 * 365)
        #endif
        #expect(found["agentd_build_info{version=\"\(AgentVersion.current)\"}"] == 1)
    }

    @Test("calls, pool and failures of an agent on a real database are measured")
    func agent() async throws {
        let postgres = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<PostgresFixture, any Error>) in
            DispatchQueue(label: "blocking").async {
                continuation.resume(with: Result { try PostgresFixture.shared() })
            }
        }
        var shop = DatabaseConfiguration(name: "shop")
        shop.host = postgres.directory
        shop.port = postgres.port
        shop.database = "postgres"
        shop.user = postgres.superuser
        shop.pool.acquireTimeout = .seconds(60)
        var down = DatabaseConfiguration(name: "down")
        down.host = "127.0.0.1"
        down.port = 1
        down.database = "none"
        down.user = "nobody"
        var configuration = AgentConfiguration()
        configuration.databases = [shop, down]
        let metrics = ServerMetrics()
        let agent = try Agent(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            observers: [metrics, QuerySpans()])
        metrics.watch(agent)
        #expect(Exposition(metrics)[#"agentd_calls_total{database="shop",verdict="read",outcome="completed"}"#] == 0)
        #expect(Exposition(metrics)[#"agentd_database_reachable{database="down"}"#] == 1)
        _ = try await agent.databases.databases[0].query(QueryRequest(sql: "SELECT generate_series(1, 5)"))
        await #expect(throws: QueryFailure.self) {
            try await agent.databases.databases[0].query(QueryRequest(sql: "DROP TABLE nothing"))
        }
        await #expect(throws: QueryFailure.self) {
            try await agent.databases.databases[1].query(QueryRequest(sql: "SELECT 1"))
        }
        let found = Exposition(metrics)
        await agent.shutdown()
        #expect(found[#"agentd_calls_total{database="shop",verdict="read",outcome="completed"}"#] == 1)
        #expect(found[#"agentd_rows_total{database="shop"}"#] == 5)
        #expect(found[#"agentd_refusals_total{database="shop",reason="not_read_only"}"#] == 1)
        #expect(found[#"agentd_database_reachable{database="shop"}"#] == 1)
        #expect(found[#"agentd_database_reachable{database="down"}"#] == 0)
        #expect(found[#"agentd_pool_connects_total{database="shop",result="opened"}"#] ?? 0 >= 1)
        #expect(found[#"agentd_pool_connects_total{database="down",result="failed"}"#] ?? 0 >= 1)
        #expect(found[#"agentd_pool_max_connections{database="shop"}"#] == 4)
        #expect(found[#"agentd_pool_acquisitions_total{database="shop"}"#] ?? 0 >= 1)
        #expect(found.samples.contains { $0.key.hasPrefix(#"agentd_pool_acquire_failures_total{database="down""#) })
    }
}
