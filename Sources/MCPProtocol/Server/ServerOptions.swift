/// Bounds and hooks of a server.
public struct ServerOptions: Sendable {
    /// The largest number of elements on a page of a list.
    public var pageSize: Int
    /// The largest number of requests of one connection that run at a time; more are refused.
    public var maximumInFlight: Int
    /// The largest number of bytes of one message of a client.
    public var maximumMessageBytes: Int
    /// The largest number of open `subscriptions/listen` of one connection.
    public var maximumSubscriptions: Int
    /// The largest number of resources that one subscription, or one older connection, may watch.
    public var maximumWatchedResources: Int
    /// How long answers in flight are waited for after the end of the input.
    public var grace: Duration
    /// How long an older client may take to answer a question; a person answers, so it is long.
    public var questionTimeout: Duration
    /// The largest number of rounds of questions of one call.
    public var maximumRounds: Int
    /// How long a `requestState` is good for.
    public var stateLifetime: Duration
    /// How long clients may keep the answer to `server/discover`.
    public var discoverTTL: Duration
    /// Whether a small request that comes alone is begun on the thread that read it, which saves waking another: nothing is
    /// read meanwhile, until the handler first waits. For handlers that do not block their thread, over a transport that
    /// reads on a thread of its own, such as ``StdioTransport``.
    public var beginsOnReader: Bool
    /// Seals the state between rounds of questions; without it 2026-07-28 clients cannot be asked anything.
    public var sealer: (any RequestStateSealer)?
    /// Is told the errors that clients see only as "Internal error", with the method.
    public var onError: (@Sendable (any Error, String) -> Void)?

    /// The defaults, which suit a local client.
    public init() {
        pageSize = 100
        maximumInFlight = 64
        maximumMessageBytes = 4 << 20
        maximumSubscriptions = 16
        maximumWatchedResources = 1000
        grace = .seconds(10)
        questionTimeout = .seconds(600)
        maximumRounds = 10
        stateLifetime = .seconds(900)
        discoverTTL = .seconds(300)
        beginsOnReader = false
    }
}

/// Seals what goes through the hands of a client between two rounds of questions (item 30): authenticated encryption,
/// bound to who asks.
public protocol RequestStateSealer: Sendable {
    /// Seals some bytes.
    ///
    /// - Parameters:
    ///   - state: what is to be hidden and protected.
    ///   - caller: who asks; the text must be of no use to anyone else.
    func seal(_ state: [UInt8], caller: (any Sendable)?) throws -> String
    /// Opens a text. Throws when it was not sealed here, was changed, or was sealed for somebody else.
    func unseal(_ text: String, caller: (any Sendable)?) throws -> [UInt8]
    /// A collision-resistant digest, SHA-256 or better, that ties a state to its request.
    func digest(_ bytes: [UInt8]) -> [UInt8]
}
