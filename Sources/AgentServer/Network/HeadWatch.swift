import NIOCore

/// Closes a connection of HTTP/1 on which the head of a request takes too long. It stands before the decoder, where bytes are
/// seen that are no head yet; ``ExchangeWatch`` behind the decoder says what became of them.
final class HeadWatch: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData

    /// What ``ExchangeWatch`` has seen.
    enum Seen: Sendable {
        case head, wholeRequest
        /// The end of a request after which the decoder reads no other: it would keep everything that comes.
        case lastRequest
    }

    /// How long after the time is over the connection is looked at once more: a loop that was busy runs its timers before it
    /// reads what lies in the socket.
    static let secondLook = TimeAmount.milliseconds(100)
    /// A look that comes so much later than asked is the sign of a busy loop, and decides nothing.
    private static let lateness = TimeAmount.milliseconds(50)
    /// A loop that is never free decides in the end all the same.
    private static let mostLooks = 50

    private let timeout: TimeAmount
    private var awaitsHead = true
    private var hasBytes = false
    private var isOver = false
    private var deadline: Scheduled<Void>?

    init(timeout: Duration) {
        self.timeout = TimeAmount(timeout)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        hasBytes = true
        context.fireChannelRead(data)
        // Most heads come in one piece, and need no clock.
        guard awaitsHead, hasBytes, deadline == nil, context.channel.isActive else { return }
        look(in: timeout, context)
    }

    /// - Parameter looks: How often it was looked already.
    private func look(in time: TimeAmount, after looks: Int = 0, _ context: ChannelHandlerContext) {
        let due = context.eventLoop.now + time
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            deadline = nil
            guard awaitsHead, context.channel.isActive else { return }
            let isLate = context.eventLoop.now - due > Self.lateness
            if looks == Self.mostLooks || looks > 0 && !isLate { return context.close(mode: .all, promise: nil) }
            look(in: Self.secondLook, after: looks + 1, context)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let seen = event as? Seen else { return context.triggerUserOutboundEvent(event, promise: promise) }
        switch seen {
        case .head:
            awaitsHead = false
            hasBytes = false
            stop()
        case .wholeRequest:
            awaitsHead = true
            // What was read last was the request's own, and no part of a next head: that may come whenever it likes, while the
            // answer is still being made, too.
            hasBytes = false
        case .lastRequest:
            isOver = true
            stop()
        }
        promise?.succeed()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func stop() {
        deadline?.cancel()
        deadline = nil
    }
}
