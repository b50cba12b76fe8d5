import Logging
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

/// Keeps what is logged.
final class LogBook: Sendable {
    private let book = Mutex<[String]>([])

    var lines: [String] { book.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            book.book.withLock { $0.append("\(event.level) \(event.message) \(words.joined(separator: " "))") }
        }
    }
}

@Suite("require_least_privilege")
struct RequireLeastPrivilegeTests {
    static let shop = Result { () throws -> ShopDatabase in
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE ROLE least_reader LOGIN; GRANT SELECT ON orders TO least_reader;
            CREATE ROLE least_writer LOGIN; GRANT INSERT ON orders TO least_writer;
            REVOKE TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
            REVOKE EXECUTE ON FUNCTION lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
            REVOKE EXECUTE ON FUNCTION pg_logical_emit_message(bool, text, text), pg_logical_emit_message(bool, text, bytea) FROM PUBLIC;
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
            REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, app FROM PUBLIC;
            """)
        return shop
    }

    private func database(
        _ role: String?, book: LogBook = LogBook(), _ adjust: (inout DatabaseConfiguration) -> Void = { _ in }
    ) throws -> Database {
        var configuration = try Self.shop.get().database.configuration
        if let role { configuration.user = role }
        configuration.requireLeastPrivilege = true
        adjust(&configuration)
        return Database(configuration: configuration, logger: book.logger)
    }

    @Test("A role that only reads is served")
    func reader() async throws {
        let database = try database("least_reader")
        #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
        #expect(try await database.systemInfo().privileges.isLeast)
        await database.shutdown()
    }

    @Test("A role that could do more is refused everywhere, with what it could do and how to mend it")
    func refused() async throws {
        let book = LogBook()
        let database = try database(nil, book: book)
        let failure = await #expect(throws: QueryFailure.self) {
            try await database.query(QueryRequest(sql: "SELECT 1"))
        }
        #expect(failure?.code == "excess_privileges")
        #expect(failure?.description.contains("it is a superuser") == true)
        #expect(failure?.description.contains("agentctl db privileges") == true)
        #expect(failure?.operatorDetail?.contains("ALTER ROLE postgres NOSUPERUSER") == true)
        await #expect(throws: QueryFailure.self) { _ = try await database.catalog.schemas() }
        await #expect(throws: QueryFailure.self) { _ = try await database.systemInfo() }
        await #expect(throws: QueryFailure.self) {
            _ = try await database.count(schema: nil, table: "orders", where: nil)
        }
        await #expect(throws: QueryFailure.self) {
            _ = try await database.explain("SELECT 1", analyze: false, format: .text)
        }
        #expect(try await database.privilegeReport().holds(.superuser))
        #expect(book.lines.count { $0.contains("may do more than read") } == 1)
        await database.shutdown()
    }

    @Test("Where writes are allowed a role may write, but not be as good as a superuser")
    func writers() async throws {
        let writer = try database("least_writer") { $0.allowWrites = true }
        #expect(try await writer.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
        await writer.shutdown()
        let reading = try database("least_writer")
        let failure = await #expect(throws: QueryFailure.self) {
            try await reading.query(QueryRequest(sql: "SELECT 1"))
        }
        #expect(failure?.description.contains("may write to tables (INSERT)") == true)
        #expect(failure?.description.contains("orders") == false)
        await reading.shutdown()
        let superuser = try database(nil) { $0.allowWrites = true }
        let ending = await Ending { try await superuser.query(QueryRequest(sql: "SELECT 1")) }
        #expect(ending == .failed("excess_privileges"))
        await superuser.shutdown()
    }

    @Test("Without the setting the operator is warned once, and the database is served")
    func warned() async throws {
        let book = LogBook()
        let database = try database(nil, book: book) { $0.requireLeastPrivilege = false }
        for _ in 0..<3 { #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1) }
        let warnings = book.lines.filter { $0.contains("may do more than read") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("it is a superuser") == true)
        await database.shutdown()
    }

    @Test("A role that is mended is served without a restart once it is looked at again")
    func mended() async throws {
        let shop = try Self.shop.get()
        try shop.psql("CREATE ROLE least_mended LOGIN CREATEDB")
        let database = try database("least_mended")
        let ending = await Ending { try await database.query(QueryRequest(sql: "SELECT 1")) }
        #expect(ending == .failed("excess_privileges"))
        try shop.psql("ALTER ROLE least_mended NOCREATEDB")
        _ = try await database.privilegeReport()
        #expect(try await database.query(QueryRequest(sql: "SELECT 1")).rowCount == 1)
        await database.shutdown()
    }
}
