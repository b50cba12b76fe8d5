import AgentCore
import MCPProtocol
import Testing

@testable import AgentServer

@Suite("Answers of the API", .timeLimit(.minutes(2)))
struct QueryAnswerTests {
    @Test("Values keep what they are: nothing is rounded, one type of the database is one type of JSON")
    func values() async throws {
        try await APIFixture.with { api in
            let reply = try await api.post(
                "/query",
                [
                    "sql": """
                    SELECT 9223372036854775807::bigint AS big, 1::bigint AS small, 0.1234567890123456789012::numeric AS exact,
                        'NaN'::numeric AS nan, 7::int AS int, 2::smallint AS short, 0.1::float8 AS double,
                        'Infinity'::float8 AS endless, true AS yes, NULL AS nothing, '' AS empty, '{"a": [1.50, 12345678901234567890]}'::jsonb AS object,
                        ARRAY[1,2] AS list, '\\x00ff'::bytea AS bytes, 'a' AS twice, 'b' AS twice, date '2026-01-31' AS day
                    """
                ])
            #expect(reply.status == 200)
            let row = try #require(reply["rows"]?[0]?.array)
            #expect(row[0] == "9223372036854775807" && row[1] == "1" && row[2] == "0.1234567890123456789012")
            #expect(row[3] == "NaN" && row[4] == 7 && row[5] == 2 && row[6] == 0.1 && row[7] == "Infinity")
            #expect(row[8] == true && row[9] == .null && row[10] == "")
            #expect(row[11].description == #"{"a":[1.50,12345678901234567890]}"#)
            #expect(row[12] == "{1,2}" && row[13] == "\\x00ff" && row[14] == "a" && row[15] == "b")
            let columns = try #require(reply["columns"]?.array)
            #expect(columns.map { $0["name"]?.string }.suffix(3) == ["twice", "twice", "day"])
            #expect(columns[0]["type"] == "bigint" && columns[2]["type"] == "numeric" && columns[16]["type"] == "date")
            #expect(reply["database"] == "shop" && reply["command"] == "SELECT" && reply["rowCount"] == 1)
            #expect(reply["truncated"] == false && reply["nextOffset"] == .null && reply["warnings"] == [])
        }
    }

    @Test("What was cut is said, with the next page")
    func pages() async throws {
        try await APIFixture.with { api in
            let sql = "SELECT id FROM sales.orders ORDER BY id"
            let first = try await api.post("/query", ["sql": .string(sql), "limit": 60])
            #expect(first["rowCount"] == 60 && first["truncated"] == true && first["nextOffset"] == 60)
            #expect(first["warnings"]?.array?.count == 1)
            let second = try await api.post("/query", ["sql": .string(sql), "limit": 60, "offset": 60])
            #expect(second["rowCount"] == 40 && second["truncated"] == false && second["rows"]?[0] == ["61"])
            let loose = try await api.post("/query", ["sql": "SELECT id FROM sales.orders", "limit": 1])
            #expect(loose["warnings"]?.array?.count == 2)
        }
    }

    @Test("The limit of the database holds, whatever a request asks for, and cut values are counted")
    func limits() async throws {
        try await APIFixture.with {
            $0.databases[0].limits.rows = 5
            $0.databases[0].limits.cellBytes = 10
        } _: { api in
            let rows = try await api.post("/query", ["sql": "SELECT * FROM generate_series(1, 9)", "limit": 1000])
            #expect(rows["rowCount"] == 5 && rows["truncated"] == true)
            let cut = try await api.post("/query", ["sql": "SELECT repeat('x', 100)"])
            #expect(cut["warnings"] == ["1 value is cut, and marked."])
        }
    }

    @Test("The list of databases says what the caller may do, and asks for states only when it is told to")
    func databases() async throws {
        try await APIFixture.with { api in
            let all = try #require(try await api.get("/databases", as: "writer")["databases"]?.array)
            #expect(all.map { $0["name"]?.string } == ["shop", "stock", "down"])
            #expect(all.map { $0["allowWrites"]?.bool } == [false, true, false])
            #expect(all.map { $0["mayWrite"]?.bool } == [false, true, false])
            #expect(all.map { $0["default"]?.bool } == [true, false, false])
            #expect(all.allSatisfy { $0["available"] == nil })
            let reader = try #require(try await api.get("/databases")["databases"]?.array)
            #expect(reader.map { $0["mayWrite"]?.bool } == [false, false, false])
            let states = try #require(try await api.get("/databases?state=true")["databases"]?.array)
            #expect(states.map { $0["available"]?.bool } == [true, true, false])
            #expect(states[0]["version"]?.string?.isEmpty == false && states[2]["problem"]?.string?.isEmpty == false)
            #expect(try await api.get("/databases", as: "elsewhere")["databases"] == [])
        }
    }

    @Test("The schema is what the resources of MCP show")
    func schema() async throws {
        try await APIFixture.with { api in
            let overview = try await api.get("/schema")
            let names = try #require(overview["schemas"]?.array).map { $0["name"]?.string }
            #expect(names == ["public", "sales"])
            #expect(overview["relations"]?.array?.contains { $0["name"] == "large_orders" } == true)
            let list = try await api.get("/schema?schema=sales&pattern=order")
            #expect(list["relations"]?.array?.map { $0["name"]?.string } == ["large_orders", "orders"])
            let table = try await api.get("/schema?schema=public&table=customers")
            let relation = try #require(table["relations"]?[0])
            #expect(relation["primaryKey"] == ["id"] && relation["comment"] == "Who buys")
            #expect(relation["columns"]?.array?.map { $0["name"]?.string } == ["id", "name", "email"])
            #expect(relation["referencedBy"]?.array?.count == 1)
            let missing = try await api.get("/schema?table=custmers")
            #expect(missing["detail"]?.string?.contains("customers") == true)
        }
    }

    @Test(
        "classify says what would become of a text on a database",
        arguments: [
            ("SELECT 1", "shop", "reader", "runs", nil),
            ("DELETE FROM notes", "shop", "writer", "refused", "not-a-read"),
            ("DELETE FROM notes", "stock", "writer", "asks", nil), ("SELECT 1", "stock", "writer", "runs", nil),
            ("DELETE FROM notes", "stock", "reader", "refused", "insufficient-scope"),
            ("SELECT risky()", "shop", "reader", "refused", "refused-function"),
            ("SELECT risky()", "stock", "writer", "asks", nil),
            ("SELECT 'a", "stock", "writer", "refused", "refused-write"),
            ("SELECT count(*) FROM customers", "down", "reader", "unknown", "database-unavailable"),
        ] as [(String, String, String, String, String?)])
    func decisions(sql: String, database: String, caller: String, decision: String, code: String?) async throws {
        try await APIFixture.with { api in
            let ask = {
                try await api.post("/classify", ["sql": .string(sql), "database": .string(database)], as: caller)
            }
            var reply = try await ask()
            // Who types does not wait long for the catalog, which is read meanwhile.
            for _ in 0..<20 where decision != "unknown" && reply["guard"]?["decision"] == "unknown" {
                reply = try await ask()
            }
            #expect(reply.status == 200)
            #expect(reply["guard"]?["decision"]?.string == decision, "\(reply.json)")
            #expect(reply["guard"]?["problem"]?["code"]?.string == code)
            if decision == "asks" { #expect(reply["guard"]?["kinds"]?.array?.isEmpty == false) }
        }
    }

    @Test("classify without a database connects to nothing and says what the classifier says")
    func classify() async throws {
        try await APIFixture.with { api in
            let reply = try await api.post("/classify", ["sql": "SELECT f(a) FROM t FOR UPDATE"])
            #expect(reply["readOnly"] == false && reply["reason"]?["code"] == "rowLock" && reply["guard"] == nil)
            #expect(reply["statements"]?[0]?["functions"]?[0]?["name"] == "f")
        }
    }

    @Test("A client that goes away ends its query on the database")
    func disconnect() async throws {
        try await APIFixture.with { api in
            func running(_ mark: String) async throws -> Bool {
                let count = try await api.psql(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = '\(api.database)' AND state = 'active'
                        AND pid <> pg_backend_pid() AND query LIKE '%\(mark)%'
                    """)
                return count != "0"
            }
            for round in 1...3 {
                let mark = "gone_\(round)"
                let waiting = Task { try await api.post("/query", ["sql": "SELECT pg_sleep(100) AS \(mark)"]) }
                while try await !running(mark) { try await Task.sleep(for: .milliseconds(10)) }
                waiting.cancel()
                while try await running(mark) { try await Task.sleep(for: .milliseconds(10)) }
                _ = await waiting.result
            }
            #expect(try await api.post("/query", ["sql": "SELECT 1"]).status == 200)
        }
    }

    @Test("A slow answer ends its connection, a quick one keeps it")
    func connections() async throws {
        try await APIFixture.with { api in
            let slow = try await api.post("/query", ["sql": "SELECT pg_sleep(0.3)"])
            #expect(slow.status == 200 && slow.field("Connection") == ["close"])
            _ = try await api.post("/query", ["sql": "SELECT 1"])
            let failing = try await api.post("/query", ["sql": "SELECT 1 / (SELECT count(*) - 1 FROM pg_sleep(0.3))"])
            #expect(failing.status == 422 && failing.field("Connection") == ["close"])
            #expect(try await api.post("/query", ["sql": "SELECT 1"]).status == 200)
        }
    }
}
