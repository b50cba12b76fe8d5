import HTTPTypes
import MCPHTTP
import NIOCore
import NIOHTTPTypes

/// Watches the requests and answers of one connection of HTTP/1, or of one stream of HTTP/2.
///
/// - A body that comes too slowly ends the connection.
/// - An answer that was written before the body was read whole ends the connection as well: what is left of the body is
///   thrown away for a moment, so that the client gets to read the answer, and then nobody listens any more.
/// - A request that wants to go on in another protocol is the last of its connection: the decoder reads no other, and nobody here
///   speaks one.
/// - What was written is sent before the connection is closed, and a client that does not take it in time loses it.
/// - When the server ends, a connection without a request is kept a little longer for one that may be on its way, and each
///   answer says that it is the last.
/// - A client that waits for `100 Continue` before it sends a body (RFC 9110, section 10.1.1) is told to go on, unless the body is
///   longer than allowed.
/// - An answer that was made by nobody but the decoder's error has the fields that every answer has.
final class ExchangeWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// So much of a body is thrown away after an early answer, at most.
    private static let discardBytes = 1 << 20
    /// So much more of a body is worth to be read for the sake of keeping the connection.
    private static let worthReading = 64 << 10
    private static let discardTime = TimeAmount.seconds(2)
    /// How long a connection without any request yet is kept when the server ends.
    private static let firstRequestLinger = Duration.seconds(1)

    private let limits: NetworkLimits
    /// The longest body that is read, in bytes.
    private let maximumBody: Int
    private let isHTTP2: Bool

    private var requests = 0
    private var hasServed = false
    private var isLast = false
    private var isReadingBody = false
    private var announced: Int?
    private var received = 0
    /// Whether the client of the last request waits to be told to send its body.
    private var expectsContinue = false
    private var bodyDeadline: Scheduled<Void>?
    private var sendingDeadline: Scheduled<Void>?
    private var isDraining = false
    private var closesAfterAnswer = false
    private var isDiscarding = false
    private var discarded = 0
    private var answerBytes = 0
    /// Answers that were written and not yet taken by the system.
    private var pending = 0
    private var pendingClose: [EventLoopPromise<Void>] = []
    private var wantsClose = false

    init(limits: NetworkLimits, maximumBody: Int, isHTTP2: Bool) {
        self.limits = limits
        self.maximumBody = maximumBody
        self.isHTTP2 = isHTTP2
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            requests += 1
            hasServed = true
            isReadingBody = true
            announced = head.headerFields.value(.contentLength).flatMap { Int($0) }
            received = 0
            expectsContinue = head.headerFields.value(.expect)?.lowercased() == "100-continue"
            tell(.head, context)
            if !isHTTP2, head.method == .connect || head.headerFields.contains(.upgrade) {
                isLast = true
                closesAfterAnswer = true
            }
            if isHTTP2, head.headerFields.contains(.hostField) {
                TargetAuthority.unite(&head)
                return context.fireChannelRead(wrapInboundOut(.head(head)))
            }
        case .body(let bytes):
            received += bytes.readableBytes
            expectsContinue = false
            if isDiscarding {
                discarded += bytes.readableBytes
                if discarded > Self.discardBytes { context.close(mode: .all, promise: nil) }
                return
            }
        case .end:
            isReadingBody = false
            expectsContinue = false
            bodyDeadline?.cancel()
            bodyDeadline = nil
            tell(isLast ? .lastRequest : .wholeRequest, context)
            if isDiscarding {
                context.close(mode: .all, promise: nil)
                return
            }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Most requests come in one piece, and need no clock.
        if isReadingBody, bodyDeadline == nil, !(expectsContinue && requests > 1) {
            lookAtBody(since: .now(), in: TimeAmount(limits.bodyTimeout), context)
        }
        tellToGoOn(context)
        context.fireChannelReadComplete()
    }

    private func lookAtBody(since start: NIODeadline, in time: TimeAmount, _ context: ChannelHandlerContext) {
        bodyDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            bodyDeadline = nil
            guard isReadingBody, context.channel.isActive else { return }
            let rate = Int64(max(1, limits.bodyBytesPerSecond))
            let allowed = TimeAmount(limits.bodyTimeout) + .nanoseconds(Int64(received) * 1_000_000_000 / rate)
            let left = (start + allowed) - .now()
            guard left > .zero else { return context.close(mode: .all, promise: nil) }
            lookAtBody(since: start, in: left + .milliseconds(10), context)
        }
    }

    /// Tells a client to send its body that waits for it, and for no other answer before.
    private func tellToGoOn(_ context: ChannelHandlerContext) {
        guard expectsContinue, requests == 1, announced ?? 0 <= maximumBody else { return }
        expectsContinue = false
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        // From now on it has to come.
        if bodyDeadline == nil { lookAtBody(since: .now(), in: TimeAmount(limits.bodyTimeout), context) }
    }

    private func tell(_ seen: HeadWatch.Seen, _ context: ChannelHandlerContext) {
        if !isHTTP2 { context.triggerUserOutboundEvent(seen, promise: nil) }
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            guard head.status.kind != .informational else { return context.write(data, promise: promise) }
            answerBytes = 0
            if !head.headerFields.contains(.xRequestID) {
                head.headerFields[.xRequestID] = RequestName.make()
                SecurityHeaders.add(to: &head.headerFields)
            }
            // The body that is read may be that of a later request. A client that waits to be told to go on may send another
            // request instead of it.
            let isEarly =
                isReadingBody && requests <= 1
                && (expectsContinue || announced.map { $0 - received > Self.worthReading } ?? true)
            if isDraining || isEarly { closesAfterAnswer = true }
            if !isHTTP2 {
                if closesAfterAnswer { head.headerFields[.connection] = "close" }
                if head.headerFields.value(.connection)?.lowercased() == "close" { closesAfterAnswer = true }
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let bytes):
            answerBytes += bytes.readableBytes
            context.write(data, promise: promise)
        case .end:
            // The decoder's error is answered too, without a request that could have been counted.
            requests = max(0, requests - 1)
            pending += 1
            let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenComplete { [self] _ in
                pending -= 1
                if pending == 0 { sentAll(context) }
            }
            context.writeAndFlush(data, promise: sent)
            if pending > 0 { watchSending(context) }
            // The next request may have come meanwhile.
            tellToGoOn(context)
            if closesAfterAnswer, requests == 0 { endAfterAnswer(context) }
        }
    }

    /// A client of HTTP/2 can hold one stream back while its connection goes on; one of HTTP/1 can take nothing of what is too
    /// little to make the connection count as full.
    private func watchSending(_ context: ChannelHandlerContext) {
        sendingDeadline?.cancel()
        guard isHTTP2 else { return watchTaking(context) }
        let time = TimeAmount(limits.writeTimeout) + .seconds(Int64(answerBytes / max(1, limits.bodyBytesPerSecond)))
        sendingDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if context.channel.isActive { context.close(mode: .all, promise: nil) }
        }
    }

    /// Ends a connection of HTTP/1 whose client takes nothing of what waits, be it too little for ``WriteWatch``.
    private func watchTaking(_ context: ChannelHandlerContext) {
        let waiting = Self.waitingBytes(context)
        sendingDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.writeTimeout)) {
            [self] in
            sendingDeadline = nil
            guard context.channel.isActive, pending > 0 else { return }
            guard Self.waitingBytes(context) < waiting else { return context.close(mode: .all, promise: nil) }
            watchTaking(context)
        }
    }

    private static func waitingBytes(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func endAfterAnswer(_ context: ChannelHandlerContext) {
        guard isReadingBody else {
            if !isHTTP2 { close(context: context, mode: .all, promise: nil) }
            return
        }
        // To close with bytes unread would make the system forget the answer as well (RFC 9112, section 9.6).
        isDiscarding = true
        if !isHTTP2 { context.close(mode: .output, promise: nil) }
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: Self.discardTime) {
            if context.channel.isActive { context.close(mode: .all, promise: nil) }
        }
    }

    // MARK: - The end

    func handlerRemoved(context: ChannelHandlerContext) {
        for deadline in [bodyDeadline, sendingDeadline] { deadline?.cancel() }
        (bodyDeadline, sendingDeadline) = (nil, nil)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, pending > 0 else { return context.close(mode: mode, promise: promise) }
        wantsClose = true
        if let promise { pendingClose.append(promise) }
    }

    private func sentAll(_ context: ChannelHandlerContext) {
        sendingDeadline?.cancel()
        sendingDeadline = nil
        guard wantsClose else { return }
        wantsClose = false
        let promises = pendingClose
        pendingClose = []
        let all = context.eventLoop.makePromise(of: Void.self)
        for promise in promises { all.futureResult.cascade(to: promise) }
        context.close(mode: .all, promise: all)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent, !isHTTP2 else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard !isDraining else { return }
        isDraining = true
        guard requests == 0 else { return context.fireUserInboundEventTriggered(event) }
        // Who has just connected did so to ask something.
        let linger = hasServed ? limits.drainLinger : max(limits.drainLinger, Self.firstRequestLinger)
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(linger)) {
            if context.channel.isActive { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        }
    }
}
