import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("Function policy")
struct PolicyTests {
    static let shop = Result { try ShopDatabase.make() }

    @Test("Every volatile function of pg_catalog has been decided")
    func everyVolatileFunctionIsDecided() async throws {
        let shop = try Self.shop.get()
        let names = try shop.psql(
            """
            SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND pronamespace = 'pg_catalog'::regnamespace
            AND NOT 'internal'::regtype = ANY (proargtypes)
            AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) ORDER BY 1
            """
        ).split(separator: "\n").map(String.init)
        #expect(names.count > 100)
        for name in names {
            let harmless = HarmlessFunctions.builtin.contains(name)
            let refused = RefusedFunctions.why[name] != nil
            #expect(harmless != refused, "\(name): harmless \(harmless), refused \(refused)")
        }
    }

    @Test("No function is both harmless and refused")
    func noContradiction() {
        let harmless = HarmlessFunctions.builtin.union(HarmlessFunctions.ofExtensions)
        #expect(harmless.filter { RefusedFunctions.why[$0] != nil } == [])
    }

    @Test(
        "An entry of allow_functions lets a function through, and the session is not used again",
        arguments: [
            "public.noise", "public.noise()", "public.*", "noise",
        ])
    func allowed(_ entry: String) async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured {
            $0.allowFunctions = [entry]
            $0.pool.max = 1
        }
        let first = try await database.query(QueryRequest(sql: "SELECT noise(), pg_backend_pid()"))
        #expect(first.rows[0][0] == "4")
        let second = try await database.query(QueryRequest(sql: "SELECT pg_backend_pid()"))
        #expect(second.rows[0][0] != first.rows[0][1])
    }

    @Test(
        "An entry of allow_functions lets nothing else through",
        arguments: [
            "public.noise(integer)", "app.*", "pg_catalog.*", "public.nois", "app.noise",
        ])
    func notAllowed(_ entry: String) async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.allowFunctions = [entry] }
        let ending = await Ending { try await database.query(QueryRequest(sql: "SELECT noise()")) }
        #expect(ending == .failed("refused_function"))
        let builtin = await Ending { try await database.query(QueryRequest(sql: "SELECT nextval('counter')")) }
        #expect(builtin == .failed("refused_function"))
    }

    @Test("An overload with its types is allowed alone")
    func overload() async throws {
        let shop = try ShopDatabase.make { $0.allowFunctions = ["public.add_noise(integer,integer)"] }
        #expect(try await shop.value("SELECT add_noise(1, 2)") == "3")
        try shop.psql("CREATE FUNCTION add_noise(text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT $1'")
        let ending = await Ending { try await shop.database.query(QueryRequest(sql: "SELECT add_noise(1, 2)")) }
        #expect(ending == .failed("refused_function"))
    }

    @Test("A relation and a setting run when the operator allows them")
    func allowedNames() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured {
            $0.allowRelations = ["pg_catalog.pg_authid"]
            $0.allowSettings = ["archive_command"]
        }
        #expect(try await database.query(QueryRequest(sql: "SELECT count(*) FROM pg_authid")).rowCount == 1)
        #expect(try await database.query(QueryRequest(sql: "SHOW archive_command")).rowCount == 1)
        let other = await Ending { try await database.query(QueryRequest(sql: "TABLE pg_shadow")) }
        #expect(other == .failed("refused_relation"))
    }

    @Test("Statistics are read until they hold samples of password hashes")
    func statistics() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("ANALYZE orders")
        let sql = "SELECT count(*) FROM pg_stats WHERE tablename = 'orders'"
        // Settings are the whole server's: those of other tests may have been sampled here.
        let database = shop.reconfigured { $0.allowRelations = ["pg_db_role_setting"] }
        let columns = try await database.query(QueryRequest(sql: sql)).rows.first?.first
        #expect(columns == "5")
        // Two, since a single value is not sampled.
        let roles = ["\(shop.name)_a", "\(shop.name)_b"]
        for role in roles { try shop.psql("CREATE ROLE \"\(role)\" PASSWORD '\(role)'") }
        try shop.psql("ANALYZE pg_authid")
        for role in roles { try shop.psql("DROP ROLE \"\(role)\"") }
        for sql in [sql, "SELECT stavalues1::text FROM pg_statistic WHERE starelid = 'pg_authid'::regclass"] {
            #expect(
                await Ending { try await database.query(QueryRequest(sql: sql)) } == .failed("refused_relation"))
        }
        let allowing = shop.reconfigured { $0.allowRelations = ["pg_authid", "pg_db_role_setting"] }
        #expect(try await allowing.query(QueryRequest(sql: sql)).rowCount == 1)
    }

    @Test(
        "Statistics of arrays show their elements even of one row: options of user mappings, settings of roles",
        arguments: [
            ("pg_user_mapping", "pg_user_mapping"), ("pg_db_role_setting", "pg_db_role_setting"),
        ])
    func elements(_ table: String, _ allowed: String) async throws {
        // Settings of roles are the whole server's, which other tests use.
        let server = try PostgresFixture.start()
        defer { server.remove() }
        let request = QueryRequest(sql: "SELECT count(*) FROM pg_stats WHERE tablename = 'orders'")
        let database = ShopDatabase.configured(server, "postgres") { _ in }
        try server.psql(
            """
            CREATE EXTENSION postgres_fdw; CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw;
            CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (user 'u', password 'canary');
            ALTER DATABASE postgres SET work_mem = '8MB'; ANALYZE pg_db_role_setting
            """)
        #expect(await Ending { try await database.query(request) } == .answered(rows: 1))
        try server.psql("ALTER DATABASE postgres SET app.kept_api_key = 'x'; ANALYZE \(table)")
        #expect(await Ending { try await database.query(request) } == .failed("refused_relation"))
        let allowing = ShopDatabase.configured(server, "postgres") { $0.allowRelations = [allowed] }
        #expect(await Ending { try await allowing.query(request) } == .answered(rows: 1))
        await database.shutdown()
        await allowing.shutdown()
    }

    @Test("Settings kept for a role or a database are read while none may hold a credential")
    func keptSettings() async throws {
        // They are the whole server's, which other tests use.
        let server = try PostgresFixture.start()
        defer { server.remove() }
        let database = ShopDatabase.configured(server, "postgres") { _ in }
        try server.psql("ALTER DATABASE postgres SET app.kept_api_key = 'x'")
        let request = QueryRequest(sql: "SELECT count(s.setconfig) >= 0 FROM pg_db_role_setting AS s, pg_roles")
        #expect(await Ending { try await database.query(request) } == .failed("refused_setting"))
        let allowing = ShopDatabase.configured(server, "postgres") { $0.allowSettings = ["app.kept_api_key"] }
        #expect(await Ending { try await allowing.query(request) } == .answered(rows: 1))
        // That view shows the settings of roles alone.
        let roles = QueryRequest(sql: "SELECT count(*) > 0 FROM pg_roles")
        #expect(await Ending { try await database.query(roles) } == .answered(rows: 1))
        try server.psql("ALTER DATABASE postgres RESET app.kept_api_key")
        #expect(await Ending { try await database.query(request) } == .answered(rows: 1))
        await database.shutdown()
        await allowing.shutdown()
    }

    @Test(
        "A function that is made, replaced, renamed or moved after the catalog was read is noticed before it runs",
        arguments: [
            "CREATE OR REPLACE FUNCTION late() RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM orders RETURNING 1'",
            "ALTER FUNCTION late() VOLATILE",
            "DROP FUNCTION late(); ALTER FUNCTION app.wipe() SET SCHEMA public; "
                + "ALTER FUNCTION wipe() RENAME TO late",
            "ALTER FUNCTION late() RENAME TO other; ALTER FUNCTION noise() RENAME TO late",
        ])
    func changedLater(_ change: String) async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("CREATE FUNCTION late() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'")
        #expect(try await shop.value("SELECT late()") == "1")
        try shop.psql(change)
        let before = try await shop.state()
        let ending = await Ending { try await shop.database.query(QueryRequest(sql: "SELECT late()")) }
        #expect(ending == .failed("refused_function"))
        #expect(try await shop.state() == before)
    }

    @Test("A function that did not exist is refused when it appears, also in a schema that is renamed")
    func appears() async throws {
        let shop = try ShopDatabase.make()
        for sql in ["SELECT fresh()", "SELECT moved.wipe()"] {
            #expect(await Ending { try await shop.database.query(QueryRequest(sql: sql)) } == .failed("server_error"))
        }
        try shop.psql("CREATE FUNCTION fresh() RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM orders RETURNING 1'")
        try shop.psql("ALTER SCHEMA app RENAME TO moved")
        let before = try await shop.state()
        for sql in ["SELECT fresh()", "SELECT moved.wipe()"] {
            #expect(
                await Ending { try await shop.database.query(QueryRequest(sql: sql)) } == .failed("refused_function"))
        }
        #expect(try await shop.state() == before)
    }

    @Test("A function outside of the search path is no reason to refuse one within")
    func searchPath() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("CREATE FUNCTION app.lower(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'")
        #expect(try await shop.value("SELECT lower('A')") == "a")
        try shop.psql("ALTER ROLE postgres IN DATABASE \"\(shop.name)\" SET search_path = app, public")
        // Sessions that are open keep their search path; a new one shows the new path, which the server compares.
        try shop.fixture.terminateBackends(database: shop.name)
        for _ in 0..<20 {
            let ending = await Ending { try await shop.database.query(QueryRequest(sql: "SELECT lower('A')")) }
            if ending == .failed("unavailable") { continue }
            #expect(ending == .failed("refused_function"))
            return
        }
        Issue.record("the database did not come back")
    }

    @Test(
        "Names are looked at in one form, and the argument of current_setting only in the plainest",
        arguments: [
            ("SELECT current_setting('a.b')", "a.b"), ("SELECT current_setting ( 'TimeZone' , true)", "TimeZone"),
            ("SELECT \"current_setting\"('x'::text)", "x"), ("SELECT pg_catalog.current_setting('x')", "x"),
            ("SELECT current_setting('a' || 'b')", nil), ("SELECT current_setting(E'a')", nil),
            ("SELECT current_setting(U&'a')", nil), ("SELECT current_setting('a'\n'b')", nil),
            ("SELECT current_setting($$a$$)", nil), ("SELECT current_setting(name)", nil),
            ("SELECT current_setting(('a'))", nil), ("SELECT current_setting", nil), ("SELECT current_setting('a", nil),
            ("SELECT current_setting('a'::name)", nil),
        ])
    func settingArgument(sql: String, expected: String?) {
        #expect(SettingArgument.read(sql, at: 7) == expected)
    }
}
