import MCPProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A client in one file: starts `agentd`, lists its tools, asks one question of the sample shop, and tries one thing that
/// must not work.
///
///     demo-client AGENTD [ARGUMENT…]
@main
struct Demo {
    static let question = "What sold best in 2025, and what do people think of it?"
    static let sql = """
        SELECT c.name AS category,
               sum(i.quantity) AS pieces,
               round(sum(i.quantity * i.unit_price * (1 - i.discount)), 2) AS revenue_eur,
               (SELECT round(avg(r.stars), 1)
                  FROM reviews r JOIN products q USING (product_id)
                 WHERE q.category_id = c.category_id) AS stars
          FROM orders o
          JOIN order_items i USING (order_id)
          JOIN products p USING (product_id)
          JOIN categories c USING (category_id)
         WHERE o.placed_at >= '2025-01-01' AND o.status NOT IN ('cancelled', 'returned')
         GROUP BY c.category_id
         ORDER BY revenue_eur DESC
         LIMIT 5
        """
    static let mischief = "WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone"

    static func main() async {
        do {
            try await show()
        } catch {
            Page.failure("\(error)")
            exit(1)
        }
    }

    private static func show() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let program = arguments.first else {
            throw DemoFailure("usage: demo-client AGENTD [ARGUMENT…]")
        }
        let server = try ChildProcess(program, Array(arguments.dropFirst()))
        let client = MCPClient(
            transport: server,
            options: ClientOptions(implementation: Implementation(name: "demo-client", version: "1")))
        do {
            try await run(client)
        } catch {
            await client.close()
            await server.waitForEnd()
            throw error
        }
        await client.close()
        let code = await server.waitForEnd()
        guard code == 0 else { throw DemoFailure("agentd ended with exit code \(code)") }
    }

    private static func run(_ client: MCPClient) async throws {
        let info = try await client.connect()
        let name = info.implementation.map { "\($0.name) \($0.version)" } ?? "the server"
        Page.heading("Connected to \(name), MCP \(info.protocolVersion.rawValue)")

        Page.heading("The tools that a model sees")
        let tools = try await client.listTools()
        let width = tools.map(\.name.count).max() ?? 0
        for tool in tools {
            Page.line(tool.name + String(repeating: " ", count: width - tool.name.count + 2) + tool.annotations.title)
        }

        Page.heading("A question")
        Page.line(question)
        Page.heading("The SQL that a model may write for it")
        Page.line(sql)

        let answer = try await client.callTool("query_database", ["query": .string(sql), "structured": true])
        guard !answer.isError, let table = Table(answer.structuredContent) else {
            throw DemoFailure("the question was not answered: \(answer.text)")
        }
        Page.heading("The answer")
        Page.line(table.description)

        Page.heading("And what must not happen")
        Page.line(mischief)
        Page.line("")
        let refusal = try await client.callTool("query_database", ["query": .string(mischief)])
        guard refusal.isError else { throw DemoFailure("a write was not refused") }
        Page.line(refusal.text)
    }
}

/// Why the demo did not show what it is for.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
