import MCPProtocol
import TestSupport
import Testing

/// Arguments that are not SQL, or only a part of it, with SQL in them.
enum ToolArguments {
    static let calls: [(tool: String, arguments: JSONObject)] = [
        ("query_database", ["query": "SELECT 1", "database": "postgres://postgres@localhost/postgres"]),
        ("query_database", ["query": "SELECT 1", "database": "host=/tmp dbname=postgres"]),
        ("query_database", ["query": "SELECT 1", "database": "shop; DROP TABLE log"]),
        ("query_database", ["query": "SELECT 1", "limit": "1; DROP TABLE log"]),
        ("query_database", ["query": "SELECT 1", "offset": "1; DROP TABLE log"]),
        ("query_database", ["query": ["SELECT 1", "DROP TABLE log"]]),
        ("query_database", ["query": "SELECT 1", "sql": "DROP TABLE log"]),
        ("query_database", ["query": "SELECT 1", "allow_writes": true]),
        ("execute_explain", ["query": "SELECT 1", "format": "text) DELETE FROM orders --"]),
        ("execute_explain", ["query": "ANALYZE DELETE FROM orders"]),
        ("execute_explain", ["query": "(ANALYZE) DELETE FROM orders"]),
        ("execute_explain", ["query": "ANALYZE orders"]),
        ("execute_explain", ["query": "EXPLAIN ANALYZE DELETE FROM orders"]),
        ("execute_explain", ["query": "VERBOSE DELETE FROM orders", "analyze": true]),
        ("execute_explain", ["query": "SELECT 1; DELETE FROM orders"]),
        ("execute_explain", ["query": "DELETE FROM orders", "analyze": true]),
        ("execute_explain", ["query": "EXECUTE p"]),
        ("execute_explain", ["query": "SELECT app.trap_immutable('x')"]),
        ("count_rows", ["table": "orders; DELETE FROM orders"]),
        ("count_rows", ["table": "orders\"; DELETE FROM orders; --"]),
        ("count_rows", ["table": "orders, app.wipe()"]),
        ("count_rows", ["table": "app.wipe()"]),
        ("count_rows", ["table": "orders WHERE app.wipe() > 0 --"]),
        ("count_rows", ["table": "orders\u{0}"]),
        ("count_rows", ["schema": "public\".orders; DELETE FROM public.\"orders", "table": "orders"]),
        ("count_rows", ["table": "pg_authid"]),
        ("count_rows", ["schema": "pg_catalog", "table": "pg_shadow"]),
        ("count_rows", ["table": "pg_catalog.pg_authid"]),
        ("count_rows", ["table": "file_program"]), ("count_rows", ["table": "app.file_program"]),
        ("count_rows", ["table": "view_nextval"]), ("count_rows", ["table": "app.view_nextval"]),
        ("count_rows", ["table": "orders", "where": "1=1) UNION SELECT 1 FROM pg_authid WHERE (1=1"]),
        ("count_rows", ["table": "orders", "where": "true) FOR UPDATE --"]),
        ("count_rows", ["table": "orders", "where": "true) --"]),
        ("count_rows", ["table": "orders", "where": "true /*"]),
        ("count_rows", ["table": "orders", "where": "true; DELETE FROM orders"]),
        ("count_rows", ["table": "orders", "where": "app.wipe() > 0"]),
        ("count_rows", ["table": "orders", "where": "note = 'x' || U&\"nextv\\0061l\"('counter')"]),
        ("count_rows", ["table": "orders", "where": "$é$ $é$ = ''); DELETE FROM orders; --"]),
        ("count_rows", ["table": "orders", "where": "true\r) UNION SELECT count(*) FROM log --"]),
        ("count_rows", ["table": "orders", "where": "true ORDER BY 1"]),
        ("count_rows", ["table": "orders", "where": "('counter'::regclass).nextval > 0"]),
        ("read_resource", ["uri": "pg://shop/public/orders'; DROP TABLE log; --"]),
        ("read_resource", ["uri": "pg://shop/../../etc/passwd"]),
        ("read_resource", ["uri": "file:///etc/passwd"]),
        ("read_resource", ["uri": "pg://postgres@localhost/schema"]),
    ]

    /// Calls that may answer, since names are only compared.
    static let lookups: [(tool: String, arguments: JSONObject)] = [
        ("get_schema_info", ["schema": "x' OR app.wipe() > 0 --"]),
        ("get_schema_info", ["pattern": "%'; DELETE FROM orders; --"]),
        ("get_schema_info", ["table": "orders'::regclass; DROP TABLE log"]),
        ("get_schema_info", ["schema": "app", "detail": "full"]),
        ("get_schema_info", ["schema": "app", "table": "file_program"]),
        ("get_schema_info", ["schema": "pg_catalog", "table": "pg_authid"]),
        ("list_databases", [:]), ("read_resource", [:]),
        ("read_resource", ["uri": "pg://shop/schema"]), ("read_resource", ["uri": "pg://bent/schema"]),
        ("read_resource", ["uri": "pg://shop/app/view_nextval"]),
        ("read_resource", ["uri": "pg://system_info"]),
        ("get_schema_info", ["database": "bent"]), ("get_schema_info", ["database": "bent", "pattern": "%order%"]),
        ("get_schema_info", ["database": "bent", "table": "orders"]),
        ("count_rows", ["database": "bent", "table": "customers"]),
    ]

    static func run(_ calls: [(tool: String, arguments: JSONObject)], as role: AttackRole, mayAnswer: Bool) async throws
    {
        let server = try await AttackedServer.shared(role)
        for (tool, arguments) in calls {
            do {
                let result = try await server.client.callTool(tool, arguments)
                #expect(mayAnswer || result.isError, "\(tool) \(arguments): \(result.text)")
                for canary in AttackedServer.canaries {
                    #expect(!result.text.contains(canary), "\(tool) \(arguments) shows \(canary)")
                }
            } catch is RPCError {
                // Refused by the protocol: an unknown argument, an unknown resource.
            }
            let (digest, difference) = try await server.world.compare(with: await server.tally.digest)
            #expect(difference.isEmpty, "\(tool) \(arguments): \(difference)")
            await server.tally.keep(digest: digest)
        }
        try await Hostile.compareAll(server, "at some call with arguments")
    }
}
