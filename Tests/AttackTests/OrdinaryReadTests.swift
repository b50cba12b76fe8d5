import Foundation
import MCPProtocol
import PGConnector
import TestSupport
import Testing

/// "Ordinary reads that products of this kind refuse by mistake (all must run here)".
///
/// Marks of a read: `superuser` the server itself permits it to nobody else; `newer` not every version has it.
@Suite("Ordinary reads")
struct OrdinaryReadTests {
    static let folder = AttackedServer.corpus.appendingPathComponent("Reads")
    static let files = (try? SQLCorpus.names(in: folder)) ?? []

    private static let superuser = Task { try await ReadServer.start(user: nil) }
    private static let reader = Task { try await ReadServer.start(user: "plain_reader") }

    @Test("Every one answers a superuser", arguments: files)
    func superuser(file: String) async throws { try await read(file, try await Self.superuser.value, "superuser") }

    @Test("Every one answers a role that may only read", arguments: files)
    func reader(file: String) async throws { try await read(file, try await Self.reader.value, "reader") }

    @Test("There are at least 200 ordinary reads")
    func enough() throws {
        let count = try Self.files.reduce(0) { try $0 + SQLCorpus($1, in: Self.folder).statements.count }
        #expect(count >= 200)
    }

    private func read(_ file: String, _ server: ReadServer, _ role: String) async throws {
        for statement in try SQLCorpus(file, in: Self.folder).statements {
            if role != "superuser", statement.marks["superuser"] != nil { continue }
            for offset: JSONValue in [0, 1] {
                let answer = try await server.client.callTool(
                    "query_database", ["query": .string(statement.sql), "offset": offset])
                if answer.isError, statement.marks["newer"] != nil, !answer.text.hasPrefix("Refused") { continue }
                #expect(!answer.isError, "\(role), \(statement): \(statement.sql)\n\(answer.text)")
            }
        }
    }
}

/// `agentd` in front of a database of the shared server with ordinary things in it.
struct ReadServer: Sendable {
    let client: MCPClient
    let process: ChildProcess

    /// Makes the database and starts `agentd`.
    /// - Parameter user: whom it connects as; nil for the superuser.
    static func start(user: String?) async throws -> ReadServer {
        let fixture = try PostgresFixture.shared()
        let database = try fixture.createDatabase("reads")
        for part in ["extensions", "objects"] {
            try fixture.psql(try AttackedServer.planted(part, [:]), database: database)
        }
        if let user {
            try fixture.psql(
                """
                CREATE ROLE \(user) LOGIN IN ROLE pg_read_all_data, pg_monitor;
                GRANT CREATE ON TABLESPACE pg_default TO \(user);
                """, database: database)
        }
        var parameters = fixture.environment(database: database)
        if let user { parameters["PGUSER"] = user }
        let process = try Evidence.start(
            "agentd", ["--log-level", "error"],
            environment: ["HOME": fixture.directory].merging(parameters) { $1 })
        let client = MCPClient(
            transport: process, options: ClientOptions(implementation: Implementation(name: "reads", version: "1")))
        try await client.connect()
        return ReadServer(client: client, process: process)
    }
}
