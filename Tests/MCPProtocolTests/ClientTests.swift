import MCPProtocol
import Synchronization
import TestSupport
import Testing

@Suite("Client and server")
struct ClientTests {
    private static let modes: [ClientMode] = [
        .auto, .modern, .legacy(.november2025), .legacy(.june2025), .legacy(.march2025), .legacy(.november2024),
    ]

    /// Connects a client to a server, and holds what both say against the schemas.
    private func withClient(
        _ mode: ClientMode, service: ShopService = ShopService(), _ configure: (inout ClientOptions) -> Void = { _ in },
        _ body: (MCPClient, MCPServer) async throws -> Void
    ) async throws {
        let (near, far) = InMemoryTransport.pair()
        let (clientEnd, serverEnd) = (RecordedTransport(near), RecordedTransport(far))
        var serverOptions = ServerOptions()
        serverOptions.sealer = OpenSealer()
        serverOptions.pageSize = 2
        serverOptions.grace = .zero
        let server = MCPServer(service: service, options: serverOptions)
        let serving = Task { try await server.serve(serverEnd) }
        var options = ClientOptions(implementation: Implementation(name: "test", version: "1"), mode: mode)
        configure(&options)
        let client = MCPClient(transport: clientEnd, options: options)
        try await client.connect()
        try await body(client, server)
        await client.close()
        try await serving.value
        #expect(clientEnd.problems == [])
        #expect(serverEnd.problems == [])
    }

    @Test("Everything can be listed, called, read, got and completed in every revision", arguments: modes)
    func features(mode: ClientMode) async throws {
        try await withClient(mode) { (client: MCPClient, _: MCPServer) async throws -> Void in
            let info = try #require(client.server)
            #expect(info.implementation?.name == "shop")
            #expect(info.instructions == "Ask away.")
            if case .legacy(let version) = mode {
                #expect(info.protocolVersion == version)
            } else {
                #expect(info.protocolVersion == .july2026)
            }
            #expect(try await client.listTools().map(\.name) == ShopService.tools)
            #expect(try await client.callTool("search", ["query": "q"]).text == "q 10")
            #expect(try await client.callTool("search", ["qery": "q"]).isError)
            #expect(try await client.listResources().count == 7)
            #expect(try await client.listResourceTemplates().map(\.uriTemplate) == ["shop://{id}"])
            #expect(try await client.readResource("shop://0").count == 2)
            #expect(try await client.listPrompts().first?.arguments.first?.required == true)
            #expect(try await client.prompt("greet", ["who": "Bo"]).messages.first?.content.text == "Greet Bo")
            let completion = try await client.complete(
                CompletionRequest(reference: .prompt("greet"), argument: "who", value: "x", context: ["a": "b"]))
            #expect(completion.values.count == 100)
            await #expect(throws: RPCError.self) { try await client.readResource("shop://nope") }
            await #expect(throws: RPCError.self) { try await client.callTool("nope") }
        }
    }

    @Test("Progress reaches its call", arguments: modes)
    func progress(mode: ClientMode) async throws {
        try await withClient(mode) { (client: MCPClient, _: MCPServer) async throws -> Void in
            let steps = Mutex<[Double]>([])
            let result = try await client.callTool("progress") { progress in
                steps.withLock { $0.append(progress.progress) }
            }
            #expect(result.text == "done")
            #expect(steps.withLock { $0 } == [1, 2, 3])
        }
    }

    @Test(
        "A person is asked by one handler in both eras",
        arguments: [ClientMode.modern, .legacy(.november2025), .legacy(.june2025)])
    func elicitation(mode: ClientMode) async throws {
        let setUp: (inout ClientOptions) -> Void = { options in
            options.onElicitation = { question in
                guard case .form(let form) = question, let field = form.fields.first else { return .cancel }
                return .accept([field.name: field.name == "n" ? 7 : "Bo"])
            }
        }
        try await withClient(mode, service: ShopService(), setUp) {
            (client: MCPClient, _: MCPServer) async throws -> Void in
            #expect(try await client.callTool("form").text == "Hello Bo")
            #expect(try await client.callTool("state").text == "7 7 {\"step\":2}")
        }
        try await withClient(mode) { (client: MCPClient, _: MCPServer) async throws -> Void in
            await #expect(throws: RPCError.self) { try await client.callTool("form") }
        }
    }

    @Test("A question that is answered at once is answered every time")
    func quickAnswers() async throws {
        let setUp: @Sendable (inout ClientOptions) -> Void = { options in
            options.requestTimeout = .seconds(60)
            options.onElicitation = { _ in .accept(["name": "Bo"]) }
        }
        // The more connections than processors, the more often one is held up between two lines.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    try await withClient(.legacy(.november2025), setUp) {
                        (client: MCPClient, _: MCPServer) async throws -> Void in
                        for _ in 0..<200 {
                            let result = try await client.callTool("form")
                            #expect(result.text == "Hello Bo")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A cancelled call throws, ends its handler, and leaves the connection usable", arguments: modes)
    func cancellation(mode: ClientMode) async throws {
        let service = ShopService()
        try await withClient(mode, service: service) { (client: MCPClient, _: MCPServer) async throws -> Void in
            let call = Task { try await client.callTool("sleep") }
            while !service.log.has("started") { await Task.yield() }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            while !service.log.has("cancelled") { await Task.yield() }
            #expect(try await client.callTool("search", ["query": "q"]).text == "q 10")
        }
    }

    @Test("A call in flight throws when the connection ends")
    func closing() async throws {
        let service = ShopService()
        try await withClient(.modern, service: service) { (client: MCPClient, _: MCPServer) async throws -> Void in
            let call = Task { try await client.callTool("sleep") }
            while !service.log.has("started") { await Task.yield() }
            await client.close()
            await #expect(throws: (any Error).self) { try await call.value }
        }
    }

    @Test("A server of the older era only is found out", arguments: [true, false])
    func probing(answers: Bool) async throws {
        let (near, far) = InMemoryTransport.pair()
        let older = Task {
            try await far.run { frame in
                guard case .message(let bytes) = frame, let message = try? JSONValue.parse(bytes),
                    let id = message["id"]
                else { return }
                let answer: JSONValue
                switch message["method"] {
                case "initialize":
                    answer = [
                        "protocolVersion": "2024-11-05", "capabilities": [:],
                        "serverInfo": ["name": "old", "version": "0"],
                    ]
                default:
                    // Some old servers keep silent about what they do not know.
                    guard answers else { return }
                    let error: JSONValue = ["code": -32601, "message": "?"]
                    try? far.post(JSONValue.object(["jsonrpc": "2.0", "id": id, "error": error]).serialized())
                    return
                }
                try? far.post(JSONValue.object(["jsonrpc": "2.0", "id": id, "result": answer]).serialized())
            }
        }
        var options = ClientOptions(implementation: Implementation(name: "test", version: "1"))
        options.probeTimeout = .milliseconds(50)
        let client = MCPClient(transport: near, options: options)
        #expect(try await client.connect().protocolVersion == .november2024)
        await client.close()
        _ = try await older.value
    }

    @Test("A child process is spoken to, and its end is noticed")
    func childProcess() async throws {
        // A server of one line: it answers `initialize` and ends.
        let answer =
            #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"#
            + #""serverInfo":{"name":"sh","version":"0"}}}"#
        let child = try ChildProcess("sh", ["-c", "read line; echo '\(answer)'; read line; exit 3"])
        let client = MCPClient(
            transport: child,
            options: ClientOptions(implementation: Implementation(name: "test", version: "1"), mode: .legacy()))
        #expect(try await client.connect().implementation?.name == "sh")
        await #expect(throws: (any Error).self) { try await client.listTools() }
        await client.close()
        #expect(await child.waitForEnd() == 3)
        #expect(throws: TransportError.self) { _ = try ChildProcess("/nonexistent/program") }
    }

    @Test("A subscription ends gracefully with the input, and an answer in flight is still given")
    func gracefulEnd() async throws {
        let (read, write) = try Pipe.make()
        let (back, answers) = try Pipe.make()
        let transport = RecordedTransport(try StdioTransport(input: read, output: answers, closesDescriptors: true))
        let serving = Task { try await MCPServer(service: ShopService()).serve(transport) }
        let listen = RawClient.request("subscriptions/listen", ["notifications": ["toolsListChanged": true]], id: "l")
        let call = RawClient.request("tools/call", ["name": "progress"], id: 2)
        await Pipe.write("\(listen)\n\(call)\n", to: write)
        Pipe.close(write)
        try await serving.value
        let messages = try await Pipe.readAll(back).split(separator: "\n").map { try JSONValue.parse(String($0)) }
        let end = try #require(messages.first { $0["id"] == "l" })
        #expect(end["result"]?["resultType"] == "complete")
        #expect(end["result"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "l")
        #expect(messages.contains { $0["id"] == 2 && $0["result"] != nil })
        #expect(transport.problems == [])
        Pipe.close(back)
    }
}
