import TestSupport
import Testing

@testable import AgentCore

/// Words that are keywords of newer versions only, under which an older one finds whatever somebody has made.
@Suite("Names that newer versions reserve")
struct NewKeywordTests {
    @Test("Where the server does not know a keyword, functions, views and domains of its name are seen")
    func seen() async throws {
        let shop = try ShopDatabase.make()
        guard try await shop.value("SELECT current_setting('server_version_num')::int < 160000") == "t" else { return }
        try shop.psql(
            """
            CREATE FUNCTION system_user() RETURNS text LANGUAGE plpgsql STABLE AS
                $$ BEGIN EXECUTE 'SELECT 1'; RETURN 'x'; END $$;
            CREATE VIEW system_user AS SELECT noise() AS n;
            CREATE FUNCTION evil(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
                $$ BEGIN EXECUTE 'SELECT 1'; RETURN true; END $$;
            CREATE DOMAIN json_value AS text CHECK (evil(VALUE)); CREATE DOMAIN merge_action AS text CHECK (evil(VALUE));
            """)
        for sql in [
            "SELECT system_user()", "SELECT 1 FROM customers WHERE system_user() = 'x'", "SELECT * FROM system_user",
            "SELECT 1 FROM customers, system_user", "SELECT json_value 'x'", "SELECT merge_action 'x'",
            "SELECT CAST('x' AS json_value)", "SELECT 'x'::json_value",
            #"SELECT * FROM json_to_record('{"a": 1}') AS x(a json_value)"#,
            #"SELECT * FROM json_to_record('{"a": 1}') AS x(b int, a merge_action)"#,
        ] {
            let ending = await Ending { try await shop.database.query(QueryRequest(sql: sql)) }
            #expect(ending.isRefusal || ending == .failed("refused_object"), "\(sql): \(ending)")
        }
    }
}
