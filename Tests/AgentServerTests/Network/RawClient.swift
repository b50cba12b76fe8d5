import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A client that sends bytes as they are, in the clear or over TLS.
final class RawClient: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let state = Mutex(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            change { $0.bytes.append(contentsOf: buffer.readableBytesView) }
        }

        func channelInactive(context: ChannelHandlerContext) { change { $0.isClosed = true } }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed { change { $0.isClosed = true } }
            context.fireUserInboundEventTriggered(event)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func change(_ body: (inout State) -> Void) {
            let waiting = state.withLock { state in
                body(&state)
                defer { state.waiting = [] }
                return state.waiting
            }
            for one in waiting { one.resume() }
        }
    }

    /// What came back.
    struct Reply: Sendable {
        var status: Int
        var fields: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let channel: any Channel
    private let inbox: Inbox

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - port: Where.
    ///   - tls: How to speak TLS; `nil`: in the clear.
    ///   - reads: Whether it reads what comes.
    static func connect(_ port: Int, tls: NIOSSLContext? = nil, reads: Bool = true) async throws -> RawClient {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
        if !reads { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: 4096) }
        let channel = try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                }
                try channel.pipeline.syncOperations.addHandler(inbox)
            }
        }.connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel, inbox)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// Says that nothing more comes.
    func finish() async throws { try await channel.close(mode: .output).get() }

    /// Takes nothing any more of what comes.
    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    func close() async { try? await channel.close().get() }

    /// Waits until something can be taken; `nil` when the server closed and nothing can.
    private func take<Value: Sendable>(_ look: @Sendable (inout State) -> Value?) async -> Value? {
        while true {
            let (found, isClosed) = inbox.state.withLock { state in (look(&state), state.isClosed) }
            if let found { return found }
            if isClosed { return nil }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let count = inbox.state.withLock { state in
                    guard !state.isClosed, look(&state) == nil else { return false }
                    state.waiting.append(continuation)
                    return true
                }
                if !count { continuation.resume() }
            }
        }
    }

    /// Waits for a whole response; `nil` when the connection ends before it does.
    func reply(toHead: Bool = false) async -> Reply? {
        let end = Array("\r\n\r\n".utf8)
        guard let length = await take({ state in Self.find(end, state.bytes).map { $0 + 4 } }) else { return nil }
        let head = inbox.state.withLock { state in
            defer { state.bytes.removeFirst(length) }
            return String(decoding: state.bytes[..<length], as: UTF8.self)
        }
        let lines = head.split(separator: "\r\n")
        let first = lines[0].split(separator: " ")
        guard first.count >= 2, let status = Int(first[1]) else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? parts[1].drop { $0 == " " }.description : ""
        }
        var reply = Reply(status: status, fields: fields, body: [])
        if toHead { return reply }
        if fields["transfer-encoding"] == "chunked" {
            while let chunk = await chunk() { reply.body += chunk }
        } else if let count = fields["content-length"].flatMap({ Int($0) }), count > 0 {
            guard await take({ $0.bytes.count >= count ? true : nil }) != nil else { return nil }
            reply.body = inbox.state.withLock { state in
                defer { state.bytes.removeFirst(count) }
                return Array(state.bytes[..<count])
            }
        }
        return reply
    }

    private func chunk() async -> [UInt8]? {
        let range = await take { state -> Range<Int>? in
            guard let line = Self.find([13, 10], state.bytes),
                let size = Int(String(decoding: state.bytes[..<line], as: UTF8.self), radix: 16),
                state.bytes.count >= line + 4 + size
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

    /// Waits until the server has closed, and returns everything that it sent.
    func untilClosed() async -> [UInt8] {
        _ = await take { $0.isClosed ? true : nil }
        return inbox.state.withLock { $0.bytes }
    }

    /// Whether anything came, or the server closed.
    var hasBytes: Bool { inbox.state.withLock { !$0.bytes.isEmpty || $0.isClosed } }

    /// Waits until so many bytes are there.
    func bytes(_ count: Int) async -> [UInt8]? {
        await take { state in state.bytes.count >= count ? Array(state.bytes) : nil }
    }

    private static func find(_ needle: [UInt8], _ bytes: [UInt8]) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        return (0...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
    }
}
