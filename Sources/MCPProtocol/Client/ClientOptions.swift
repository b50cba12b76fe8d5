/// Which revision a client speaks (item 12).
public enum ClientMode: Sendable, Hashable {
    /// Probes with `server/discover`, and falls back to `initialize` on an error or a time-out.
    case auto
    /// 2026-07-28, nothing else.
    case modern
    /// `initialize` with a version of that era.
    case legacy(ProtocolVersion = .november2025)
}

/// How a client introduces itself, and what it can answer.
public struct ClientOptions: Sendable {
    /// The name and version that servers are told.
    public var implementation: Implementation
    /// Which revision is spoken.
    public var mode: ClientMode
    /// How long the probe of ``ClientMode/auto`` waits.
    public var probeTimeout: Duration
    /// How long any request waits without an answer; `nil` waits for ever.
    public var requestTimeout: Duration?
    /// The largest number of rounds of questions of one call.
    public var maximumRounds: Int
    /// The largest number of pages that a list is read to.
    public var maximumPages: Int
    /// The largest number of bytes of one message of the server.
    public var maximumMessageBytes: Int
    /// The log messages that are wanted, at least of this level; `nil` wants none.
    public var logLevel: LogLevel?
    /// Asks the person. Without it the client does not declare that it can.
    public var onElicitation: (@Sendable (Question) async throws -> ElicitationResult)?
    /// Asks a model. Without it the client does not declare that it can.
    public var onSampling: (@Sendable (SamplingRequest) async throws -> SamplingResult)?
    /// Tells the roots. Without it the client does not declare that it can.
    public var onRoots: (@Sendable () async throws -> [Root])?
    /// Is told notifications that belong to no call: log messages, changes.
    public var onNotification: (@Sendable (RPCNotification) -> Void)?

    /// The defaults.
    public init(implementation: Implementation, mode: ClientMode = .auto) {
        self.implementation = implementation
        self.mode = mode
        probeTimeout = .seconds(5)
        requestTimeout = nil
        maximumRounds = 10
        maximumPages = 1000
        maximumMessageBytes = 64 << 20
    }

    /// What the client can do, by the handlers that are there.
    public var capabilities: ClientCapabilities {
        ClientCapabilities(
            elicitation: onElicitation == nil ? nil : .init(form: true, url: true),
            sampling: onSampling == nil ? nil : .init(), roots: onRoots != nil)
    }
}

/// What a server said about itself.
public struct ServerInfo: Sendable, Hashable {
    /// The revision that is spoken with it.
    public var protocolVersion: ProtocolVersion
    /// Its name and version, when it told.
    public var implementation: Implementation?
    /// What it offers.
    public var capabilities: ServerCapabilities
    /// How a model should use it.
    public var instructions: String?
}

/// Why a call of a client failed, other than by an ``RPCError`` of the server.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    /// A failure.
    public init(_ description: String) { self.description = description }

    /// The connection ended before the answer came.
    public static let closed = ClientError("The connection to the server ended")
    /// The answer did not come in time.
    public static let timeout = ClientError("The server did not answer in time")
}
