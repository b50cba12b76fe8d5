import PGConnector
import TestSupport
import Testing

@testable import AgentCore

/// Ways around the guard that only the library's own entries have. The statements of "Known ways around" are in
/// `Tests/AttackTests/Corpus/Hostile`, and run over MCP.
@Suite("Known ways around the guard", .serialized)
struct GuardKnownWaysAroundTests {
    static let shop = Result {
        try ShopDatabase.make(extensions: ["dblink", "tablefunc", "xml2", "pageinspect"])
    }

    @Test(
        "A condition of count_rows cannot leave its parentheses",
        arguments: [
            "1=1; DELETE FROM orders", "1=1) UNION SELECT 1 FROM pg_authid WHERE (1=1", "true) --", "true /*",
            "audit('x') = 'x'", "id = (SELECT nextval('counter'))", "EXISTS (SELECT FROM pg_authid)", "'open",
            "true) FOR UPDATE --", "id IN (WITH x AS (DELETE FROM orders RETURNING id) SELECT id FROM x)", "",
        ])
    func condition(_ condition: String) async throws {
        let shop = try Self.shop.get()
        let before = try await shop.state()
        let ending = await Ending {
            try await shop.database.count(schema: "public", table: "orders", where: condition)
        }
        #expect(condition.isEmpty ? ending == .answered(rows: 1) : ending.isRefusal, "\(condition): \(ending)")
        #expect(try await shop.state() == before)
    }

    @Test(
        "A name of a table is quoted, whatever it holds",
        arguments: [
            "orders; DELETE FROM orders", "orders\" WHERE audit('x') = 'x", "(SELECT 1)", "pg_authid", "",
        ])
    func tableName(_ table: String) async throws {
        let shop = try Self.shop.get()
        let before = try await shop.state()
        let ending = await Ending { try await shop.database.count(schema: nil, table: table, where: nil) }
        if case .answered = ending { Issue.record("\(table) was counted") }
        #expect(try await shop.state() == before)
    }

    @Test("A refusal names what was found, where, and the setting that would allow it")
    func refusalText() async throws {
        let shop = try Self.shop.get()
        let failure = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(QueryRequest(sql: "SELECT 1,\n  audit('x')"))
        }
        let text = try #require(failure?.description)
        #expect(text.contains("public.audit(text)"))
        #expect(text.contains("line 2, column 3"))
        #expect(text.contains("LINE 2:   audit('x')\n          ^"))
        #expect(text.contains("allow_functions: [public.audit]"))
    }
}
