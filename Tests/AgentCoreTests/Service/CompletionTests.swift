import AuthTokens
import MCPProtocol
import TestSupport
import Testing

@testable import AgentCore

@Suite("Completion")
struct CompletionTests {
    private static let table = ResourceURI.tableTemplate

    private func complete(
        _ reference: CompletionRequest.Reference, _ argument: String, _ value: String,
        _ context: [String: String] = [:],
        of agent: AgentFixture
    ) async throws -> Completion {
        try await agent.service.complete(
            CompletionRequest(reference: reference, argument: argument, value: value, context: context),
            context: .local(caller: Principal.local))
    }

    @Test("Databases, schemas and tables complete the variables of templates and the arguments of prompts")
    func names() async throws {
        try await AgentFixture.with { agent in
            let table = CompletionRequest.Reference.resource(Self.table)
            #expect(try await complete(table, "database", "sh", of: agent).values == ["shop"])
            #expect(
                try await complete(.prompt("explore-database"), "database", "", of: agent).values == ["shop", "down"])
            let schemas = try await complete(table, "schema", "", ["database": "shop"], of: agent)
            #expect(schemas.values == ["public", "sales"])
            #expect(schemas.total == 2 && !schemas.hasMore)
            let inSchema = ["database": "shop", "schema": "sales"]
            #expect(try await complete(table, "table", "or", inSchema, of: agent).values == ["orders"])
            #expect(
                try await complete(table, "table", "rder", inSchema, of: agent).values == ["open_orders", "orders"])
            #expect(try await complete(table, "table", "%", inSchema, of: agent).values.isEmpty)
            #expect(try await complete(.prompt("diagnose-query-issue"), "issue", "x", of: agent).values.isEmpty)
            #expect(try await complete(.resource("pg://databases"), "x", "", of: agent).values.isEmpty)
        }
    }

    @Test("More than a hundred names are cut, with their number")
    func many() async throws {
        let sql = "DO $$ BEGIN FOR n IN 1..120 LOOP EXECUTE format('CREATE TABLE sales.t%s ()', n); END LOOP; END $$;\n"
        try await AgentFixture.with(sql: sql) { agent in
            let names = try await complete(
                .resource(Self.table), "table", "t", ["database": "shop", "schema": "sales"], of: agent)
            #expect(names.values.count == 100)
            #expect(names.total == 120)
            #expect(names.hasMore)
        }
    }

    @Test("A database that is down or does not exist gives no names and no error", arguments: ["down", "nothing"])
    func down(database: String) async throws {
        try await AgentFixture.with { agent in
            let names = try await complete(.resource(Self.table), "table", "", ["database": database], of: agent)
            #expect(names.values.isEmpty && !names.hasMore)
        }
    }

    @Test("What does not exist is -32602")
    func unknown() async throws {
        try await AgentFixture.with { agent in
            let requests: [(CompletionRequest.Reference, String)] = [
                (.prompt("nothing"), "x"), (.prompt("explore-database"), "x"), (.resource("pg://{x}"), "x"),
                (.resource(Self.table), "column"), (.resource(ResourceURI.schemaTemplate), "table"),
            ]
            for (reference, argument) in requests {
                let error = await #expect(throws: RPCError.self) {
                    try await complete(reference, argument, "", of: agent)
                }
                #expect(error?.code == RPCError.invalidParams)
            }
        }
    }
}
