import AgentServer
import AsyncHTTPClient
import AuthTokens
import HTTPTypes
import Hummingbird
import InMemoryTracing
import Logging
import NIOCore
import NIOHTTP1
import Testing
import Tracing

@Suite struct RequestObservationTests {
    private static func routes(_ router: Router<AgentRequestContext>) {
        router.get("/things/{id}") { _, _ in "a thing" }
        router.get("/healthz") { _, _ in "ok" }
        router.get("/broken") { _, _ -> Response in throw CancellationError() }
        router.get("/stream") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/event-stream"],
                body: ResponseBody { writer in
                    for _ in 0..<3 { try await writer.write(ByteBuffer(string: "data: x\n\n")) }
                    try await writer.finish(nil)
                })
        }
        router.group().add(middleware: NamedCaller()).get("/mine") { _, _ in "yours" }
    }

    /// Sends requests, waits for their answers, and returns what was logged.
    private func observe(
        _ requests: [HTTPClientRequest], metrics: ServerMetrics = ServerMetrics(), level: Logger.Level = .trace
    ) async throws -> LoggedLines {
        let lines = LoggedLines()
        try await withObservedServer(metrics: metrics, logger: lines.logger(level), routes: Self.routes) { port in
            for request in requests {
                var request = request
                request.url = "http://127.0.0.1:\(port)" + request.url
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
                _ = try await response.body.collect(upTo: 1 << 20)
            }
        }
        return lines
    }

    private func request(
        _ path: String, method: HTTPRequest.Method = .get, fields: [(String, String)] = []
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: path)
        request.method = .init(rawValue: method.rawValue)
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        return request
    }

    @Test("a request is counted under the template of its route, and what no route answers under none")
    func routeTemplates() async throws {
        let metrics = ServerMetrics()
        let lines = try await observe(
            [request("/things/1"), request("/things/2"), request("/wp-admin.php"), request("/%2e%2e/etc/passwd")],
            metrics: metrics)
        let found = Exposition(metrics)
        #expect(found[#"agentd_http_requests_total{method="GET",route="/things/{id}",status="200"}"#] == 2)
        #expect(found[#"agentd_http_requests_total{method="GET",route="none",status="404"}"#] == 2)
        #expect(found[#"agentd_http_request_duration_seconds_count{route="/things/{id}"}"#] == 2)
        #expect(found["agentd_http_requests_in_flight"] == 0)
        #expect(lines.requests.map { $0["route"] } == ["/things/{id}", "/things/{id}", "none", "none"])
    }

    @Test("the line of a request holds what helps, and no secret that came with it")
    func noSecrets() async throws {
        let lines = try await observe([
            request(
                "/mine?token=in-the-query&x=1",
                fields: [
                    ("Authorization", "Bearer in-the-head"), ("Cookie", "session=in-the-cookie"),
                    ("User-Agent", "in-the-agent"),
                    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                ])
        ])
        let line = try #require(lines.requests.first)
        #expect(line["status"] == "200")
        #expect(line["method"] == "GET")
        #expect(line["client_address"] == "127.0.0.1")
        #expect(line["principal"] == "token:t1")
        #expect(line["token_id"] == "t1")
        #expect(line["trace_id"] == "0af7651916cd43dd8448eb211c80319c")
        #expect(line["bytes"] == "5")
        #expect(line["request_id"] == "r1")
        #expect(Double(line["duration_ms"] ?? "") != nil)
        #expect(!lines.text.contains("in-the-"))
        #expect(!lines.text.contains("/mine?"))
    }

    @Test("a handler that throws is a 500, and a warning")
    func broken() async throws {
        let metrics = ServerMetrics()
        let lines = try await observe([request("/broken")], metrics: metrics)
        #expect(Exposition(metrics)[#"agentd_http_requests_total{method="GET",route="/broken",status="500"}"#] == 1)
        #expect(lines.lines.first?.level == .warning)
        #expect(Exposition(metrics)["agentd_http_requests_in_flight"] == 0)
    }

    @Test("the bytes of a stream are counted when it ends, and its length is no latency")
    func stream() async throws {
        let metrics = ServerMetrics()
        let lines = try await observe([request("/stream")], metrics: metrics)
        #expect(lines.requests.first?["bytes"] == "27")
        let found = Exposition(metrics)
        #expect(found["agentd_http_response_bytes_total"] == 27)
        #expect(found[#"agentd_http_requests_total{method="GET",route="/stream",status="200"}"#] == 1)
        #expect(found[#"agentd_http_request_duration_seconds_count{route="/stream"}"#] == nil)
    }

    @Test("a probe that succeeds is no line for an operator")
    func probes() async throws {
        #expect(try await observe([request("/healthz")], level: .info).requests.isEmpty)
        #expect(try await observe([request("/healthz")], level: .debug).requests.count == 1)
    }

    @Test("a request is a span of the trace that its head names")
    func span() async throws {
        // The client takes the tracer of whoever is the first to ask for it, and would be traced here with all its requests.
        _ = HTTPClient.shared
        let tracer = InMemoryTracer()
        _ = try await withTracer(tracer) {
            try await observe([
                request(
                    "/things/7?q=secret",
                    fields: [
                        ("Authorization", "Bearer secret"), ("in-memory-trace-id", "trace-1"),
                        ("in-memory-span-id", "span-1"),
                    ]), request("/broken"),
            ])
        }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["GET /things/{id}", "GET /broken"])
        let first = try #require(spans.first)
        #expect(first.spanContext.traceID == "trace-1")
        #expect(first.kind == .server)
        #expect(first.attributes.get("http.route") == .string("/things/{id}"))
        #expect(first.attributes.get("http.response.status_code") == .int64(200))
        #expect(first.attributes.get("url.path") == .string("/things/7"))
        var text = ""
        first.attributes.forEach { key, value in text += "\(key) \(value) " }
        #expect(!text.contains("secret"))
        #expect(spans.last?.status?.code == .error)
    }
}

/// Knows everybody.
private struct NamedCaller: RouterMiddleware {
    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = "r1"
        context.caller = AuthenticatedCaller(
            principal: Principal(id: "token:t1", name: "ada", scopes: [.read], databases: nil),
            credential: .token(id: "t1"))
        return try await next(request, context)
    }
}
