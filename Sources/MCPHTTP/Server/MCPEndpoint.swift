public import HTTPTypes
public import Hummingbird
public import MCPProtocol
import NIOCore

/// MCP over Streamable HTTP, of every revision that has it, at one path of a Hummingbird router (items 13 to 19 and 34).
///
/// ```swift
/// let endpoint = MCPEndpoint(server: MCPServer(service: Greeter()))
/// let router = Router()
/// endpoint.mount(on: router)
/// ```
public final class MCPEndpoint: Sendable {
    /// What answers.
    public let server: MCPServer
    /// Bounds and rules.
    public let configuration: EndpointConfiguration

    let policy: AddressPolicy
    let sessions: SessionStore
    /// What runs, subscriptions left out.
    let requests: RequestGate
    /// Streams that stay open.
    let streams: RequestGate
    /// Every stream that is open, with its caller: also those of other routes of the same server.
    package let openStreams = OpenStreams()
    let limits: JSONLimits
    /// What a request needs that is not answered at once.
    let soon = LateWork(delay: DisconnectWatch.delay)
    /// What a request needs that is not answered for long.
    let late: LateWork

    /// An endpoint in front of a server.
    public init(server: MCPServer, configuration: EndpointConfiguration = EndpointConfiguration()) {
        self.server = server
        self.configuration = configuration
        policy = AddressPolicy(hosts: configuration.allowedHosts, origins: configuration.allowedOrigins)
        sessions = SessionStore(
            limits: configuration.sessions, streamBufferBytes: configuration.streamBufferBytes)
        requests = RequestGate(
            total: configuration.maximumRequests, perCaller: configuration.maximumRequestsPerCaller)
        streams = RequestGate(total: configuration.maximumStreams, perCaller: configuration.maximumStreamsPerCaller)
        late = LateWork(delay: configuration.keepAliveInterval)
        limits = JSONLimits(
            maximumBytes: server.options.maximumMessageBytes, maximumStringBytes: server.options.maximumMessageBytes)
    }

    /// Puts the endpoint at a path of a router, where everybody is heard who can reach it.
    public func mount<Routes: RouterMethods>(on router: Routes, at path: RouterPath = "/mcp") {
        mount(on: router, at: path) { _, _ in .caller(.anonymous) }
    }

    /// Puts the endpoint at a path of a router.
    ///
    /// - Parameters:
    ///   - router: a router, or a group of one.
    ///   - path: the path.
    ///   - caller: says who sends a request by its head, before its body is read; asked again after a body that took its time.
    public func mount<Routes: RouterMethods>(
        on router: Routes, at path: RouterPath = "/mcp",
        caller: @escaping @Sendable (HTTPRequest, Routes.Context) async -> CallerDecision
    ) {
        // All methods, so that one that is not known here is told so and not that there is nothing.
        for method in [HTTPRequest.Method.post, .get, .delete, .put, .patch, .head, .options] {
            router.on(path, method: method) { [self] request, context in
                await respond(to: request) { await caller(request.head, context) }
            }
        }
    }

    /// Answers a request, for programs that have no router.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - asks: says who sends it; asked again once a body has come that took its time.
    public func respond(
        to request: Request, caller asks: @Sendable () async -> CallerDecision = { .caller(.anonymous) }
    ) async -> Response {
        if let refusal = refusal(of: request) { return refusal }
        switch await asks() {
        case .refused(let refusal): return Replies.refused(refusal)
        case .caller(let caller):
            switch request.method {
            case .post: return await post(request, caller, again: asks)
            case .get: return await get(request, caller)
            case .delete: return delete(request, caller)
            default: return methodNotAllowed(request)
            }
        }
    }

    /// Ends all sessions and their streams, for a program that ends or that forgets its callers.
    public func endSessions() { sessions.endAll() }

    /// Ends what is open of callers who would not be heard any more: a request is decided on once, and what it opened may
    /// outlive the decision. Call it now and then.
    ///
    /// Streams end; the requests of 2026-07-28 that they answer are cancelled. Sessions of older clients that such a caller
    /// opened end with what runs in them.
    ///
    /// - Parameter isOver: Of which callers; told also how long ago the stream or session was opened.
    /// - Returns: How many streams and sessions were ended.
    @discardableResult
    public func endCallers(where isOver: (_ caller: HTTPCaller, _ age: Duration) -> Bool) -> Int {
        sessions.end(where: isOver) + openStreams.end(where: isOver)
    }

    /// Whether there is nothing that ``endCallers(where:)`` could end.
    package var isIdle: Bool { sessions.count == 0 && openStreams.count == 0 }

    /// How many sessions there are.
    public var sessionCount: Int { sessions.count }
    /// How many requests run, subscriptions left out.
    public var requestCount: Int { requests.count }
    /// How many streams are open.
    public var streamCount: Int { streams.count }

    // MARK: - Before anybody is heard

    private func refusal(of request: Request) -> Response? {
        let fields = request.headers
        let bytes = fields.reduce(request.head.path?.utf8.count ?? 0) {
            $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4
        }
        guard fields.count <= configuration.maximumHeaderFields, bytes <= configuration.maximumHeaderBytes else {
            return Replies.refused(431, "The header of the request is too large")
        }
        if configuration.checksAddresses {
            guard let host = request.head.authority else { return Replies.refused(400, "Host is missing") }
            guard policy.allows(host: host) else { return Replies.refused(403, "This Host is not allowed") }
            for origin in fields[values: .origin] where !policy.allows(origin: origin) {
                return Replies.refused(403, "This Origin is not allowed")
            }
        }
        switch request.method {
        case .post: return nil
        // 2026-07-28 has neither (item 13).
        case .get, .delete: return Self.namesStateless(fields) ? methodNotAllowed(request) : nil
        default: return methodNotAllowed(request)
        }
    }

    private func methodNotAllowed(_ request: Request) -> Response {
        let allowed = Self.namesStateless(request.headers) ? "POST" : "POST, GET, DELETE"
        return Replies.refused(405, "Method not allowed", fields: [.allow: allowed])
    }

    /// Whether the header names a revision without sessions.
    static func namesStateless(_ fields: HTTPFields) -> Bool {
        fields[values: .mcpProtocolVersion].contains { value in
            ProtocolVersion(HeaderValue.trim(value))?.era == .stateless
        }
    }

    // MARK: - POST

    /// How long a body may take before its caller is decided on again: whoever holds one back may have lost its rights meanwhile.
    package static let patience = Duration.milliseconds(500)

    private func post(
        _ original: Request, _ first: HTTPCaller, again: @Sendable () async -> CallerDecision
    ) async -> Response {
        let begin = ContinuousClock.now
        var caller = first
        let fields = original.headers
        guard fields.value(.contentType).map(MediaTypes.isJSON) == true, !fields.contains(.contentEncoding) else {
            return Replies.refused(415, "Content-Type must be application/json, in UTF-8 and not compressed")
        }
        guard MediaTypes.accepts(MediaTypes.json, fields[values: .accept]) else {
            return Replies.refused(406, "Accept must name application/json and text/event-stream")
        }
        let limit = server.options.maximumMessageBytes
        var tooLarge: Response { Replies.refused(413, "Invalid Request: a message of more than \(limit) bytes") }
        let declared = fields.value(.contentLength).flatMap { Int($0) }
        if let declared, declared > limit { return tooLarge }
        // The body comes first, whole: to watch for the end of the connection with a body that was not read kills the
        // process when the client goes.
        var request = original
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: limit)
        } catch is NIOTooManyBytesError {
            return tooLarge
        } catch let error as HTTPError where error.status == .contentTooLarge {
            return tooLarge
        } catch {
            return Replies.refused(400, "The body did not arrive")
        }
        if let declared, declared != body.readableBytes { return Replies.refused(400, "The body did not arrive") }
        if begin.duration(to: .now) > Self.patience {
            switch await again() {
            case .refused(let refusal): return Replies.refused(refusal)
            case .caller(let now): caller = now
            }
        }
        let exchange = Exchange(endpoint: self, request: request, caller: caller)
        switch RPCInbound(Array(body.readableBytesView), limits: limits) {
        case .malformed(let malformed): return Replies.error(malformed.error, id: malformed.id, status: 400)
        case .batch(let elements): return await exchange.batch(elements)
        case .message(let message): return await exchange.message(message)
        }
    }
}
