@testable import MCPHTTP
import MCPProtocol
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// What a client sends, as text, so that nothing is put right on the way.
struct WireRequest: Sendable {
    var method = "POST"
    var path = "/mcp"
    var fields: [(String, String)]
    var body: [UInt8]

    static let standard = [
        ("Host", "127.0.0.1"), ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ]

    /// A POST of some text.
    static func post(_ body: String, _ fields: [(String, String)] = []) -> WireRequest {
        WireRequest(fields: standard + fields, body: Array(body.utf8))
    }

    /// A request of 2026-07-28 with everything that belongs to it.
    static func modern(
        _ method: String, _ params: JSONObject = [:], id: JSONValue = 1, capabilities: JSONValue = [:],
        meta: JSONObject = [:]
    ) -> WireRequest {
        var params = params
        var all = meta
        all["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"
        all["io.modelcontextprotocol/clientCapabilities"] = capabilities
        params["_meta"] = .object(all)
        let message: JSONValue = ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)]
        var fields = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)]
        if let name = (params["name"] ?? params["uri"])?.string { fields.append(("Mcp-Name", name)) }
        return post(message.description, fields)
    }

    /// A `tools/call` of 2026-07-28.
    static func call(
        _ tool: String, _ arguments: JSONObject = [:], id: JSONValue = 1, capabilities: JSONValue = [:],
        meta: JSONObject = [:]
    ) -> WireRequest {
        modern(
            "tools/call", ["name": .string(tool), "arguments": .object(arguments)], id: id, capabilities: capabilities,
            meta: meta)
    }

    /// A message of an older session.
    static func session(_ id: String?, _ message: JSONValue, version: String? = "2025-11-25") -> WireRequest {
        var fields: [(String, String)] = []
        if let id { fields.append(("Mcp-Session-Id", id)) }
        if let version { fields.append(("MCP-Protocol-Version", version)) }
        return post(message.description, fields)
    }

    /// A request without a body.
    static func bare(_ method: String, _ fields: [(String, String)] = []) -> WireRequest {
        WireRequest(
            method: method, fields: [("Host", "127.0.0.1"), ("Accept", "text/event-stream")] + fields, body: [])
    }

    /// With another value of a field, or without it.
    func with(_ name: String, _ value: String?) -> WireRequest {
        var copy = self
        copy.fields.removeAll { $0.0.lowercased() == name.lowercased() }
        if let value { copy.fields.append((name, value)) }
        return copy
    }

    /// With one more field.
    func adding(_ name: String, _ value: String) -> WireRequest {
        var copy = self
        copy.fields.append((name, value))
        return copy
    }

    var bytes: [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if method == "POST",
            !fields.contains(where: { ["content-length", "transfer-encoding"].contains($0.0.lowercased()) })
        {
            text += "Content-Length: \(body.count)\r\n"
        }
        return Array((text + "\r\n").utf8) + body
    }
}

/// What came back.
struct WireReply: Sendable {
    var status: Int
    var fields: [String: String]
    var body: [UInt8]

    var json: JSONValue? { try? JSONValue.parse(body) }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// The status and the code of the error, `-` without one.
    var outcome: String { "\(status) \(json?["error"]?["code"]?.description ?? "-")" }
    /// The status and the length of the body.
    var bare: String { "\(status) \(body.count)" }
    var isStream: Bool { fields["content-type"] == "text/event-stream" }

    /// The messages of the body, whether it is a stream or not.
    var messages: [JSONValue] {
        guard isStream else { return json.map { [$0] } ?? [] }
        return events.compactMap { $0.data }.filter { !$0.isEmpty }.compactMap { try? JSONValue.parse($0) }
    }

    var events: [ServerSentEvent] {
        var parser = ServerSentEventParser(maximumEventBytes: 100 << 20)
        var events: [ServerSentEvent] = []
        try? parser.feed(body) { events.append($0) }
        return events
    }
}

/// A connection of a client that sends bytes as they are.
final class RawConnection: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
        var events: [ServerSentEvent] = []
        var parser = ServerSentEventParser(maximumEventBytes: 100 << 20)
    }

    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let state = Mutex(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            wake { $0.bytes.append(contentsOf: buffer.readableBytesView) }
        }

        func channelInactive(context: ChannelHandlerContext) { wake { $0.isClosed = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func wake(_ change: (inout State) -> Void) {
            let waiting = state.withLock { state in
                change(&state)
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume()
        }
    }

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameter reads: false makes a client that never reads, with a small window.
    static func open(port: Int, reads: Bool = true) async throws -> RawConnection {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.autoRead, value: reads)
        if !reads { bootstrap = bootstrap.channelOption(ChannelOptions.socketOption(.so_rcvbuf), value: 4096) }
        let channel = try await bootstrap.channelInitializer { channel in
            channel.pipeline.addHandler(inbox)
        }.connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel: channel, inbox: inbox)
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func send(_ request: WireRequest) async throws { try await send(request.bytes) }

    func close() async { try? await channel.close().get() }

    /// Waits until something can be taken from what came; `nil` when the server closed and nothing can.
    private func take<Value: Sendable>(_ look: @Sendable (inout State) -> Value?) async -> Value? {
        while true {
            let (found, isClosed) = inbox.state.withLock { state in (look(&state), state.isClosed) }
            if let found { return found }
            if isClosed { return inbox.state.withLock { look(&$0) } }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let ready = inbox.state.withLock { state in
                    // What came in between is looked at above.
                    if state.isClosed || look(&state) != nil { return true }
                    state.waiting = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        }
    }

    /// Waits for the head of a response.
    func head() async throws -> WireReply {
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        let length = await take { state in Self.find(end, in: state.bytes).map { $0 + 4 } }
        guard let length else { throw TransportError.closed }
        let head = inbox.state.withLock { state in
            defer { state.bytes.removeFirst(length) }
            return String(decoding: state.bytes[..<length], as: UTF8.self)
        }
        let lines = head.split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count >= 2, let status = Int(first[1]) else {
            throw TransportError("no response: \(head)")
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? HeaderValue.trim(String(parts[1])) : ""
        }
        return WireReply(status: status, fields: fields, body: [])
    }

    /// Waits for a whole response.
    func reply() async throws -> WireReply {
        var reply = try await head()
        if reply.fields["transfer-encoding"] == "chunked" {
            while let chunk = await chunk() { reply.body += chunk }
        } else if let length = reply.fields["content-length"].flatMap(Int.init), length > 0 {
            let body = await take { state in state.bytes.count >= length ? length : nil }
            guard body != nil else { throw TransportError.closed }
            reply.body = inbox.state.withLock { state in
                defer { state.bytes.removeFirst(length) }
                return Array(state.bytes[..<length])
            }
        }
        return reply
    }

    /// Waits for the next piece of a streamed body; `nil` at its end, or when the connection breaks.
    func chunk() async -> [UInt8]? {
        let range = await take { state -> Range<Int>? in
            guard let line = Self.find([13, 10], in: state.bytes),
                let size = Int(String(decoding: state.bytes[..<line], as: UTF8.self), radix: 16),
                state.bytes.count >= line + 2 + size + 2
            else { return nil }
            return line + 2..<line + 2 + size
        }
        guard let range else { return nil }
        let bytes = inbox.state.withLock { state in
            defer { state.bytes.removeFirst(range.upperBound + 2) }
            return Array(state.bytes[range])
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Waits for the next event of a stream; `nil` at its end.
    func event() async -> ServerSentEvent? {
        while true {
            let ready = inbox.state.withLock { $0.events.isEmpty ? nil : $0.events.removeFirst() }
            if let ready { return ready }
            guard let bytes = await chunk() else { return nil }
            inbox.state.withLock { state in
                var events: [ServerSentEvent] = []
                try? state.parser.feed(bytes) { events.append($0) }
                state.events += events
            }
        }
    }

    /// Waits for the next message of a stream.
    func message() async -> JSONValue? {
        while let event = await event() {
            if let data = event.data, !data.isEmpty { return try? JSONValue.parse(data) }
        }
        return nil
    }

    /// Waits until the server closes the connection.
    func untilClosed() async {
        _ = await take { state in state.isClosed ? true : nil }
    }

    /// Starts reading what was held up, and counts until the end.
    func drain() async throws -> Int {
        try await channel.setOption(ChannelOptions.autoRead, value: true).get()
        channel.read()
        await untilClosed()
        return inbox.state.withLock { $0.bytes.count }
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        return (0...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
    }
}

/// How messages depart from the schemas of a revision; empty where the schemas are not present.
func problems(_ messages: [JSONValue], _ version: ProtocolVersion, answering method: String?) -> [String] {
    messages.flatMap { message in
        WireSchemas.problems(with: message, version: version, answering: message["method"] == nil ? method : nil)
            .map { "\($0) in \(message)" }
    }
}
