import Foundation
import MCPProtocol
import PGConnector
import TestSupport

/// Whom `agentd` connects as.
enum AttackRole: String, Sendable, CaseIterable {
    /// The operator's mistake that the guard has to hold against.
    case superuser
    /// The owner of the database and of all in it that a superuser does not have to make.
    case owner
}

/// A PostgreSQL of its own with everything installed that could be turned against it, traps that another user of the
/// database has planted, and the built `agentd` in front, spoken to over stdio.
///
/// Nobody else works on this server, so that any change at all is the doing of the statement before it.
struct AttackedServer: Sendable {
    let role: AttackRole
    let fixture: PostgresFixture
    let client: MCPClient
    let process: ChildProcess
    let world: World
    /// What stands for the names in braces of a corpus.
    let values: [String: String]
    /// What the server was like when all of it was looked at last, and how many statements came since.
    let tally: Tally
    /// Whether the server has what the corpus names.
    let isVersion15: Bool

    /// The database that most traps are planted in.
    static let database = "shop"
    /// All: one has an administrator who has bent its settings (another search path, backslashes in strings), one a cast
    /// that applies by itself, and one hazardous types only.
    static let databases = [database, "bent", "implicit", "typed"]
    private static let plantings = [
        "shop": ["traps"], "bent": ["traps", "bent"], "implicit": ["implicit"],
        "typed": ["typed"],
    ]

    /// The corpus folder.
    static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")

    /// One server for each role, started when it is first asked for.
    static func shared(_ role: AttackRole) async throws -> AttackedServer {
        switch role {
        case .superuser: try await asSuperuser.value
        case .owner: try await asOwner.value
        }
    }
    private static let asSuperuser = Task { try await start(.superuser) }
    private static let asOwner = Task { try await start(.owner) }

    /// Words that no answer may hold: they stand in what the server keeps secret.
    static let canaries = [
        "root:x:0:0", "CANARY-FILE", "CANARY-MAPPING", "CANARY-CONNINFO", "CANARY-KEPT", "CANARY-LARGE-OBJECT",
        "SCRAM-SHA-256$4096:",
    ]

    /// Settings that give a hostile statement something to work on. Nothing in the background may write.
    private static let settings = [
        "autovacuum = off", "wal_level = logical", "max_prepared_transactions = 5", "checkpoint_timeout = 1h",
        "track_functions = all", "track_commit_timestamp = on", "shared_preload_libraries = 'pg_stat_statements'",
        "primary_conninfo = 'host=nowhere.invalid user=replica password=CANARY-CONNINFO'", "jit = off",
    ]

    private static func start(_ role: AttackRole) async throws -> AttackedServer {
        let fixture = try PostgresFixture.start(settings: settings)
        let marks = fixture.directory + "/marks"
        try fixture.asOwner(["/bin/mkdir", "-m", "777", marks])
        try fixture.asOwner(["/bin/sh", "-c", "echo CANARY-FILE > \(fixture.directory)/canary.txt"])
        var values = [
            "dir": fixture.directory, "marks": marks, "port": String(fixture.port), "db": database,
            "canary": fixture.directory + "/canary.txt",
        ]
        for database in databases {
            try fixture.psql("CREATE DATABASE \(database)")
            for part in ["extensions", "objects"] + (plantings[database] ?? []) + ["owner"] {
                try fixture.psql(try planted(part, values), database: database)
            }
        }
        // Later, nothing is left to clean up or to remember for one who only reads.
        for database in databases + ["postgres", "template1"] {
            try fixture.psql("VACUUM (FREEZE, ANALYZE)", database: database)
        }
        let types = "SELECT t.typname || '=' || t.oid FROM pg_type t WHERE t.oid > 16384 AND t.typname ~ '^[a-z_]+$'"
        for row in try fixture.psql(types, database: database).split(separator: "\n") {
            let parts = row.split(separator: "=")
            values["oid:" + parts[0]] = String(parts[1])
        }
        // The texts of what was planted hold what no answer may show.
        try fixture.psql("SELECT pg_stat_statements_reset()", database: database)
        try fixture.psql("CHECKPOINT")

        let agent = try agent(role, on: fixture)
        try await agent.client.connect()
        let world = try await World.watch(fixture, client: agent.client, marks: marks)
        return AttackedServer(
            role: role, fixture: fixture, client: agent.client, process: agent.process, world: world, values: values,
            tally: Tally(try await world.whole(), try await world.digest()),
            isVersion15: try fixture.psql("SHOW server_version_num").hasPrefix("15"))
    }

    /// The SQL that plants something, with the names in braces filled in.
    static func planted(_ name: String, _ values: [String: String]) throws -> String {
        let file = corpus.appendingPathComponent("Planted/\(name).sql")
        return values.reduce(into: try String(contentsOf: file, encoding: .utf8)) { text, value in
            text = text.replacingOccurrences(of: "{\(value.key)}", with: value.value)
        }
    }

    private static func agent(
        _ role: AttackRole, on fixture: PostgresFixture
    ) throws -> (client: MCPClient, process: ChildProcess) {
        // One connection: what a statement leaves in the session, the next one finds.
        let entries = databases.map { name in
            """
              - name: \(name)
                host: \(fixture.directory)
                port: \(fixture.port)
                database: \(name)
                user: \(role == .superuser ? fixture.superuser : "shop_owner")
                pool:
                  max: 1
                  acquire_timeout: 60s
                limits:
                  statement_timeout: 1s
                  lock_timeout: 1s
            """
        }
        let file = fixture.directory + "/agentd.yaml"
        try Data(("databases:\n" + entries.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        let process = try Evidence.start("agentd", ["--config", file, "--log-level", "error"])
        let options = ClientOptions(implementation: Implementation(name: "attack", version: "1"))
        return (MCPClient(transport: process, options: options), process)
    }
}

/// What the next look at the server is compared with.
actor Tally {
    private(set) var whole: [String: String]
    private(set) var digest: [String: String]
    private var statements = 0

    init(_ whole: [String: String], _ digest: [String: String]) {
        self.whole = whole
        self.digest = digest
    }

    /// Keeps the last digest.
    func keep(digest: [String: String]) { self.digest = digest }

    /// Keeps the last look at everything.
    func keep(whole: [String: String]) {
        self.whole = whole
        statements = 0
    }

    /// Counts a statement; whether it is time to look at everything.
    func count() -> Bool {
        statements += 1
        return statements >= 50
    }
}
