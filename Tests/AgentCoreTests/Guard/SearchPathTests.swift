import TestSupport
import Testing

@testable import AgentCore

/// The server's own functions look into the catalog with operators that the search path finds.
@Suite("Operators before the server's own")
struct SearchPathTests {
    private static let planted = """
        CREATE FUNCTION evil(oid, oid) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN PERFORM pg_advisory_lock(779); RETURN $1::int8 = $2::int8; END $$;
        CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil);
        CREATE FUNCTION evil(name, name) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN PERFORM pg_advisory_lock(779); RETURN $1::text = $2::text; END $$;
        CREATE OPERATOR = (LEFTARG = name, RIGHTARG = name, FUNCTION = evil);
        CREATE VIEW vv AS SELECT 1 AS a;
        """

    @Test("An equality that stands before the server's own is refused wherever a view's text could be asked for")
    func definitions() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(Self.planted)
        let sql = "SELECT definition FROM pg_views WHERE viewname LIKE 'vv'"
        #expect(try await shop.value(sql)?.contains("1 AS a") == true)
        try shop.psql("ALTER DATABASE \"\(shop.name)\" SET search_path = public, pg_catalog")
        let database = shop.reconfigured { _ in }
        for sql in [
            sql, "SELECT pg_get_viewdef('vv'::regclass)", "SELECT view_definition FROM information_schema.views",
            "SELECT * FROM pg_rules",
        ] {
            let ending = await Ending { try await database.query(QueryRequest(sql: sql)) }
            #expect(ending.isRefusal, "\(sql): \(ending)")
        }
        await database.shutdown()
    }

    @Test("The agent's own look at a view does not run it")
    func ownQueries() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(Self.planted)
        try shop.psql("ALTER DATABASE \"\(shop.name)\" SET search_path = public, pg_catalog")
        let database = shop.reconfigured { _ in }
        let table = try await database.catalog.describe(schema: "public", table: "vv")
        #expect(table.viewDefinition?.contains("1 AS a") == true)
        #expect(try shop.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 779") == "0")
        await database.shutdown()
    }
}
