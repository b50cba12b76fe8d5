import AuthTokens
import SQLClassifier
import TestSupport
import Testing

@testable import AgentCore

/// Settings that are kept for roles, and settings whose name alone tells of a secret.
@Suite("Settings that may hold a credential")
struct KeptSettingsTests {
    @Test(
        "What cannot read the column of settings is not held to it",
        arguments: [
            "SELECT rolname FROM pg_roles", "SELECT count(*) FROM pg_roles", "SELECT r.rolname, r.oid FROM pg_roles r",
            "SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.rolsuper ORDER BY r.rolname",
            "SELECT pg_roles.rolname FROM pg_roles", "SELECT usename FROM pg_user",
            "SELECT d.datname, r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba",
            "SELECT r.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid "
                + "JOIN pg_roles m ON m.oid = a.member LIMIT 2",
            "SELECT count(*) AS n FROM pg_roles GROUP BY rolsuper ORDER BY n",
            "SELECT setrole FROM pg_db_role_setting",
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'x') AS found",
            "WITH s AS (SELECT rolname FROM pg_roles) SELECT s.rolname FROM s",
        ])
    func unread(_ sql: String) throws {
        let statement = try #require(SQLClassifier.classify(sql).statements.first)
        #expect(!KeptSettings.areRead(by: statement, sql))
    }

    @Test(
        "Whatever could read it is",
        arguments: [
            "SELECT * FROM pg_roles", "TABLE pg_roles", "SELECT r.* FROM pg_roles r", "SELECT rolconfig FROM pg_roles",
            "SELECT U&\"rol\\0063onfig\" FROM pg_roles", "SELECT r FROM pg_roles r", "SELECT pg_roles FROM pg_roles",
            "SELECT to_jsonb(r) FROM pg_roles AS r", "SELECT r.to_jsonb FROM pg_roles r",
            "SELECT r::text FROM pg_roles r",
            "SELECT (r).row_to_json FROM pg_roles r",
            "SELECT m FROM pg_roles AS r(a, b, c, d, e, f, g, h, i, j, k, l, m)",
            "SELECT m FROM pg_roles r (a, b, c, d, e, f, g, h, i, j, k, l, m)",
            "SELECT to_json(j) FROM (pg_roles r CROSS JOIN (SELECT 1) z) AS j",
            "SELECT to_json(j) FROM ((pg_roles r CROSS JOIN (SELECT 1) z) CROSS JOIN (SELECT 2) y) j",
            "SELECT 1 FROM pg_roles a NATURAL JOIN pg_roles b", "SELECT json_agg(\"R\") FROM pg_roles \"R\"",
            "SELECT pg_catalog.pg_roles.to_jsonb FROM pg_catalog.pg_roles", "SELECT count(x) FROM pg_roles x",
            "SELECT array_agg(u) FROM pg_user u", "SELECT setconfig FROM pg_db_role_setting",
            "SELECT (SELECT r) FROM pg_roles r", "SELECT 1 FROM pg_roles r, LATERAL (SELECT r) AS s",
            "SELECT r.rolname(1) FROM pg_roles r",
        ])
    func read(_ sql: String) throws {
        let statement = try #require(SQLClassifier.classify(sql).statements.first)
        #expect(KeptSettings.areRead(by: statement, sql))
    }

    @Test("Roles are listed beside a role that keeps a credential, and its settings are not")
    func roles() async throws {
        let server = try PostgresFixture.start()
        defer { server.remove() }
        try server.psql(
            """
            CREATE ROLE keeper; ALTER ROLE keeper SET app.jwt_token = 'eyJhbGciOi';
            CREATE VIEW kept AS SELECT rolname FROM pg_roles
            """)
        let database = ShopDatabase.configured(server, "postgres") { _ in }
        func ending(_ sql: String) async -> Ending {
            await Ending { try await database.query(QueryRequest(sql: sql, limit: 1)) }
        }
        #expect(await ending("SELECT rolname FROM pg_roles") == .answered(rows: 1))
        #expect(await ending("SELECT setrole FROM pg_db_role_setting") == .answered(rows: 1))
        // What a view shows is not told by the text.
        for sql in ["SELECT * FROM pg_roles", "SELECT r FROM pg_roles r", "SELECT k.rolname FROM kept k, pg_roles r"] {
            #expect(await ending(sql) == .failed("refused_setting"), "\(sql)")
        }
        try server.psql(
            "ALTER ROLE keeper SET app.jwt_token = '3600'; ALTER ROLE keeper SET app.password_length = '12'")
        #expect(await ending("SELECT * FROM pg_roles") == .answered(rows: 1))
        await database.shutdown()
    }

    static let settings: [(name: String, value: String, isShown: Bool)] = [
        ("app.token_limit", "128000", true), ("app.token_ttl", "30min", true), ("app.use_token", "on", true),
        ("app.password_min_length", "12", true), ("app.secret_rotation", "90d", true), ("app.jwt_secret", "", true),
        ("app.api_token", "eyJhbGciOi", false), ("app.db_password", "84729190", false),
        ("app.secret_pin", "123456", false),
        ("app.token_and_secret", "128000", false), ("app.login_pwd", "x", false),
    ]

    @Test("The value decides about a setting with such a name", arguments: settings)
    func values(name: String, value: String, isShown: Bool) async throws {
        let shop = try ShopDatabase.make()
        try shop.psql("ALTER DATABASE \"\(shop.name)\" SET \(name) = '\(value)'")
        defer { _ = try? shop.psql("ALTER DATABASE \"\(shop.name)\" RESET ALL") }
        for sql in ["SHOW \(name)", "SELECT current_setting('\(name)')"] {
            let ending = await Ending { try await shop.database.query(QueryRequest(sql: sql, limit: 1)) }
            #expect(ending == (isShown ? .answered(rows: 1) : .failed("refused_setting")), "\(sql)")
        }
    }

    @Test(
        "All settings at once are held to showing no credential, however ALL is written", arguments: ["ALL", "\"ALL\""])
    func allSettings(_ word: String) async throws {
        let shop = try ShopDatabase.make()
        #expect(await shop.database.vet("SHOW \(word)").conditions.readsAllSettings)
    }

    @Test("A setting that does not exist is refused by its name, and no approval shows a secret")
    func unknown() async throws {
        let shop = try ShopDatabase.make { $0.allowWrites = true }
        let ending = await Ending { try await shop.database.query(QueryRequest(sql: "SHOW app.no_such_token")) }
        #expect(ending == .failed("refused_setting"))
        let write = WriteRequest(
            sql: "INSERT INTO log SELECT now(), current_setting('app.token_limit')",
            origin: CallOrigin(principal: .local))
        let failure = await #expect(throws: QueryFailure.self) { try await shop.database.approvalQuestion(write) }
        #expect(failure?.code == "refused_setting")
    }
}
