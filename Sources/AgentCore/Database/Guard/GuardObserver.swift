/// One call that entered the guard, as observers see it.
public struct GuardedCall: Sendable {
    /// What the guard found the text to be.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// A statement that only reads.
        case read
        /// A statement that may change something.
        case write
        /// A text that may not run here, or that the guard did not come to an end with.
        case refused
    }

    /// What became of the call.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// It ran to its end.
        case completed
        /// Nothing ran, since the guard refused it.
        case refused
        /// It failed: on the server, or on the way there.
        case failed
        /// The caller gave up, and the server was told so.
        case cancelled
        /// Nothing ran: a person is asked for approval first.
        case asked
        /// Nothing ran, since a person declined.
        case declined
        /// It ran, and was rolled back as asked.
        case dryRun
    }

    /// Who is behind the call.
    public var origin: CallOrigin
    /// The name of the database, as configured.
    public var database: String
    /// The SQL, byte for byte; empty when the call carries none of the caller's, as a look at the schema.
    public var sql: String
    /// What the call is about when it carries no SQL: the address of a resource, the name of a table.
    public var subject: String?
    /// What the guard found.
    public var verdict: Verdict
    /// The command tags of the statements, each once, in order.
    public var kinds: [String]
    /// Why the call was refused or failed: a word, and a sentence that quotes neither rows nor the server's message.
    public var reason: String?
    /// What became of the call.
    public var outcome: Outcome
    /// The id of the approval of a write.
    public var approvalID: String?
    /// Who approved or declined it, where another request brought the answer; nil where the caller itself was asked.
    public var answerer: CallAnswerer?
    /// The rows that were returned, or changed by a write.
    public var rows: Int
    /// The bytes of the values that were returned.
    public var bytes: Int
    /// When the call came, on the system's clock.
    public var start: UTCTime
    /// How long it took, waiting for a connection included.
    public var duration: Duration
    /// The server's SQLSTATE when it refused the statement.
    public var sqlState: String?

    /// A call that has just come: nothing is decided, nothing ran.
    ///
    /// - Parameters:
    ///   - origin: Who is behind it.
    ///   - database: The configured name of the database.
    ///   - sql: The SQL, byte for byte.
    public init(origin: CallOrigin, database: String, sql: String) {
        self.origin = origin
        self.database = database
        self.sql = sql
        verdict = .refused
        kinds = []
        outcome = .failed
        rows = 0
        bytes = 0
        start = .now
        duration = .zero
    }
}

/// Who answered the question about a write.
public struct CallAnswerer: Sendable, Hashable {
    /// The `id` of the principal.
    public var principal: String
    /// The id of its token, never the token; nil without one.
    public var tokenID: String?

    /// Describes who answered.
    ///
    /// - Parameters:
    ///   - principal: The `id` of the principal.
    ///   - tokenID: The id of its token.
    public init(principal: String, tokenID: String? = nil) {
        self.principal = principal
        self.tokenID = tokenID
    }
}

/// Listens at the guard: the audit log, metrics.
///
/// Observers are told in their order, and a call waits for them: what they do has to be quick. They are told on whichever
/// task made the call, even when that was cancelled.
public protocol GuardObserver: Sendable {
    /// Told before an approved write runs. Throwing stops the write, since its record could not be kept.
    ///
    /// - Parameter call: The call as it is known before it runs; ``GuardedCall/outcome`` means nothing yet.
    /// - Throws: What the caller is told; a ``QueryFailure`` as it is, any other error by its description.
    func willWrite(_ call: GuardedCall) async throws

    /// Told once for every call, whatever became of it.
    ///
    /// - Parameter call: The call with its end.
    func finished(_ call: GuardedCall) async
}

extension GuardObserver {
    /// Does nothing: most observers have no say in a write.
    public func willWrite(_ call: GuardedCall) async throws {}
}
