import NIOCore
import NIOEmbedded
import Testing

@testable import AgentServer

@Suite("How long the head of a request may take")
struct HeadWatchTests {
    /// Tells what a decoder would have seen: a letter is a byte of a head, `.` its end, `-` a byte of a body, `!` the end of the
    /// request, `#` that of the last one.
    private final class Decoder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for byte in unwrapInboundIn(data).readableBytesView {
                if byte == UInt8(ascii: ".") { context.triggerUserOutboundEvent(HeadWatch.Seen.head, promise: nil) }
                if byte == UInt8(ascii: "!") {
                    context.triggerUserOutboundEvent(HeadWatch.Seen.wholeRequest, promise: nil)
                }
                if byte == UInt8(ascii: "#") {
                    context.triggerUserOutboundEvent(HeadWatch.Seen.lastRequest, promise: nil)
                }
            }
            context.fireChannelRead(data)
        }
    }

    private static let timeout = TimeAmount.seconds(10)

    /// A connection on which pieces were read, and the loop that it is on.
    private static func connection(_ pieces: String...) throws -> (EmbeddedChannel, EmbeddedEventLoop) {
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(handlers: [HeadWatch(timeout: .seconds(10)), Decoder()], loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        for piece in pieces { try channel.writeInbound(ByteBuffer(string: piece)) }
        return (channel, loop)
    }

    @Test("A head that does not end is not waited for", arguments: ["h", "h.!h", "h.--!h"])
    func slow(bytes: String) throws {
        let (channel, loop) = try Self.connection("h.!", bytes, "h")
        loop.advanceTime(by: Self.timeout + HeadWatch.secondLook)
        #expect(!channel.isActive)
    }

    @Test(
        "Whoever waits for an answer keeps the connection, however the request came in pieces",
        arguments: [["h.!"], ["h.", "-!"], ["h", "h.", "-", "-!"], ["h.!", "h.-", "-", "!"], ["h.-", "!"]])
    func answering(pieces: [String]) throws {
        let (channel, loop) = try Self.connection()
        for piece in pieces { try channel.writeInbound(ByteBuffer(string: piece)) }
        loop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test("What comes after the last request is thrown away, and nothing more is waited for")
    func last() throws {
        let (channel, loop) = try Self.connection("h.-#", "more", "and more")
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "h.-#"))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        loop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test("The rest of a head that lay in the socket while the loop was busy is read before the connection is closed")
    func busy() throws {
        let (channel, loop) = try Self.connection("h")
        loop.advanceTime(by: Self.timeout)
        #expect(channel.isActive)
        try channel.writeInbound(ByteBuffer(string: "h."))
        loop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        _ = try channel.finish()
    }
}
