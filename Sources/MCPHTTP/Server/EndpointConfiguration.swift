public import MCPProtocol

/// Bounds and rules of an ``MCPEndpoint``. Bounds of messages themselves are in `ServerOptions` of the server.
public struct EndpointConfiguration: Sendable {
    /// Bounds of the sessions that older clients have (item 34).
    public struct Sessions: Sendable {
        /// The largest number of sessions; more are refused with 503.
        public var maximum: Int
        /// The largest number of sessions of one caller; a further one ends the one that was idle the longest.
        public var maximumPerCaller: Int
        /// A session without a request and without a stream ends after this time.
        public var idleLifetime: Duration
        /// Every session ends after this time.
        public var lifetime: Duration
        /// How many bytes of what was sent already a session keeps, for clients that come back with `Last-Event-ID`.
        public var replayBytes: Int
        /// What clients are told to wait before they come back.
        public var retryDelay: Duration

        /// The defaults: 1,000 sessions, 128 of one caller, half an hour idle, a day altogether.
        public init() {
            maximum = 1000
            maximumPerCaller = 128
            idleLifetime = .seconds(1800)
            lifetime = .seconds(86400)
            replayBytes = 256 << 10
            retryDelay = .seconds(1)
        }
    }

    /// The hosts that requests may name beside those of the machine itself: `agent.example.com`, with or without a port.
    public var allowedHosts: [String]
    /// The origins whose pages may send requests, beside those of the machine itself: `https://app.example.com`.
    public var allowedOrigins: [String]
    /// Whether the endpoint looks at `Host` and `Origin` itself. Turn it off only where a middleware before it has done so
    /// for all paths.
    public var checksAddresses: Bool
    /// The largest number of bytes in the header of a request.
    public var maximumHeaderBytes: Int
    /// The largest number of fields in the header of a request.
    public var maximumHeaderFields: Int
    /// The largest number of requests that run at a time.
    public var maximumRequests: Int
    /// The largest number of requests of one caller that run at a time.
    public var maximumRequestsPerCaller: Int
    /// The largest number of streams that stay open: `subscriptions/listen`, and the GET of older clients.
    public var maximumStreams: Int
    /// The largest number of streams of one caller that stay open.
    public var maximumStreamsPerCaller: Int
    /// The bounds of sessions.
    public var sessions: Sessions
    /// How many bytes wait for a slow reader before who writes them has to wait too.
    public var streamBufferBytes: Int
    /// A reader that takes nothing for this time is dropped.
    public var writeTimeout: Duration
    /// How often something is sent on a silent stream; also how long an answer without a notification may take before
    /// the response becomes a stream.
    public var keepAliveInterval: Duration
    /// Whether clients that go away are noticed before something is written to them. It needs a connection: turn it off
    /// where requests do not come from one, as in tests of a router alone.
    public var noticesDisconnects: Bool
    /// Asks whether a caller may make a request, before it runs; `nil` allows all. For rules that need the method, the
    /// name or the arguments, such as scopes.
    public var authorize: (@Sendable (HTTPCaller, RPCRequest) async -> CallerRefusal?)?

    /// Where the work of a request goes on that begins here; `nil`: on the pool of all tasks.
    package var executor: @Sendable () -> (any TaskExecutor)? = { nil }

    /// The defaults: the machine itself as host and origin, 1,024 requests (64 of one caller), 2,048 streams (256 of one
    /// caller).
    public init() {
        allowedHosts = []
        allowedOrigins = []
        checksAddresses = true
        maximumHeaderBytes = 32 << 10
        maximumHeaderFields = 128
        maximumRequests = 1024
        maximumRequestsPerCaller = 64
        maximumStreams = 2048
        maximumStreamsPerCaller = 256
        sessions = Sessions()
        streamBufferBytes = 1 << 20
        writeTimeout = .seconds(30)
        keepAliveInterval = .seconds(15)
        noticesDisconnects = true
    }
}
