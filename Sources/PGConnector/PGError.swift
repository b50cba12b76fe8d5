/// What went wrong between this program and a PostgreSQL server.
///
/// `description` may be shown to whoever asked the question: it never holds a password, a host, a path or a connection
/// string. `debugDescription` holds what the operator needs, libpq's own text included.
public struct PGError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of an error. New kinds can appear, so that a `switch` needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Base: String, Sendable, Hashable {
            case server, connectionFailed, connectionLost, acquireTimeout, rowTooLarge, cancelled, shutdown, circuitOpen
            case poolFull, connectionBusy, invalidArgument, unsupported, decoding, protocolViolation
        }

        let base: Base

        /// The server answered with an error; ``PGError/server`` has its fields.
        public static let server = Code(base: .server)
        /// No connection could be made.
        public static let connectionFailed = Code(base: .connectionFailed)
        /// A connection broke while it was used.
        public static let connectionLost = Code(base: .connectionLost)
        /// No connection of the pool became free in time.
        public static let acquireTimeout = Code(base: .acquireTimeout)
        /// A row is larger than ``PGConfiguration/maximumRowBytes``. The connection was closed.
        public static let rowTooLarge = Code(base: .rowTooLarge)
        /// The task that waited was cancelled, and so was what it had started on the server.
        public static let cancelled = Code(base: .cancelled)
        /// The client is shut down or shutting down.
        public static let shutdown = Code(base: .shutdown)
        /// The server could not be reached several times, and it is not yet time to try again.
        public static let circuitOpen = Code(base: .circuitOpen)
        /// More callers wait for a connection than ``PGPoolConfiguration/maximumWaiters`` allows.
        public static let poolFull = Code(base: .poolFull)
        /// The connection still carries the answers of an earlier call that is being read.
        public static let connectionBusy = Code(base: .connectionBusy)
        /// An argument cannot be sent, such as text with a NUL byte.
        public static let invalidArgument = Code(base: .invalidArgument)
        /// Something that this client does not do, such as `COPY FROM STDIN`.
        public static let unsupported = Code(base: .unsupported)
        /// A value is not of the type that was asked for.
        public static let decoding = Code(base: .decoding)
        /// libpq or the server did what the protocol does not allow; the connection was closed.
        public static let protocolViolation = Code(base: .protocolViolation)

        /// The name of the code, for logs.
        public var description: String { base.rawValue }
    }

    /// The kind of the error.
    public let code: Code
    /// The fields of the server's answer, where there is one.
    public let server: PGServerError?
    /// One sentence without secrets.
    public let description: String
    /// More for an operator's log: libpq's text, which names host, port and user.
    public let detail: String?

    /// Makes an error.
    /// - Parameters:
    ///   - code: The kind.
    ///   - description: One sentence that holds no secret; nil takes the server's own message, or the code's name.
    ///   - server: The server's fields.
    ///   - detail: What only an operator may see.
    public init(_ code: Code, _ description: String? = nil, server: PGServerError? = nil, detail: String? = nil) {
        self.code = code
        self.server = server
        self.description = description ?? server?.description ?? code.description
        self.detail = detail
    }

    /// The description with everything that is known, for an operator's log.
    public var debugDescription: String {
        var text = "PGError(\(code)): \(description)"
        if let server { text += " | \(server.debugDescription)" }
        if let detail { text += " | \(detail)" }
        return text
    }

    init(server error: PGServerError) { self.init(.server, server: error) }
}
