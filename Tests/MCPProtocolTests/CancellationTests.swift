import MCPProtocol
import Synchronization
import Testing

/// A way that takes its time before it hands the messages of one method on.
private struct SlowTransport: Transport {
    let base: InMemoryTransport
    var method: JSONValue = "tools/call"
    /// Whether a cancellation ends the wait, and with it the sending.
    let hearsCancellation: Bool
    let began: AsyncStream<Void>.Continuation

    func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws { try await base.run(receive) }

    func send(_ message: [UInt8]) async throws {
        let value = try JSONValue.parse(message)
        if value["method"] == method {
            began.yield()
            // One that is not cancelled has to end by itself.
            let wait = Task { try await Task.sleep(for: hearsCancellation ? .seconds(60) : .milliseconds(50)) }
            try await withTaskCancellationHandler {
                try await wait.value
            } onCancel: {
                if hearsCancellation { wait.cancel() }
            }
        }
        try await base.send(message)
    }

    func post(_ message: [UInt8]) throws { try base.post(message) }

    func close() { base.close() }
}

/// A server of the older era that answers `initialize`, if it may, and nothing else.
private final class SilentServer: Sendable {
    private let end: InMemoryTransport
    private let answers: Bool
    private let state = Mutex<[JSONValue]>([])

    init(_ end: InMemoryTransport, answers: Bool) {
        self.end = end
        self.answers = answers
    }

    /// What it was sent.
    var messages: [JSONValue] { state.withLock { $0 } }
    var methods: [String] { messages.compactMap { $0["method"]?.string } }

    func run() async throws {
        try await end.run { [self] frame in
            guard case .message(let bytes) = frame, let message = try? JSONValue.parse(bytes) else { return }
            state.withLock { $0.append(message) }
            guard answers, message["method"] == "initialize", let id = message["id"] else { return }
            let result: JSONValue = [
                "protocolVersion": "2025-11-25", "capabilities": [:], "serverInfo": ["name": "silent", "version": "0"],
            ]
            try? end.post(JSONValue.object(["jsonrpc": "2.0", "id": id, "result": result]).serialized())
        }
    }
}

@Suite("What a client gives up", .timeLimit(.minutes(1)))
struct CancellationTests {
    private static let options = ClientOptions(
        implementation: Implementation(name: "test", version: "1"), mode: .legacy())

    @Test("A cancellation never overtakes its request", arguments: [true, false])
    func order(hearsCancellation: Bool) async throws {
        let (near, far) = InMemoryTransport.pair()
        let server = SilentServer(far, answers: true)
        let serving = Task { try await server.run() }
        let (sending, began) = AsyncStream<Void>.makeStream()
        let transport = SlowTransport(base: near, hearsCancellation: hearsCancellation, began: began)
        let client = MCPClient(transport: transport, options: Self.options)
        try await client.connect()

        let call = Task { try await client.callTool("sleep") }
        var iterator = sending.makeAsyncIterator()
        _ = await iterator.next()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        while !server.methods.contains("notifications/cancelled") { try await Task.sleep(for: .milliseconds(5)) }
        // Nobody can tell how much of a message got out whose sending was cancelled, so the server is told all the same.
        let seen = hearsCancellation ? ["notifications/cancelled"] : ["tools/call", "notifications/cancelled"]
        #expect(server.methods == ["initialize", "notifications/initialized"] + seen)

        // At once, which may be before anything is sent.
        for _ in 0..<20 {
            let call = Task { try await client.callTool("sleep") }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
        try await Task.sleep(for: .milliseconds(200))
        await client.close()
        try await serving.value
        let messages = server.messages
        for (place, message) in messages.enumerated() where message["method"] == "tools/call" {
            let isCancelledBefore = messages[..<place].contains { $0["params"]?["requestId"] == message["id"] }
            #expect(!isCancelledBefore)
        }
        for (place, message) in messages.enumerated() where message["method"] == "notifications/cancelled" {
            let isKnown = messages[..<place].contains { $0["id"] == message["params"]?["requestId"] }
            #expect(isKnown || hearsCancellation)
        }
    }

    @Test("The withdrawal of a question never overtakes the question")
    func question() async throws {
        let (sending, began) = AsyncStream<Void>.makeStream()
        let client = RawClient(over: {
            SlowTransport(base: $0, method: "elicitation/create", hearsCancellation: false, began: began)
        })
        try await client.initialize("2025-06-18", capabilities: ["elicitation": [:]])
        try client.send(["jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": ["name": "form"]])
        var iterator = sending.makeAsyncIterator()
        _ = await iterator.next()
        try client.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#)
        let withdrawal = await client.next { $0["method"] == "notifications/cancelled" }
        let question = client.received.first { $0["method"] == "elicitation/create" }
        #expect(question?["id"] != nil && withdrawal["params"]?["requestId"] == question?["id"])
        await client.finish()
    }

    @Test("A question that is not answered in time is withdrawn")
    func lateAnswer() async throws {
        let client = RawClient { $0.questionTimeout = .milliseconds(500) }
        try await client.initialize("2025-06-18", capabilities: ["elicitation": [:]])
        try client.send(["jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": ["name": "form"]])
        let question = await client.next { $0["method"] == "elicitation/create" }
        let withdrawal = await client.next { $0["method"] == "notifications/cancelled" }
        #expect(withdrawal["params"]?["requestId"] == question["id"])
        #expect(await client.next { $0["id"] == 5 }["error"]?["code"] == -32603)
        await client.finish()
    }

    @Test("A time-out of next to nothing ends a request all the same")
    func shortTimeout() async throws {
        var options = Self.options
        options.requestTimeout = .nanoseconds(1)
        for _ in 0..<100 {
            let (near, far) = InMemoryTransport.pair()
            let server = SilentServer(far, answers: false)
            let serving = Task { try await server.run() }
            let client = MCPClient(transport: near, options: options)
            await #expect(throws: ClientError.timeout) { try await client.connect() }
            await client.close()
            try await serving.value
        }
    }

    @Test("An initialize that is given up is not cancelled, since MCP forbids it")
    func initialize() async throws {
        let (near, far) = InMemoryTransport.pair()
        let server = SilentServer(far, answers: false)
        let serving = Task { try await server.run() }
        var options = Self.options
        options.requestTimeout = .milliseconds(50)
        let client = MCPClient(transport: near, options: options)
        await #expect(throws: ClientError.timeout) { try await client.connect() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(!server.methods.contains("notifications/cancelled"))
        await client.close()
        try await serving.value
    }
}
