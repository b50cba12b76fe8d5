public import PGConnector
public import SQLClassifier

/// Why a query was refused or failed.
///
/// ``description`` is written for the model that wrote the SQL: what was found, where (with a caret under the line), and
/// what would help. It never holds a password, a host or a connection string.
public struct QueryFailure: Error, Sendable, CustomStringConvertible {
    /// A name that the guard refuses.
    public struct RefusedName: Sendable, Hashable {
        /// The name as the statement mentions it.
        public let name: String
        /// Why it is refused: "advances or sets a sequence".
        public let why: String
        /// Where it stands; `nil` when the name came from an argument and not from SQL.
        public let location: SourceLocation?
        /// The entry that would allow it, for the operator: `allow_functions: [public.f]`.
        public let remedy: String?
    }

    /// The kinds of failure. New kinds can appear, so a `switch` wants a default.
    public enum Kind: Sendable {
        /// The statement is not a read, or is not understood.
        case notReadOnly(Reason)
        /// It calls a function that the guard refuses.
        case refusedFunction(RefusedName)
        /// It reads a relation that holds secrets.
        case refusedRelation(RefusedName)
        /// It reads a setting that may hold a credential.
        case refusedSetting(RefusedName)
        /// An argument is not usable: a limit below 1, a table that does not exist.
        case invalidArgument
        /// The server answered with an error.
        case server(PGServerError)
        /// The server cannot be reached, or the connection broke.
        case unavailable
        /// The statement ran into `statement_timeout` or `lock_timeout`.
        case timeout(PGServerError)
        /// One row is larger than `limits.row_bytes`.
        case rowTooLarge
        /// No connection became free within `pool.acquire_timeout`.
        case poolFull
        /// The caller has as many calls running as `limits.concurrent_per_token` allows, and none ended in time.
        case tooManyAtOnce
        /// `require_least_privilege` is on, and the role of the database could do too much.
        case excessPrivileges
        /// The caller gave up, and the server was told so.
        case cancelled
        /// A write that cannot be run whole, or that nobody can be asked about.
        case refusedWrite
        /// A write whose approval is not good for it; nothing ran.
        case refusedApproval(ApprovalError)
        /// A person declined or dismissed the question; nothing ran.
        case declined
        /// The connection was lost while a write was being committed: nobody knows whether it was.
        case outcomeUnknown
        /// The connection was not in the state that a read needs; nothing ran, and the connection was closed.
        case unsafeConnection
        /// The audit log cannot keep the record of a write, so it was not run.
        case notRecorded
        /// Something that should not happen; the text says what.
        case unexpected
    }

    /// The kind of failure.
    public let kind: Kind
    /// The text for the model.
    public let description: String
    /// More for an operator's log: libpq's own text, which may name hosts.
    public let operatorDetail: String?

    /// What became of a write that failed, in the agent's own words; the first line of ``description``.
    let note: String?
    /// ``description`` without the note: for a failure on the server, the server's words.
    let message: String

    /// Where the server's error is in the caller's SQL.
    let serverLocation: SourceLocation?

    init(
        _ kind: Kind, _ message: String, operatorDetail: String? = nil, note: String? = nil,
        serverLocation: SourceLocation? = nil
    ) {
        self.kind = kind
        self.message = message
        self.note = note
        self.operatorDetail = operatorDetail
        self.serverLocation = serverLocation
        description = note.map { "\($0)\n\(message)" } ?? message
    }

    /// A stable word for the kind, for programs and logs.
    public var code: String {
        switch kind {
        case .notReadOnly: "not_read_only"
        case .refusedFunction: "refused_function"
        case .refusedRelation: "refused_relation"
        case .refusedSetting: "refused_setting"
        case .invalidArgument: "invalid_argument"
        case .server: "server_error"
        case .unavailable: "unavailable"
        case .timeout: "timeout"
        case .rowTooLarge: "row_too_large"
        case .poolFull: "pool_full"
        case .tooManyAtOnce: "too_many_at_once"
        case .excessPrivileges: "excess_privileges"
        case .cancelled: "cancelled"
        case .refusedWrite: "refused_write"
        case .refusedApproval: "refused_approval"
        case .declined: "declined"
        case .outcomeUnknown: "outcome_unknown"
        case .unsafeConnection: "unsafe_connection"
        case .notRecorded: "not_recorded"
        case .unexpected: "unexpected"
        }
    }

    /// Where in the caller's SQL it is, when that is known.
    public var location: SourceLocation? {
        switch kind {
        case .notReadOnly(let reason): reason.location
        case .refusedFunction(let name), .refusedRelation(let name), .refusedSetting(let name): name.location
        default: serverLocation
        }
    }

    /// The server's SQLSTATE, where there is one.
    public var sqlState: String? {
        switch kind {
        case .server(let error), .timeout(let error): error.sqlState
        default: nil
        }
    }
}
