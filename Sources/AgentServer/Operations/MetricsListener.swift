import AgentCore
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// `GET /metrics` on a listener of its own (`telemetry.metrics_listen`), so that it can be kept from those who use MCP.
enum MetricsListener {
    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - telemetry: Says where.
    ///   - exposition: The metrics; `nil`: nothing is opened.
    ///   - grace: How long requests may take to finish once the server ends.
    ///   - logger: Where it logs.
    /// - Throws: ``ListenFailure``. The default address may be another agentd's: that is a warning.
    static func open(
        _ telemetry: TelemetryConfiguration, exposition: (@Sendable () -> String)?, grace: Duration, logger: Logger
    ) async throws -> Listener? {
        guard let exposition, let text = telemetry.metricsListen, let address = ListenAddress(text) else { return nil }
        var limits = NetworkLimits()
        limits.maximumConnections = 64
        let nobody = ProxyPolicy(HTTPConfiguration())
        let listener = Listener(
            address,
            channels: ConnectionChannels(
                responder: responder(exposition, logger), limits: limits, maximumBody: 0,
                registry: ConnectionRegistry(limits: limits, proxies: nobody), certificate: nil),
            grace: grace, logger: logger)
        do {
            let addresses = try await listener.open()
            logger.info("serving metrics", metadata: ["listen": .array(addresses.map { "\($0)" })])
            return listener
        } catch let error as ListenFailure where text == TelemetryConfiguration().metricsListen {
            logger.warning(
                "no metrics are served", metadata: ["problem": "\(error)", "key": "telemetry.metrics_listen"])
            return nil
        }
    }

    private static func responder(
        _ exposition: @escaping @Sendable () -> String, _ logger: Logger
    ) -> HTTPChannelHandler.Responder {
        let router = Router(context: AgentRequestContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ProblemAnswers())
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: ServerMetrics.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: exposition())))
        }
        let responder = router.buildResponder()
        let date = DateField()
        return { (request, writer: consuming ResponseWriter, channel) in
            let context = AgentRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            var response = try await responder.respond(to: request, context: context)
            response.headers[.date] = date.now
            if request.method == .head { response.body = ResponseBody() }
            try await writer.write(response: response.head, body: response.body)
        }
    }
}
