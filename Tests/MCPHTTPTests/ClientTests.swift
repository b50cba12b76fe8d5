@testable import MCPHTTP
import MCPProtocol
import NIOCore
import NIOPosix
import Synchronization
import Testing

private let clientModes: [ClientMode] = [.auto, .modern, .legacy(), .legacy(.june2025), .legacy(.march2025)]

@Suite("The client over HTTP", .timeLimit(.minutes(3)))
struct ClientTests {
    /// Runs a client against a server, and closes it.
    private func withClient<Value: Sendable>(
        _ server: TestServer, _ mode: ClientMode = .auto, options: HTTPTransportOptions = HTTPTransportOptions(),
        configure: (inout ClientOptions) -> Void = { _ in }, _ body: (MCPClient) async throws -> Value
    ) async throws -> Value {
        var clientOptions = ClientOptions(implementation: Implementation(name: "test", version: "1"), mode: mode)
        configure(&clientOptions)
        var options = options
        options.reconnectDelay = .milliseconds(10)
        let client = MCPClient(
            transport: try HTTPTransport(url: server.url, options: options), options: clientOptions)
        do {
            try await client.connect()
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }

    @Test("The whole surface in both eras", arguments: clientModes)
    func surface(mode: ClientMode) async throws {
        try await withServer { server async throws in
            try await withClient(server, mode) { client async throws in
                #expect(try await client.listTools().count == 11)
                #expect(try await client.callTool("echo", ["a": 1]).text == #"{"a":1}"#)
                #expect(try await client.readResource("shop://0").count == 1)
                #expect(try await client.prompt("greet").messages.count == 1)
                let seen = Mutex<[Double]>([])
                let result = try await client.callTool("talk") { progress in
                    seen.withLock { $0.append(progress.progress) }
                }
                #expect(result.text == "talked")
                #expect(seen.withLock { $0 } == [1, 2, 3])
                #expect(try await client.callTool("big", ["bytes": 3_000_000]).text.count == 3_000_000)
                await #expect(throws: RPCError.self) { try await client.callTool("nope") }
                await #expect(throws: RPCError.self) { try await client.readResource("shop://9") }
            }
            // The session was ended with the client.
            #expect(server.endpoint.sessionCount == 0)
        }
    }

    @Test("Probing finds the newest revision, and the older one where there is no other")
    func probing() async throws {
        try await withServer { server async throws in
            let version = try await withClient(server) { $0.server?.protocolVersion }
            #expect(version == .july2026)
        }
    }

    @Test("Arguments go into the headers that a tool asks for")
    func parameters() async throws {
        try await withServer { server async throws in
            try await withClient(server) { client async throws in
                _ = try await client.listTools()
                let arguments: JSONObject = ["region": "Zürich", "count": 42]
                #expect(try await client.callTool("routed", arguments).text == #"{"region":"Zürich","count":42}"#)
            }
        }
    }

    @Test("Questions are answered in both eras", arguments: clientModes)
    func questions(mode: ClientMode) async throws {
        if case .legacy(.march2025) = mode { return }
        try await withServer { server async throws in
            try await withClient(server, mode) {
                $0.onElicitation = { _ in .accept(["name": "Bo"]) }
            } _: { client async throws in
                #expect(try await client.callTool("ask").text == "Hello Bo")
            }
        }
    }

    @Test("A cancelled call is cancelled on the server", arguments: clientModes)
    func cancellation(mode: ClientMode) async throws {
        try await withServer { server async throws in
            try await withClient(server, mode) { client async throws in
                let call = Task { try await client.callTool("wait") }
                await server.service.log.wait(for: "started")
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
                await server.service.log.wait(for: "cancelled")
                #expect(try await client.callTool("echo").text == "{}")
            }
        }
    }

    @Test("Answers that come before anybody receives are kept, and handed over in order")
    func early() async throws {
        try await withServer { server async throws in
            let transport = try HTTPTransport(url: server.url)
            for number in 1...3 {
                let params: JSONObject = [
                    "name": "echo", "arguments": [:],
                    "_meta": [
                        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                        "io.modelcontextprotocol/clientCapabilities": [:],
                    ],
                ]
                let request = RPCRequest(id: RequestID(number), method: "tools/call", params: params)
                try await transport.send(RPCMessage.request(request).bytes)
            }
            let (ids, found) = AsyncStream<JSONValue>.makeStream()
            let running = Task {
                try await transport.run { frame in
                    guard case .message(let bytes) = frame, let answer = try? JSONValue.parse(bytes) else { return }
                    found.yield(answer["id"] ?? .null)
                }
                found.finish()
            }
            var iterator = ids.makeAsyncIterator()
            for number in 1...3 {
                let id = await iterator.next()
                #expect(id == RequestID(number).json)
            }
            transport.close()
            try await running.value
        }
    }

    @Test("A stream that was let go of is taken up again")
    func resumption() async throws {
        try await withServer(configuration: { $0.sessions.retryDelay = .milliseconds(20) }) { server async throws in
            try await withClient(server, .legacy()) { client async throws in
                #expect(try await client.callTool("release").text == "released")
            }
        }
    }

    @Test(
        "Changes arrive, on the stream of an older session and by a subscription",
        arguments: [ClientMode.modern, .legacy()])
    func changes(mode: ClientMode) async throws {
        try await withServer { server async throws in
            let (notifications, heard) = AsyncStream<String>.makeStream()
            try await withClient(server, mode) {
                $0.onNotification = { heard.yield($0.method) }
            } _: { client async throws in
                var iterator = notifications.makeAsyncIterator()
                let listening = Task {
                    if mode == .modern {
                        _ = try await client.send(
                            "subscriptions/listen", ["notifications": ["toolsListChanged": true]])
                    }
                }
                if mode == .modern {
                    #expect(await iterator.next() == "notifications/subscriptions/acknowledged")
                } else {
                    while server.endpoint.streamCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
                }
                server.endpoint.server.toolsChanged()
                #expect(await iterator.next() == "notifications/tools/list_changed")
                listening.cancel()
            }
        }
    }

    @Test("The token is sent with each request, and its absence is told with the challenge")
    func tokens() async throws {
        try await withServer(caller: tokenCaller) { server async throws in
            for mode in [ClientMode.auto, .legacy()] {
                try await withClient(server, mode, options: HTTPTransportOptions(token: "anna")) {
                    client async throws in
                    #expect(try await client.callTool("who").text == "anna")
                }
                for (token, challenge) in [(nil, "Bearer"), ("wrong", #"Bearer error="invalid_token""#)]
                    as [(String?, String)]
                {
                    let failure = await #expect(throws: HTTPFailure.self) {
                        try await withClient(server, mode, options: HTTPTransportOptions(token: { token })) { _ in }
                    }
                    #expect(failure?.status == 401)
                    #expect(failure?.challenge == challenge)
                    #expect(failure?.description.contains("wrong") == false)
                }
            }
            await #expect(throws: TransportError.self) {
                try await withClient(server, .auto, options: HTTPTransportOptions(token: "a\r\nX: 1")) { _ in }
            }
        }
    }

    @Test(
        "Addresses that cannot be, and tokens in clear text, are refused",
        arguments: [
            "ftp://localhost/mcp", "localhost/mcp", "", "http://user:secret@localhost/mcp", "http://local host/",
            "http://example.com/mcp",
        ])
    func addresses(url: String) {
        let error = #expect(throws: TransportError.self) {
            _ = try HTTPTransport(url: url, options: HTTPTransportOptions(token: "t"))
        }
        #expect(error?.description.contains("secret") == false)
    }

    @Test("A server that is not there is an error at once, not an older server")
    func absent() async throws {
        let port = try await withServer { server in server.port }
        let client = MCPClient(
            transport: try HTTPTransport(url: "http://127.0.0.1:\(port)/mcp"),
            options: ClientOptions(implementation: Implementation(name: "test", version: "1")))
        await #expect(throws: (any Error).self) { try await client.connect() }
        await client.close()
    }

    @Test("An ended session is told")
    func endedSession() async throws {
        try await withServer { server async throws in
            try await withClient(server, .legacy()) { client async throws in
                server.endpoint.endSessions()
                let failure = await #expect(throws: HTTPFailure.self) { try await client.callTool("echo") }
                #expect(failure?.isSessionEnd == true)
            }
        }
    }

    @Test(
        "Answers that are none end the call and not the process",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnope",
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {}\n\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: nothing\n\n",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "nonsense\r\n\r\n", "",
        ])
    func strangers(reply: String) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.pipeline.addHandler(CannedReply(reply: reply))
            }.bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        let client = MCPClient(
            transport: try HTTPTransport(url: "http://127.0.0.1:\(port)/mcp"),
            options: ClientOptions(implementation: Implementation(name: "test", version: "1"), mode: .modern))
        await #expect(throws: (any Error).self) { try await client.connect() }
        await client.close()
        try await channel.close().get()
    }
}

/// Answers whatever comes with the same text, and hangs up.
private final class CannedReply: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let reply: String

    init(reply: String) { self.reply = reply }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        channel.writeAndFlush(ByteBuffer(string: reply)).whenComplete { _ in channel.close(promise: nil) }
    }
}
