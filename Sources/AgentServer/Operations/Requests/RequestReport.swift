import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import Synchronization
import Tracing

/// One request from its head to the end of its answer: told once to metrics, log and trace, whatever became of it.
///
/// An answer that is dropped before it is written, since the client is gone, counts as over when nobody holds the report
/// any more.
final class RequestReport: Sendable {
    private struct State {
        var status: Int?
        var bytes = 0
        var isStream = false
        var isOver = false
    }

    private let metrics: ServerMetrics
    private let logger: Logger
    private let head: HTTPRequest
    private let core: CoreRequestContextStorage
    private let notes: RequestNotes
    private let span: (any Span)?
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    init(
        _ request: Request, _ context: AgentRequestContext, metrics: ServerMetrics, logger: Logger,
        span: (any Span)?
    ) {
        self.metrics = metrics
        self.logger = logger
        self.span = span
        head = request.head
        core = context.coreContext
        notes = context.notes
        metrics.began()
    }

    deinit { finish() }

    /// The head of the answer is known.
    func answered(_ response: Response) {
        state.withLock {
            $0.status = Int(response.status.code)
            // A stream of its own lives as long as the client wants to listen: no measure of how fast the server is.
            $0.isStream =
                head.method == .get && response.headers[.contentType]?.hasPrefix("text/event-stream") == true
        }
    }

    /// The request ended without an answer of its own.
    func failed(_ error: any Error) {
        let status = (error as? any HTTPResponseError)?.status ?? .internalServerError
        state.withLock { $0.status = Int(status.code) }
        span?.recordError(error)
    }

    /// A part of the body was written.
    func wrote(_ count: Int) { state.withLock { $0.bytes += count } }

    /// The request is over.
    func finish() {
        let ended = state.withLock { state -> State? in
            defer { state.isOver = true }
            return state.isOver ? nil : state
        }
        guard let ended else { return }
        let duration = start.duration(to: .now)
        // 499: nginx' word for a client that closed the connection before it had its answer.
        let status = ended.status ?? 499
        let route = Self.route(core.endpointPath.value)
        metrics.counted(
            requestStatus: status, method: head.method.rawValue, route: route,
            duration: ended.isStream ? nil : duration, bytes: ended.bytes)
        metrics.ended()
        log(status, route: route, bytes: ended.bytes, duration: duration)
        end(span, status, route: route)
    }

    /// The template of the route; what no route answers is one of its own, whatever the path.
    static func route(_ endpoint: String?) -> String {
        guard let endpoint, !endpoint.isEmpty, endpoint != "NotFound" else { return "none" }
        return endpoint
    }

    // MARK: - The line in the log

    /// The access log: one line a request. It holds no field of the request's head but its method and the trace, since any
    /// other may carry a secret: neither `Authorization` nor a cookie, nor the path with its query.
    private func log(_ status: Int, route: String, bytes: Int, duration: Duration) {
        let level: Logger.Level =
            if status >= 500 {
                .warning
            } else if Self.isProbe(route), status < 400 {
                .debug
            } else {
                .info
            }
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "request_id": .string(notes.requestID),
            "method": .string(String(head.method.rawValue.prefix(20))),
            "route": .string(route),
            "status": .stringConvertible(status),
            "bytes": .stringConvertible(bytes),
            "duration_ms": .stringConvertible(Self.milliseconds(duration)),
            "client_address": .string(notes.clientAddress),
        ]
        if let caller = notes.caller {
            metadata["principal"] = .string(caller.principal.id)
            if let token = caller.tokenID { metadata["token_id"] = .string(token) }
        }
        if head.headerFields.contains(.traceParent),
            let trace = head.headerFields[.traceParent].flatMap(TraceParent.init)
        {
            metadata["trace_id"] = "\(trace.traceID)"
        }
        logger.log(level: level, "request", metadata: metadata)
    }

    private static func isProbe(_ route: String) -> Bool { ["/healthz", "/readyz", "/metrics"].contains(route) }

    /// Milliseconds, to the microsecond.
    static func milliseconds(_ duration: Duration) -> Double {
        Double(duration / .microseconds(1)).rounded() / 1000
    }

    // MARK: - The span

    private func end(_ span: (any Span)?, _ status: Int, route: String) {
        guard let span else { return }
        let isKnown = route != "none"
        span.operationName = isKnown ? "\(head.method.rawValue) \(route)" : head.method.rawValue
        span.attributes["http.response.status_code"] = status
        if isKnown { span.attributes["http.route"] = route }
        if !notes.clientAddress.isEmpty { span.attributes["client.address"] = notes.clientAddress }
        if !notes.requestID.isEmpty { span.attributes["agentd.request.id"] = notes.requestID }
        if status >= 500 {
            span.attributes["error.type"] = String(status)
            span.setStatus(SpanStatus(code: .error))
        }
        span.end()
    }
}

extension HTTPField.Name {
    /// W3C Trace Context.
    static let traceParent: HTTPField.Name = name("traceparent")
}
