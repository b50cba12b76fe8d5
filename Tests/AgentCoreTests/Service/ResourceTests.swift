import AuthTokens
import MCPProtocol
import TestSupport
import Testing

@testable import AgentCore

@Suite("Resources")
struct ResourceTests {
    private func read(_ uri: String, of agent: AgentFixture) async throws -> JSONValue {
        let reading = try await agent.service.readResource(uri, context: .local(caller: Principal.local))
        #expect(reading.scope == .private_)
        #expect(reading.ttl > .zero)
        let contents = try #require(reading.contents.first)
        #expect(reading.contents.count == 1)
        #expect(contents.uri == uri)
        #expect(contents.mimeType == "application/json")
        guard case .text(let text) = contents.body else { throw AgentFixture.Unexpected(what: "a blob") }
        return try JSONValue.parse(text)
    }

    @Test("Two resources for all databases and two for each are listed, and three templates")
    func list() async throws {
        try await AgentFixture.with { agent in
            let context = RequestContext.local(caller: Principal.local)
            let resources = try await agent.service.resources(context)
            #expect(
                resources.items.map(\.uri) == [
                    "pg://system_info", "pg://databases", "pg://shop/system_info", "pg://shop/schema",
                    "pg://down/system_info", "pg://down/schema",
                ])
            #expect(resources.scope == .private_)
            #expect(resources.items.allSatisfy { $0.mimeType == "application/json" && $0.description != nil })
            let templates = try await agent.service.resourceTemplates(context)
            #expect(
                templates.items.map(\.uriTemplate) == [
                    "pg://{database}/system_info", "pg://{database}/schema", "pg://{database}/{schema}/{table}",
                ])
            #expect(try await agent.agent.service.resources(.local()).items.map(\.uri) == ["pg://databases"])
        }
    }

    @Test(
        "The system information has the members of the interface",
        arguments: ["pg://system_info", "pg://shop/system_info"])
    func systemInfo(uri: String) async throws {
        try await AgentFixture.with { agent in
            let info = try await read(uri, of: agent)
            for key in [
                "postgresql_version", "version_number", "operating_system", "architecture", "compiler", "bit_version",
                "database", "user", "host", "port", "connection_name", "allow_writes", "in_recovery", "privileges",
            ] {
                #expect(info[key] != nil, "\(key)")
            }
            #expect(info["database"] == .string(agent.database))
            #expect(info["connection_name"] == "shop")
            #expect(info["allow_writes"] == false)
            #expect(info["privileges"]?["superuser"] == true)
            #expect(info["privileges"]?["least"] == false)
        }
    }

    @Test("The databases are told with their state")
    func databases() async throws {
        try await AgentFixture.with { agent in
            let databases = try await read("pg://databases", of: agent)["databases"]
            #expect(databases?[0]?["available"] == true)
            #expect(databases?[1]?["available"] == false)
        }
    }

    @Test("The schema of a database lists its relations with estimates")
    func schema() async throws {
        try await AgentFixture.with { agent in
            let schema = try await read("pg://shop/schema", of: agent)
            #expect(schema["schemas"]?.array?.compactMap { $0["name"]?.string } == ["public", "sales"])
            let relations = schema["relations"]?.array ?? []
            let orders = try #require(relations.first { $0["name"] == "orders" })
            #expect(orders["estimatedRows"] == 100)
            #expect(orders["kind"] == "table")
            #expect(schema["truncated"] == false)
            #expect(relations.first { $0["name"] == "customers" }?["comment"] == "Who buys")
        }
    }

    @Test("A table is described; its name is percent-decoded")
    func table() async throws {
        try await AgentFixture.with { agent in
            let orders = try await read("pg://shop/sales/orders", of: agent)
            #expect(orders["primaryKey"] == ["id"])
            #expect(orders["foreignKeys"]?[0]?["references"]?["table"] == "customers")
            #expect(orders["columns"]?.array?.map { $0["name"] } == ["id", "customer_id", "total", "placed", "status"])
            #expect(orders["columns"]?[2]?["type"] == "numeric(10,2)")
            #expect(orders["constraints"]?[0]?["definition"]?.string?.contains("status") == true)
            #expect(orders["indexes"]?.array?.count == 2)
            let odd = try await read("pg://shop/public/Odd%20%2F%20n%C3%A4me", of: agent)
            #expect(odd["name"] == "Odd / näme")
            let view = try await read("pg://shop/sales/open_orders", of: agent)
            #expect(view["viewDefinition"]?.string?.contains("orders") == true)
        }
    }

    @Test(
        "What does not exist is -32602 with the address",
        arguments: [
            "pg://shop/sales/nothing", "pg://shop/nothing/orders", "pg://nothing/schema", "pg://shop/sales/../orders",
            "pg://shop/sales/%2e%2e", "pg://shop/sales/%zz", "pg://shop", "file:///etc/passwd", "",
        ])
    func unknown(uri: String) async throws {
        try await AgentFixture.with { agent in
            let error = await #expect(throws: RPCError.self) { try await read(uri, of: agent) }
            #expect(error?.code == RPCError.invalidParams)
            #expect(error?.data?["uri"] == .string(uri))
        }
    }

    @Test("A database that is down is an error without its host, and no other database's concern")
    func down() async throws {
        try await AgentFixture.with { agent in
            let error = await #expect(throws: RPCError.self) { try await read("pg://down/schema", of: agent) }
            #expect(error?.code == RPCError.internalError)
            #expect(error?.message.contains("not available") == true)
            #expect(error?.message.contains("127.0.0.1") == false)
        }
    }

    @Test("A schema of thousands of tables is summarised and says so")
    func huge() async throws {
        let sql = """
            DO $$ BEGIN FOR n IN 1..2010 LOOP EXECUTE format('CREATE TABLE sales.t%s ()', n); END LOOP; END $$;

            """
        try await AgentFixture.with(sql: sql) { agent in
            let schema = try await read("pg://shop/schema", of: agent)
            #expect(schema["relations"]?.array?.count == 2000)
            #expect(schema["truncated"] == true)
            #expect(schema["note"]?.string?.contains("2000") == true)
            let result = try await agent.call("get_schema_info")
            #expect(result.text.contains("NOT ALL"))
            #expect(result.text.contains("sales\t2012"))
            #expect(result.text.utf8.count < 70_000)
            #expect(result.structuredContent?["truncated"] == true)
            let narrowed = try await agent.call("get_schema_info", ["pattern": "t199?"])
            #expect(narrowed.structuredContent?["relations"]?.array?.count == 10)
        }
    }

    @Test("The tool without an address lists resources and templates, and reads what it lists")
    func tool() async throws {
        try await AgentFixture.with { agent in
            let list = try await agent.call("read_resource")
            #expect(
                list.text.contains("pg://system_info\t") && list.text.contains("pg://{database}/{schema}/{table}\t"))
            let info = try await agent.call("read_resource", ["uri": "pg://shop/system_info"])
            let document = try JSONValue.parse(ToolCallTests.framed(info.text).joined())
            #expect(document["connection_name"] == "shop")
            let bad = try await agent.call("read_resource", ["uri": "pg://shop/sales/nothing"])
            #expect(bad.isError && bad.text.contains("without uri"))
        }
    }
}
