import Dispatch
import Foundation
import MCPProtocol
import TestSupport
import Testing

@testable import AgentCore

@Suite("Checkup of live databases")
struct CheckupLiveTests {
    private func checkup(
        limit: Duration = .seconds(60), _ databases: DatabaseConfiguration...
    ) async -> [Finding] {
        var configuration = AgentConfiguration()
        configuration.databases = databases
        var subject = CheckupSubject(
            inspection: ConfigurationInspection(loaded: LoadedConfiguration(configuration: configuration)),
            environment: [:])
        subject.databaseLimit = limit
        // Other tests may have an agentd running.
        subject.machine.processes = "/nowhere"
        return await Checkup(subject).run()
    }

    /// An entry with so much patience: a machine that runs every suite at once may take long to connect.
    private func entry(
        _ postgres: PostgresFixture, _ database: String = "postgres", name: String = "shop",
        patience: Duration = .seconds(60)
    ) -> DatabaseConfiguration {
        var entry = AgentFixture.entry(postgres, database, name: name)
        entry.pool.acquireTimeout = patience
        return entry
    }

    private func postgres() async throws -> PostgresFixture {
        try await blocking { try PostgresFixture.shared() }
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "blocking").async { continuation.resume(with: Result { try body() }) }
        }
    }

    @Test("What is wrong with a server for tests, and its superuser, is found")
    func faults() async throws {
        let postgres = try await postgres()
        let findings = await checkup(entry(postgres))
        #expect(findings.status(of: .databaseReachable) == .pass)
        #expect(findings.status(of: .databaseSuperuser) == .fail)
        #expect(findings.status(of: .databaseEncrypted) == .pass)
        #expect(findings.status(of: .databaseAccessRules) == .warn)
        #expect(findings.status(of: .databaseDurability) == .warn)
        #expect(findings.status(of: .databaseLog) == .warn)
        #expect(findings.status(of: .databasePasswords) == .pass)
        #expect(findings.status(of: .clock) == .pass)
        #expect(findings.text(of: .databaseReachable).contains("PostgreSQL 1"))
        #expect(!findings.isFine)
    }

    @Test("A role that only reads has nothing to mend; one that writes and has a strange name is told")
    func roles() async throws {
        let postgres = try await postgres()
        let database = try await blocking {
            let database = try postgres.createDatabase("checkup")
            try postgres.psql(
                """
                CREATE ROLE "doctor\u{1B}[2J" LOGIN;
                CREATE TABLE t (a int);
                GRANT INSERT ON t TO "doctor\u{1B}[2J";
                CREATE ROLE doctor_reader LOGIN;
                REVOKE ALL ON DATABASE \(database) FROM PUBLIC;
                GRANT CONNECT ON DATABASE \(database) TO doctor_reader, "doctor\u{1B}[2J";
                """, database: database)
            return database
        }
        var writer = entry(postgres, database, name: "writer")
        writer.user = "doctor\u{1B}[2J"
        var reader = entry(postgres, database, name: "reader")
        reader.user = "doctor_reader"
        let findings = await checkup(writer, reader)
        _ = try await blocking {
            try postgres.psql(
                "DROP DATABASE \(database) WITH (FORCE); DROP ROLE doctor_reader; DROP ROLE \"doctor\u{1B}[2J\"")
        }
        let told = findings.filter { $0.id == CheckPoint.databasePrivileges.rawValue }
        #expect(told.map(\.title) == ["the role only reads (writer)", "the role only reads (reader)"])
        #expect(told.first?.status == .warn)
        #expect(told.first?.detail.contains("doctor\\u001b[2J") == true)
        #expect(!findings.contains { $0.line.unicodeScalars.contains(where: PlainText.isControl) })
        // Access rules are for superusers to see.
        #expect(findings.status(of: .databaseAccessRules) == nil)
        #expect(findings.status(of: .databaseSuperuser) == .pass)
        // Other tests run servers on this machine, perhaps as root.
        let failed = findings.filter { $0.status == .fail && !$0.id.hasPrefix("process") }
        #expect(failed.isEmpty, "\(failed.map(\.line))")
    }

    @Test("A database that is down, and one that never answers, are each told, and the others are looked at")
    func dead() async throws {
        let postgres = try await postgres()
        let proxy = try PostgresTCPProxy(target: postgres.port)
        proxy.setBlackHole(true)
        defer { proxy.stop() }
        var silent = entry(postgres, name: "silent", patience: .seconds(1))
        silent.host = "127.0.0.1"
        silent.port = proxy.port
        var down = AgentFixture.down()
        down.password = .literal(Installation.password)
        let findings = await checkup(entry(postgres), silent, down)
        let reachable = findings.filter { $0.id == CheckPoint.databaseReachable.rawValue }
        #expect(reachable.map(\.status) == [.pass, .fail, .fail])
        #expect(!findings.map(\.line).joined().contains(Installation.password))
        silent.pool.acquireTimeout = .seconds(60)
        let limited = await checkup(limit: .milliseconds(300), silent)
        #expect(limited.status(of: .databaseReachable) == .fail)
    }

    @Test("A running agent's own connections are used, and stay open")
    func running() async throws {
        try await AgentFixture.with { fixture in
            var subject = CheckupSubject(
                inspection: ConfigurationInspection(
                    loaded: LoadedConfiguration(configuration: fixture.agent.configuration)), environment: [:])
            subject.databaseLimit = .seconds(60)
            let findings = await Checkup(subject, databases: fixture.agent.databases).run()
            #expect(findings.count { $0.id == CheckPoint.databaseReachable.rawValue } == 2)
            let result = try await fixture.call("query_database", ["query": "SELECT 1"])
            #expect(result.isError == false)
        }
    }

    @Test("A version is warned of after its last day", arguments: [(150_008, "2027-11-11"), (90_624, "2021-11-11")])
    func releases(_ version: Int, _ end: String) {
        #expect(PostgresRelease.end(of: version) == end)
        #expect(PostgresRelease.end(of: 990_000) == nil)
    }
}
