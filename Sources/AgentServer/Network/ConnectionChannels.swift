import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOTLS

/// How a connection is set up and served: with bounds before everything, then TLS or not, then HTTP/1.1 or HTTP/2.
struct ConnectionChannels: Sendable {
    let limits: NetworkLimits
    let registry: ConnectionRegistry
    /// `nil`: plain HTTP/1.1.
    let certificate: TLSIdentityFiles?
    let http1: HTTP1Channel
    let http2: HTTP2Channel

    /// A connection that was set up.
    enum Connection: Sendable {
        case plain(HTTP1Channel.Value)
        case secure(EventLoopFuture<Negotiated>)

        /// Whose thread reads it.
        var eventLoop: any EventLoop {
            switch self {
            case .plain(let value): value.channel.eventLoop
            case .secure(let negotiation): negotiation.eventLoop
            }
        }
    }

    /// What client and server agreed on (ALPN).
    enum Negotiated: Sendable {
        case http1(HTTP1Channel.Value)
        case http2(HTTP2Channel.Value)
    }

    /// - Parameters:
    ///   - responder: Answers requests.
    ///   - limits: Bounds.
    ///   - maximumBody: The longest body that the responder reads, in bytes.
    ///   - registry: Counts connections.
    ///   - certificate: What to answer with; `nil`: no TLS.
    init(
        responder: @escaping HTTPChannelHandler.Responder, limits: NetworkLimits, maximumBody: Int,
        registry: ConnectionRegistry, certificate: TLSIdentityFiles?
    ) {
        self.limits = limits
        self.registry = registry
        self.certificate = certificate
        // The decoder's own bounds lie above those of `HeadRule`, which answers with what is wrong.
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.maximumHeaderBytes * 2, maxHeaderListSize: limits.maximumHeaderBytes * 2,
            maxHeaderFieldCount: limits.maximumHeaderFields * 2)
        http1 = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [ExchangeWatch(limits: limits, maximumBody: maximumBody, isHTTP2: false)],
                idleTimeout: TimeAmount(limits.idleTimeout), httpDecoderConfiguration: decoder))
        // NIO's own defaults: 100 streams at a time, heads of 16 KiB, 200 resets, errors or control frames in 30 s (rapid
        // reset), 5 CONTINUATION frames in a row, 200 oddities of any kind.
        var configuration = HTTP2ChannelConfiguration(
            streamConfiguration: .init(
                additionalChannelHandlers: [ExchangeWatch(limits: limits, maximumBody: maximumBody, isHTTP2: true)],
                idleTimeout: TimeAmount(limits.idleTimeout)))
        configuration.idleTimeout = limits.idleTimeout
        http2 = HTTP2Channel(responder: responder, configuration: configuration)
    }

    /// Sets a connection up; fails when there is no room for it.
    func setUp(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Connection> {
        guard registry.admit(channel) else {
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        do {
            try channel.pipeline.syncOperations.addHandler(AddressGate(registry))
            try channel.pipeline.syncOperations.addHandler(WriteWatch(timeout: limits.writeTimeout))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        guard let certificate else {
            return clear(channel, logger).map { Connection.plain($0) }
        }
        return channel.eventLoop.makeCompletedFuture {
            Connection.secure(try secure(channel, certificate.context, logger))
        }
    }

    private func clear(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(HeadWatch(timeout: limits.headTimeout))
            let value = http1.setup(channel: channel, logger: logger)
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(TargetAuthority(), position: .before(codec))
            return value
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    private func secure(
        _ channel: any Channel, _ context: NIOSSLContext, _ logger: Logger
    ) throws -> EventLoopFuture<Negotiated> {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        let handler = NIOTypedApplicationProtocolNegotiationHandler<Negotiated> { result, channel in
            let negotiated: EventLoopFuture<Negotiated> =
                switch result {
                case .negotiated("h2"): http2.setup(channel: channel, logger: logger).map { Negotiated.http2($0) }
                case .negotiated("http/1.1"), .fallback: clear(channel, logger).map { Negotiated.http1($0) }
                case .negotiated: channel.eventLoop.makeFailedFuture(TooManyConnections())
                }
            // Whoever came while the server was told to end has not heard of it.
            negotiated.whenSuccess { _ in if registry.isDraining { ConnectionRegistry.quiesce(channel) } }
            negotiated.whenFailure { _ in channel.close(mode: .all, promise: nil) }
            return negotiated
        }
        try pipeline.addHandler(handler)
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.handshakeTimeout)) {
            channel.close(mode: .all, promise: nil)
        }
        let negotiated = handler.protocolNegotiationResult
        negotiated.whenComplete { _ in deadline.cancel() }
        return negotiated
    }

    /// Serves a connection until its end.
    func serve(_ connection: Connection, _ logger: Logger) async {
        switch connection {
        case .plain(let value): await http1.handle(value: value, logger: logger)
        case .secure(let negotiation):
            do {
                switch try await negotiation.get() {
                case .http1(let value): await http1.handle(value: value, logger: logger)
                case .http2(let value): await http2.handle(value: value, logger: logger)
                }
            } catch {
                // A handshake that failed: scanners do that all day.
                logger.trace("no TLS", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// There is no room for a connection.
struct TooManyConnections: Error {}
