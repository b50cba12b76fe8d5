import AuthTokens
import MCPProtocol
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

/// The agent behind MCP, with a client of each era, every message held against the schemas where they are present.
@Suite("The agent over the wire")
struct ServiceWireTests {
    static let modes: [ClientMode] = [.modern, .legacy(.november2025), .legacy(.june2025)]

    private func connected<Value>(
        _ agent: AgentFixture, _ mode: ClientMode, _ body: (MCPClient) async throws -> Value
    ) async throws -> Value {
        let (serverEnd, clientEnd) = InMemoryTransport.pair()
        let recorded = RecordedTransport(serverEnd)
        let server = MCPServer(service: agent.service)
        let serving = Task { try await server.serve(recorded, caller: Principal.local) }
        let client = MCPClient(
            transport: clientEnd, options: ClientOptions(implementation: .init(name: "test", version: "1"), mode: mode))
        try await client.connect()
        let value = try await body(client)
        await client.close()
        try await serving.value
        #expect(recorded.problems.isEmpty, "\(recorded.problems)")
        return value
    }

    @Test("Everything that is listed can be used, in each era", arguments: modes)
    func everything(mode: ClientMode) async throws {
        try await AgentFixture.with { agent in
            try await connected(agent, mode) { client in
                #expect(client.server?.implementation?.name == "postgres-agent")
                #expect(client.server?.instructions?.contains("\"shop\"") == true)
                let tools = try await client.listTools()
                #expect(tools.map(\.name) == ToolCatalog.all.map(\.name))
                let arguments: [String: JSONObject] = [
                    "query_database": ["query": "SELECT 1 AS one", "structured": true],
                    "execute_explain": ["query": "SELECT 1"], "count_rows": ["table": "customers"],
                ]
                for tool in tools {
                    let result = try await client.callTool(tool.name, arguments[tool.name] ?? [:])
                    #expect(!result.isError, "\(tool.name): \(result.text)")
                    if let schema = tool.outputSchema {
                        let content = try #require(result.structuredContent)
                        #expect(JSONSchema(schema).problems(with: content) == [])
                    }
                    #expect(try await client.callTool(tool.name, ["nonsense": 1]).isError)
                }
                for resource in try await client.listResources() where !resource.uri.contains("down") {
                    #expect(try await client.readResource(resource.uri).count == 1)
                }
                #expect(try await client.listResourceTemplates().count == 3)
                for prompt in try await client.listPrompts() {
                    let values = Dictionary(
                        uniqueKeysWithValues: prompt.arguments.filter(\.required).map { ($0.name, "something") })
                    #expect(try await client.prompt(prompt.name, values).messages.count == 1)
                    if !values.isEmpty {
                        let error = await #expect(throws: RPCError.self) { try await client.prompt(prompt.name) }
                        #expect(error?.code == RPCError.invalidParams)
                    }
                }
                let names = try await client.complete(
                    CompletionRequest(
                        reference: .resource(ResourceURI.tableTemplate), argument: "table", value: "cust",
                        context: ["database": "shop", "schema": "public"]))
                #expect(names.values == ["customers"])
                let unknown = await #expect(throws: RPCError.self) { try await client.readResource("pg://shop/x/y") }
                #expect(unknown?.data?["uri"] == "pg://shop/x/y")
            }
        }
    }

    @Test("The whole list of tools stays under 16,000 bytes", arguments: modes)
    func size(mode: ClientMode) async throws {
        try await AgentFixture.with { agent in
            try await connected(agent, mode) { client in
                let list = try await client.send("tools/list")
                #expect(list.serialized().count < 8000)
                #expect((list["ttlMs"] != nil) == (mode == .modern))
            }
        }
    }

    @Test("A call that is cancelled ends its query on the server", arguments: modes)
    func cancel(mode: ClientMode) async throws {
        try await AgentFixture.with { agent in
            try await connected(agent, mode) { client in
                let marker = "cancelled \(mode)"
                let call = Task {
                    try await client.callTool("query_database", ["query": "SELECT pg_sleep(60) AS \"\(marker)\""])
                }
                let running = """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = '\(agent.database)' AND state = 'active'
                    AND query LIKE '%\(marker)%' AND pid <> pg_backend_pid()
                    """
                try await Self.until { try await agent.psql(running) == "1" }
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
                try await Self.until { try await agent.psql(running) == "0" }
                #expect(try await !client.callTool("query_database", ["query": "SELECT 1"]).isError)
            }
        }
    }

    @Test("A query that takes long tells of its progress, strictly rising", arguments: modes)
    func progress(mode: ClientMode) async throws {
        let reports = Progresses()
        try await AgentFixture.with { agent in
            try await connected(agent, mode) { client in
                let result = try await client.callTool("query_database", ["query": "SELECT pg_sleep(5)"]) {
                    reports.append($0)
                }
                #expect(!result.isError)
            }
        }
        let all = reports.all
        #expect(!all.isEmpty)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.progress < $1.progress })
        #expect(all.first?.message?.contains("no row yet") == true)
    }

    @Test("An unknown tool is -32602, not a result", arguments: modes)
    func unknownTool(mode: ClientMode) async throws {
        try await AgentFixture.with { agent in
            try await connected(agent, mode) { client in
                let error = await #expect(throws: RPCError.self) { try await client.callTool("nothing") }
                #expect(error?.code == RPCError.invalidParams)
            }
        }
    }

    /// Reports as they come.
    final class Progresses: Sendable {
        private let reports = Mutex<[Progress]>([])
        var all: [Progress] { reports.withLock { $0 } }
        func append(_ report: Progress) { reports.withLock { $0.append(report) } }
    }

    /// Waits until something holds; a test that waits in vain fails.
    static func until(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<1200 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("It did not happen within a minute")
    }
}
