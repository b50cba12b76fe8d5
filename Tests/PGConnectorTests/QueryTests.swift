import PGConnector
import TestSupport
import Testing

@Suite("Queries", .timeLimit(.minutes(2)))
struct QueryTests {
    @Test("A statement with parameters returns its rows")
    func parameters() async throws {
        try await withClient { client in
            let result = try await client.execute(
                "SELECT $1::int4 + 1 AS sum, $2::text AS words, $3::text AS nothing", [41, "a\u{1F600}b", nil])
            #expect(result.commandTag == "SELECT 1")
            #expect(result.columns.map(\.name) == ["sum", "words", "nothing"])
            #expect(result.rows[0].string(0) == "42")
            #expect(result.rows[0].string(1) == "a\u{1F600}b")
            #expect(result.rows[0].isNull(2))
            #expect(try result.rows[0].decode(Int.self, named: "sum") == 42)
            #expect(result.affectedRows == 1)
        }
    }

    @Test("Rows stream in order", arguments: [PGFormat.text, .binary])
    func stream(format: PGFormat) async throws {
        try await withClient { client in
            let rows = try await client.query("SELECT i FROM generate_series(1, 10000) i", format: format)
            var expected = 1
            for try await row in rows {
                #expect(try row.decode(Int.self, 0) == expected)
                expected += 1
            }
            #expect(expected == 10001)
        }
    }

    @Test("A statement that returns no rows, an empty one, and rows without columns")
    func shapes() async throws {
        try await withClient { client in
            #expect(try await client.execute("SET search_path = public").commandTag == "SET")
            #expect(try await client.execute("").commandTag == "")
            let rows = try await client.execute("SELECT FROM generate_series(1, 3)")
            #expect(rows.commandTag == "SELECT 3")
            #expect(rows.rows.count == 3)
            #expect(rows.columns.isEmpty)
        }
    }

    @Test("An error carries every field that the server sent")
    func errorFields() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                try await connection.execute("CREATE TEMP TABLE t (c int CONSTRAINT positive CHECK (c > 0))")
                let error = await #expect(throws: PGError.self) {
                    try await connection.execute("INSERT INTO t VALUES (-1)")
                }
                let server = try #require(error?.server)
                #expect(error?.code == .server)
                #expect(server.severity == "ERROR")
                #expect(server.sqlState == "23514")
                #expect(server.table == "t")
                #expect(server.constraint == "positive")
                #expect(server.schema?.hasPrefix("pg_temp") == true)
                #expect(server.detail == "Failing row contains (-1).")
                #expect(server.file != nil && server.line != nil && server.routine != nil)

                let syntax = await #expect(throws: PGError.self) { try await connection.execute("SELECT é FROM x y z") }
                #expect(syntax?.server?.position == 19)
                #expect(syntax?.server?.sqlState == "42601")

                let inner = await #expect(throws: PGError.self) {
                    try await connection.execute("DO $$ BEGIN EXECUTE 'SELECT wrong'; END $$")
                }
                #expect(inner?.server?.internalQuery == "SELECT wrong")
                #expect(inner?.server?.internalPosition == 8)
                #expect(inner?.server?.context?.contains("PL/pgSQL") == true)

                let hint = await #expect(throws: PGError.self) {
                    try await connection.execute(
                        "DO $$ BEGIN RAISE EXCEPTION 'm' USING HINT = 'h', COLUMN = 'c', DATATYPE = 'd'; END $$")
                }
                #expect(hint?.server?.hint == "h")
                #expect(hint?.server?.column == "c")
                #expect(hint?.server?.dataType == "d")
            }
        }
    }

    @Test("Notices come with the result")
    func notices() async throws {
        try await withClient { client in
            let result = try await client.execute("DO $$ BEGIN RAISE WARNING 'careful'; END $$")
            #expect(result.notices.map(\.message) == ["careful"])
            #expect(result.notices.first?.severity == "WARNING")
        }
    }

    @Test("A NUL byte in a statement or a text parameter is refused before anything is sent")
    func nulBytes() async throws {
        try await withClient { client in
            let statement = await #expect(throws: PGError.self) { try await client.execute("SELECT 1\0; DROP TABLE t") }
            #expect(statement?.code == .invalidArgument)
            let parameter = await #expect(throws: PGError.self) { try await client.execute("SELECT $1", ["a\0b"]) }
            #expect(parameter?.code == .invalidArgument)
        }
    }

    @Test("COPY is refused, and the next query has a connection")
    func copy() async throws {
        try await withClient { client in
            for sql in ["COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"] {
                await #expect(throws: PGError.self) { try await client.execute(sql) }
                expect(try await client.execute("SELECT 1").rows.count, 1)
            }
        }
    }

    @Test("A transaction commits when its body returns and rolls back when it throws")
    func transactions() async throws {
        struct Stop: Error {}
        try await withClient { client in
            try await client.execute("CREATE TABLE IF NOT EXISTS committed (c int)")
            try await client.execute("TRUNCATE committed")
            _ = try await client.withTransaction { try await $0.execute("INSERT INTO committed VALUES (1)") }
            await #expect(throws: Stop.self) {
                try await client.withTransaction { connection in
                    try await connection.execute("INSERT INTO committed VALUES (2)")
                    throw Stop()
                }
            }
            let rows = try await client.execute("SELECT c FROM committed").rows
            #expect(rows.map { $0.string(0) } == ["1"])
            let error = await #expect(throws: PGError.self) {
                try await client.withTransaction(readOnly: true) {
                    try await $0.execute("INSERT INTO committed VALUES (3)")
                }
            }
            #expect(error?.server?.sqlState == "25006")
        }
    }

    @Test("A connection says where it is connected and what the server reports")
    func facts() async throws {
        try await withClient { client in
            try await client.withConnection { connection in
                #expect(connection.serverVersion >= 100_000)
                #expect(connection.database == "postgres")
                #expect(connection.user == "postgres")
                #expect(connection.parameterStatus("server_encoding") == "UTF8")
                #expect(connection.parameterStatus("client_encoding") == "UTF8")
                #expect(connection.transactionStatus == .idle)
                let pid = try await connection.execute("SELECT pg_backend_pid()").rows[0].decode(Int32.self, 0)
                #expect(connection.backendProcessID == pid)
            }
        }
    }
}
