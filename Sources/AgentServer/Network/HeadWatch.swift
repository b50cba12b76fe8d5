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
    }

    private let timeout: TimeAmount
    private var awaitsHead = true
    private var hasBytes = false
    private var deadline: Scheduled<Void>?

    init(timeout: Duration) {
        self.timeout = TimeAmount(timeout)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasBytes = true
        context.fireChannelRead(data)
        // Most heads come in one piece, and need no clock.
        guard awaitsHead, hasBytes, deadline == nil, context.channel.isActive else { return }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
            deadline = nil
            if awaitsHead { context.close(mode: .all, promise: nil) }
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let seen = event as? Seen else { return context.triggerUserOutboundEvent(event, promise: promise) }
        switch seen {
        case .head:
            awaitsHead = false
            hasBytes = false
            stop()
        case .wholeRequest: awaitsHead = true
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
