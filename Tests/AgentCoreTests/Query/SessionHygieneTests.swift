import Logging
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("A connection is used again only when it is clean")
struct SessionHygieneTests {
    /// What a function may leave behind: its name and its body.
    static let dirt: [(name: String, body: String)] = [
        ("locks", "PERFORM pg_advisory_lock(4711)"),
        ("shared_locks", "PERFORM pg_advisory_lock_shared(4713)"),
        ("role", "EXECUTE 'SET ROLE hygiene_other'"),
        ("session_role", "EXECUTE 'SET SESSION AUTHORIZATION hygiene_other'"),
        ("setting", "PERFORM set_config('work_mem', '64kB', false)"),
        ("reported_setting", "PERFORM set_config('TimeZone', 'Asia/Tokyo', false)"),
        ("read_write", "PERFORM set_config('default_transaction_read_only', 'off', false)"),
        ("path", "PERFORM set_config('search_path', 'app', false)"),
        ("strings", "PERFORM set_config('backslash_quote', 'on', false)"),
        ("own_setting", "PERFORM set_config('app.user', 'somebody', false)"),
        ("channel", "EXECUTE 'LISTEN news'"),
        ("prepared", "EXECUTE 'PREPARE left_over AS SELECT 1'"),
        ("cursor_with_hold", "EXECUTE 'DECLARE left_over CURSOR WITH HOLD FOR SELECT 1'"),
        ("table", "EXECUTE 'CREATE TEMP TABLE left_over (x int)'"),
        ("seed", "PERFORM setseed(0.5)"),
        ("library", "EXECUTE 'LOAD ''plpgsql'''"),
        ("error_after_lock", "PERFORM pg_advisory_lock(4712); RAISE EXCEPTION 'no'"),
        ("nothing", "NULL"),
    ]

    static let shop = Result { () throws -> ShopDatabase in
        let shop = try ShopDatabase.make { $0.pool.max = 1 }
        try shop.psql("DROP ROLE IF EXISTS hygiene_other; CREATE ROLE hygiene_other; CREATE SCHEMA dirt")
        for (name, body) in dirt {
            try shop.psql(
                "CREATE FUNCTION dirt.\(name)() RETURNS int LANGUAGE plpgsql VOLATILE AS $$BEGIN \(body); RETURN 1; END$$"
            )
        }
        return shop
    }

    /// The session's number, and one word for everything that is not as in a new session.
    private static let look = """
        SELECT pg_backend_pid(), concat_ws(' ', CASE WHEN current_user <> session_user THEN 'role' END, \
        (SELECT 'locks' FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' LIMIT 1), \
        (SELECT 'channels' FROM pg_listening_channels() LIMIT 1), \
        (SELECT 'prepared' FROM pg_prepared_statements WHERE name NOT LIKE 'agent@_%' ESCAPE '@' LIMIT 1), \
        (SELECT 'cursors' FROM pg_cursors WHERE is_holdable LIMIT 1), \
        CASE WHEN pg_my_temp_schema() <> 0 THEN 'temporary' END, \
        CASE WHEN current_setting('default_transaction_read_only') <> 'on' THEN 'writable' END, \
        (SELECT string_agg(name, ',') FROM pg_settings WHERE source = 'session' AND name <> ALL \
        ('{statement_timeout,lock_timeout,idle_in_transaction_session_timeout,default_transaction_read_only,\
        standard_conforming_strings,transaction_read_only,transaction_isolation,client_encoding,\
        client_connection_check_interval}')))
        """

    @Test("Whatever an allowed function leaves in the session, nobody after it meets it", arguments: dirt.map(\.name))
    func allowedFunction(name: String) async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured {
            $0.pool.max = 1
            $0.allowFunctions = ["dirt.*"]
        }
        let before = try await database.query(QueryRequest(sql: Self.look)).rows[0]
        #expect(before[1] == "")
        _ = await Ending { try await database.query(QueryRequest(sql: "SELECT dirt.\(name)()")) }
        let after = try await database.query(QueryRequest(sql: Self.look)).rows[0]
        #expect(after[0] != before[0])
        #expect(after[1] == "")
        let old = before[0] ?? ""
        for _ in 0..<3000 {
            if try shop.psql("SELECT count(*) FROM pg_stat_activity WHERE pid = \(old)") == "0" { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try shop.psql("SELECT count(*) FROM pg_locks WHERE pid = \(old)") == "0")
        await database.shutdown()
    }

    @Test("A plain read, an error and a page by a cursor leave the connection to the next one, clean")
    func plainReads() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.pool.max = 1 }
        let before = try await database.query(QueryRequest(sql: Self.look)).rows[0]
        for sql in ["TABLE orders", "SELECT 1/0", "SHOW all", "SELECT pg_sleep(0)", "SELECT no_such_function()"] {
            _ = await Ending { try await database.query(QueryRequest(sql: sql)) }
        }
        _ = try await database.query(QueryRequest(sql: "SELECT id FROM orders ORDER BY id", limit: 5, offset: 5))
        let after = try await database.query(QueryRequest(sql: Self.look)).rows[0]
        #expect(Array(after) == [before[0], ""])
        await database.shutdown()
    }

    @Test("A connection that carried a large row is closed, since libpq keeps the room for it")
    func largeRow() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.pool.max = 1 }
        let pid = "SELECT pg_backend_pid()"
        let before = try await database.query(QueryRequest(sql: pid)).rows[0][0]
        _ = try await database.query(QueryRequest(sql: "SELECT repeat('x', 900000)"))
        #expect(try await database.query(QueryRequest(sql: pid)).rows[0][0] == before)
        _ = try await database.query(QueryRequest(sql: "SELECT repeat('x', 2000000)"))
        #expect(try await database.query(QueryRequest(sql: pid)).rows[0][0] != before)
        await database.shutdown()
    }

    @Test(
        "Behind a pooler in transaction mode an allowed function's locks are given up with the transaction",
        .enabled(if: PgBouncer.isAvailable),
        arguments: ["PERFORM pg_advisory_lock(4801)", "PERFORM pg_advisory_lock(4802); RAISE EXCEPTION 'no'"])
    func pooledLocks(body: String) async throws {
        let shop = try Self.shop.get()
        let number = body.contains("4801") ? 4801 : 4802
        try shop.psql(
            "CREATE FUNCTION dirt.pooled\(number)() RETURNS int LANGUAGE plpgsql VOLATILE AS $$BEGIN \(body); RETURN 1; END$$"
        )
        let pooler = try PgBouncer.start(before: shop.fixture)
        defer { pooler.stop() }
        let database = pooled(pooler, shop) { $0.allowFunctions = ["dirt.*"] }
        _ = await Ending { try await database.query(QueryRequest(sql: "SELECT dirt.pooled\(number)()")) }
        #expect(
            try shop.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = \(number)") == "0")
        await database.shutdown()
    }

    @Test("Behind a pooler in transaction mode run_as_role holds too", .enabled(if: PgBouncer.isAvailable))
    func pooledRole() async throws {
        let shop = try Self.shop.get()
        let pooler = try PgBouncer.start(before: shop.fixture)
        defer { pooler.stop() }
        let database = pooled(pooler, shop) { $0.runAsRole = "hygiene_other" }
        for _ in 0..<2 {
            let row = try await database.query(QueryRequest(sql: "SELECT current_user")).rows[0]
            #expect(row[0] == "hygiene_other")
        }
        #expect(try await database.systemInfo().user == "hygiene_other")
        await database.shutdown()
    }

    private func pooled(
        _ pooler: PgBouncer, _ shop: ShopDatabase, _ adjust: (inout DatabaseConfiguration) -> Void
    ) -> Database {
        shop.reconfigured {
            $0.host = pooler.parameters["host"]
            $0.port = pooler.parameters["port"].flatMap { Int($0) }
            $0.user = pooler.parameters["user"]
            $0.sslmode = .disable
            $0.pooler = .transaction
            adjust(&$0)
        }
    }
}
