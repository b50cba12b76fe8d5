import Foundation
import MCPProtocol
import PGConnector
import TestSupport
import Testing

/// "Ordinary reads that products of this kind refuse by mistake (all must run here)".
///
/// Marks of a read: `superuser` the server itself permits it to nobody else; `newer` not every version has it;
/// `extension=name` of an extension that some builds of a server lack; `xml` of a server with XML.
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
            if let name = statement.marks["extension"], !server.extensions.contains(name) { continue }
            if statement.marks["xml"] != nil, !server.hasXML { continue }
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
    /// The extensions that it has.
    let extensions: Set<String>
    /// Whether it was built with XML.
    let hasXML: Bool

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
        let extensions = try fixture.psql("SELECT extname FROM pg_extension", database: database)
        let hasXML = (try? fixture.psql("SELECT '<a/>'::xml", database: database)) != nil
        var parameters = fixture.environment(database: database)
        if let user { parameters["PGUSER"] = user }
        let process = try Evidence.start(
            "agentd", ["--log-level", "error"],
            environment: ["HOME": fixture.directory].merging(parameters) { $1 })
        let client = MCPClient(
            transport: process, options: ClientOptions(implementation: Implementation(name: "reads", version: "1")))
        try await client.connect()
        return ReadServer(
            client: client, process: process, extensions: Set(extensions.split(separator: "\n").map(String.init)),
            hasXML: hasXML)
    }
}
