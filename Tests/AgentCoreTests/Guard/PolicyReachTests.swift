import TestSupport
import Testing

@testable import AgentCore

/// What a statement reaches without naming it: each class with its refusal and its harmless twin.
@Suite("What the text does not show")
struct PolicyReachTests {
    /// Statements on one database, with what becomes of each: nil for an answer, else words of the refusal.
    struct Scene: Sendable, CustomTestStringConvertible {
        let name: String
        var extensions: [String] = []
        let setup: String
        let cases: [(sql: String, refusal: String?)]
        var testDescription: String { name }
    }

    @Test("Each class is refused, with the chain, and its harmless twin runs", arguments: PolicyScenes.all)
    func scene(_ scene: Scene) async throws {
        let shop = try ShopDatabase.make(extensions: scene.extensions)
        try shop.psql(scene.setup)
        let before = try await shop.state()
        for (sql, refusal) in scene.cases {
            do throws(QueryFailure) {
                _ = try await shop.database.query(QueryRequest(sql: sql))
                if let refusal { Issue.record("\(sql) ran; expected a refusal with: \(refusal)") }
            } catch {
                guard let refusal else {
                    Issue.record("\(sql): \(error.description)")
                    continue
                }
                #expect(error.code.hasPrefix("refused_"), "\(sql): \(error.description)")
                #expect(error.description.contains(refusal), "\(sql): \(error.description)")
                #expect(error.description.contains("line 1, column"), "\(sql): \(error.description)")
                #expect(error.description.contains("allow_"), "\(sql): \(error.description)")
            }
        }
        #expect(try await shop.state() == before)
    }

    @Test("A view, a foreign table and an operator run when the operator allows what they use")
    func allowances() async throws {
        let shop = try ShopDatabase.make(extensions: ["file_fdw"])
        try shop.psql(
            """
            CREATE VIEW noisy AS SELECT noise() AS n;
            CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
            CREATE FOREIGN TABLE hosts (line text) SERVER files OPTIONS (filename '/etc/hostname');
            CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = add_noise);
            CREATE VIEW hashes AS SELECT count(*) AS n FROM pg_authid;
            """)
        for (entry, sql) in [
            ("public.noise", "SELECT * FROM noisy"), ("public.add_noise(integer,integer)", "SELECT 1 === 2"),
            ("public.*", "SELECT * FROM noisy"),
        ] {
            let database = shop.reconfigured {
                $0.allowFunctions = [entry]
                $0.pool.max = 1
            }
            #expect(try await database.query(QueryRequest(sql: sql)).rowCount == 1)
        }
        for (entry, sql) in [
            ("public.noisy", "SELECT * FROM noisy"), ("noisy", "SELECT * FROM public.noisy"),
            ("public.hosts", "SELECT count(*) FROM hosts"), ("pg_catalog.pg_authid", "TABLE hashes"),
            ("public.hashes", "TABLE hashes"),
        ] {
            let database = shop.reconfigured { $0.allowRelations = [entry] }
            #expect(try await database.query(QueryRequest(sql: sql)).rowCount == 1, "\(entry)")
        }
    }

    @Test("A name that begins with the database's is the same name")
    func namesWithTheDatabase() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE SCHEMA far; CREATE FUNCTION far.noise() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 4';
            CREATE OPERATOR far.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = public.add_noise);
            CREATE OPERATOR far.=~= (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
            CREATE VIEW far.noisy AS SELECT public.noise() AS n;
            CREATE DOMAIN far.checked AS int CHECK (public.noise() > 0);
            """)
        let name = "\"\(shop.name)\""
        for sql in [
            "SELECT 1 OPERATOR(far.===) 1", "SELECT 1 OPERATOR(\(name).far.===) 1",
            "SELECT 1 OPERATOR ( \(name) . /* x */ far . === ) 1", "SELECT \(name).far.noise()",
            "TABLE \(name).far.noisy", "SELECT 1::\(name).far.checked",
        ] {
            let ending = await Ending { try await shop.database.query(QueryRequest(sql: sql)) }
            #expect("\(ending)".contains("refused_"), "\(sql): \(ending)")
        }
        let plain = "SELECT 1 OPERATOR(\(name).far.=~=) 1, 1 OPERATOR(\(name).pg_catalog.+) 1"
        #expect(try await shop.database.query(QueryRequest(sql: plain)).rowCount == 1)
    }

    @Test("A view is refused when the planner could turn an operator of the server in it into a planted one")
    func plantedNegator() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE TABLE docs (body jsonb);
            CREATE VIEW found AS SELECT body FROM docs WHERE NOT (body @> '{}');
            CREATE FUNCTION planted(jsonb, jsonb) RETURNS bool LANGUAGE plpgsql IMMUTABLE
                AS $$BEGIN EXECUTE 'SELECT nextval(''counter'')'; RETURN true; END$$;
            """)
        #expect(try await shop.database.query(QueryRequest(sql: "TABLE found")).rowCount == 0)
        try shop.psql("CREATE OPERATOR !@> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = planted, NEGATOR = @>)")
        let ending = await Ending { try await shop.database.query(QueryRequest(sql: "TABLE found")) }
        #expect(ending == .failed("refused_relation"))
    }

    @Test("A session in which an allowed function ran out of sight is not used again")
    func allowedOutOfSight() async throws {
        let shop = try ShopDatabase.make {
            $0.allowFunctions = ["public.noise"]
            $0.pool.max = 1
        }
        try shop.psql("CREATE VIEW noisy AS SELECT noise() AS n, pg_backend_pid() AS pid")
        let first = try await shop.value("SELECT pid FROM noisy")
        #expect(try await shop.value("SELECT pid FROM noisy") != first)
    }

    @Test("A view over settings or statistics is held to the conditions of what it is over")
    func conditionsThroughViews() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE VIEW kept AS SELECT * FROM pg_db_role_setting;
            CREATE VIEW shown AS SELECT * FROM pg_show_all_settings();
            ALTER DATABASE "\(shop.name)" SET app.view_api_key = 'x';
            """)
        let refusal = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(QueryRequest(sql: "SELECT *\nFROM kept"))
        }
        #expect(refusal?.code == "refused_setting")
        #expect(try #require(refusal).description.contains("(line 2, column 6)"))
        #expect(await shop.database.vet("SELECT * FROM shown").conditions.readsAllSettings)
        #expect(await !shop.database.vet("SELECT * FROM customers").conditions.readsAllSettings)
        try shop.psql("ALTER DATABASE \"\(shop.name)\" RESET app.view_api_key")
    }

    /// Views that read `pg_authid`, `pg_user_mapping` or `pg_subscription` for the names in them, and show none of the secrets:
    /// decided by reading each. (Options of foreign servers and tables are shown by the catalog to everybody.)
    static let showNoSecrets: Set<String> = [
        "information_schema._pg_foreign_data_wrappers", "information_schema._pg_foreign_servers",
        "information_schema._pg_foreign_table_columns", "information_schema._pg_foreign_tables",
        "information_schema.administrable_role_authorizations", "information_schema.applicable_roles",
        "information_schema.column_options", "information_schema.column_privileges",
        "information_schema.enabled_roles", "information_schema.foreign_data_wrapper_options",
        "information_schema.foreign_data_wrappers", "information_schema.foreign_server_options",
        "information_schema.foreign_servers", "information_schema.foreign_table_options",
        "information_schema.foreign_tables", "information_schema.role_column_grants",
        "information_schema.role_routine_grants", "information_schema.role_table_grants",
        "information_schema.role_udt_grants", "information_schema.role_usage_grants",
        "information_schema.routine_privileges", "information_schema.schemata",
        "information_schema.table_privileges", "information_schema.udt_privileges",
        "information_schema.usage_privileges", "information_schema.user_mappings", "pg_catalog.pg_group",
        "pg_catalog.pg_policies", "pg_catalog.pg_prepared_xacts", "pg_catalog.pg_roles", "pg_catalog.pg_seclabels",
        "pg_catalog.pg_stat_activity", "pg_catalog.pg_stat_replication", "pg_catalog.pg_stat_subscription",
        "pg_catalog.pg_stat_subscription_stats", "pg_catalog.pg_user",
    ]

    @Test("Every view of the server passes or has been decided")
    func systemViews() async throws {
        let shop = try ShopDatabase.make()
        let catalog = try await PolicyCatalogCache.load(
            shop.database.runner,
            PolicyLoader(
                allowed: AllowedFunctions([]), allowedRelations: [], allowedSettings: [], rowBytes: 16 << 20),
            includesSystem: true)
        var refused: Set<String> = []
        for (name, entries) in catalog.relations {
            for entry in entries where entry.hazards.contains(.running) { refused.insert(entry.schema + "." + name) }
        }
        let decided = Set(
            SecretRelations.marked.filter { $0.hazards.contains(.running) }.map { $0.schema + "." + $0.name })
        #expect(refused.subtracting(decided).subtracting(Self.showNoSecrets).sorted() == [])
        // What such a view shows of settings and statistics is asked of the server for it too.
        var conditional: Set<String> = []
        for (name, entries) in catalog.relations {
            for entry in entries where !entry.hazards.isDisjoint(with: [.allSettings, .keptSettings, .statistics]) {
                conditional.insert(name)
            }
        }
        #expect(conditional.contains("pg_settings") && conditional.contains("pg_stats"))
    }
}
