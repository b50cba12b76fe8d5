import MCPProtocol
import NIOCore
import NIOPosix
import Synchronization

/// A request as it arrived.
struct ReceivedRequest: Sendable {
    var method: String
    var target: String
    var fields: [String: String]
    var body: [UInt8]

    var json: JSONValue? { try? JSONValue.parse(body) }
}

/// One request and its connection, to be answered byte by byte. The connection closes when its script returns.
final class ServedExchange: Sendable {
    /// Which request of the server it is, from 1.
    let number: Int
    let request: ReceivedRequest
    private let channel: any Channel
    private let incoming: AsyncStream<[UInt8]>

    init(number: Int, request: ReceivedRequest, channel: any Channel, incoming: AsyncStream<[UInt8]>) {
        self.number = number
        self.request = request
        self.channel = channel
        self.incoming = incoming
    }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends the head of a response whose body follows in chunks.
    func head(_ status: Int = 200, type: String = "application/json", _ fields: [String] = []) async throws {
        let lines = ["HTTP/1.1 \(status) Status", "Content-Type: \(type)", "Transfer-Encoding: chunked"] + fields
        try await send((lines + ["Connection: close", "", ""]).joined(separator: "\r\n"))
    }

    /// Sends a piece of the body, which the client's parser hands on as a piece.
    func chunk(_ bytes: some Collection<UInt8>) async throws {
        guard !bytes.isEmpty else { return }
        try await send(Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [13, 10])
    }

    func chunk(_ text: String) async throws { try await chunk(Array(text.utf8)) }

    /// Ends the body.
    func end() async throws { try await send("0\r\n\r\n") }

    /// Sends a whole response.
    func reply(
        _ status: Int, type: String = "application/json", _ fields: [String], _ body: String
    ) async throws {
        try await head(status, type: type, fields)
        try await chunk(body)
        try await end()
    }

    func reply(_ status: Int, _ body: String) async throws { try await reply(status, [], body) }

    func reply(type: String = "application/json", _ body: String) async throws {
        try await reply(200, type: type, [], body)
    }

    /// Waits until the client has closed the connection.
    func closed() async { for await _ in incoming {} }
}

/// An HTTP server in the test process whose every byte the test decides.
final class ModelServer: Sendable {
    typealias Script = @Sendable (ServedExchange) async throws -> Void

    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let bytes: AsyncStream<[UInt8]>
        private let put: AsyncStream<[UInt8]>.Continuation

        init() { (bytes, put) = AsyncStream.makeStream() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            put.yield(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { put.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private let received: Mutex<[ReceivedRequest]>
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [ReceivedRequest] { received.withLock { $0 } }

    private init(channel: any Channel, received: Received) throws {
        self.channel = channel
        self.received = Mutex([])
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        self.port = port
        received.server.withLock { $0 = self }
    }

    /// Lets the handlers of connections find the server.
    private final class Received: Sendable {
        let server = Mutex<ModelServer?>(nil)
        func add(_ request: ReceivedRequest) -> Int {
            server.withLock { $0 }?.received.withLock {
                $0.append(request)
                return $0.count
            } ?? 0
        }
    }

    /// Runs a server around a test.
    static func with<Result>(
        _ script: @escaping Script, _ body: (ModelServer) async throws -> Result
    ) async throws -> Result {
        let received = Received()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                let inbox = Inbox()
                return channel.pipeline.addHandler(inbox).map {
                    Task {
                        defer { channel.close(promise: nil) }
                        guard let request = await Self.read(inbox.bytes) else { return }
                        let exchange = ServedExchange(
                            number: received.add(request), request: request, channel: channel, incoming: inbox.bytes)
                        try? await script(exchange)
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = try ModelServer(channel: channel, received: received)
        defer {
            received.server.withLock { $0 = nil }
            channel.close(promise: nil)
        }
        return try await body(server)
    }

    private static func read(_ incoming: AsyncStream<[UInt8]>) async -> ReceivedRequest? {
        var bytes: [UInt8] = []
        for await piece in incoming {
            bytes += piece
            if let request = parse(bytes) { return request }
        }
        return nil
    }

    private static func parse(_ bytes: [UInt8]) -> ReceivedRequest? {
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4,
            let head = (0...(bytes.count - 4)).first(where: { bytes[$0..<($0 + 4)].elementsEqual(end) })
        else { return nil }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let first = lines[0].split(separator: " ").map(String.init)
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let body = Array(bytes[(head + 4)...])
        guard body.count >= fields["content-length"].flatMap(Int.init) ?? 0, first.count == 3 else { return nil }
        return ReceivedRequest(method: first[0], target: first[1], fields: fields, body: body)
    }
}
