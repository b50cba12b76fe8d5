import AgentCore
import AuthTokens
import HTTPTypes
import Logging
import MCPProtocol
import SQLClassifier

extension ProblemDetails {
    /// A failure of the guard or the database as a problem: what, where in the SQL, why, and what would allow it.
    ///
    /// - Parameters:
    ///   - failure: The failure.
    ///   - database: Where.
    ///   - caller: Who asked.
    ///   - logger: Where an operator finds what a caller is not told; nil where that would be said with every key.
    init(_ failure: QueryFailure, on database: Database, for caller: AuthenticatedCaller, logger: Logger?) {
        if let logger, failure.isOfTheServer {
            var metadata: Logger.Metadata = ["database": "\(database.name)", "code": "\(failure.code)"]
            if let state = failure.sqlState { metadata["sqlstate"] = "\(state)" }
            if let detail = failure.operatorDetail { metadata["detail"] = "\(PlainText.escaped(detail))" }
            logger.warning("a statement of the API failed", metadata: metadata)
        }
        let kind = ProblemKind(failure)
        // The one refusal that is about who asks and not about the statement.
        if kind == .refusedWrite, database.configuration.allowWrites, !caller.principal.may(.write) {
            self = .lacks(.write, needs: [.read, .write])
            members["database"] = .string(database.name)
            return
        }
        var members: JSONObject = ["database": .string(database.name)]
        if let location = failure.location { members.place(location) }
        switch failure.kind {
        case .notReadOnly(let reason):
            members["reason"] = .string(reason.code.rawValue)
            members["why"] = .string(PlainText.escaped(reason.message))
            members["allowedBy"] = .null
        case .refusedFunction(let name), .refusedRelation(let name), .refusedSetting(let name):
            members["name"] = .string(name.name)
            members["why"] = .string(name.why)
            members["allowedBy"] = name.remedy.map { .string($0) } ?? .null
        default: break
        }
        members["sqlState"] = failure.sqlState.map { .string($0) }
        if let words = failure.serverWords {
            members["message"] = .string(words.message)
            members["serverDetail"] = words.detail.map { .string($0) }
            members["hint"] = words.hint.map { .string($0) }
        }
        self.init(kind, failure.description, members: members, fields: kind.retryFields)
    }
}

extension JSONObject {
    /// Adds where in the SQL something is: line and column from 1, the column in Unicode scalars; bytes before it.
    fileprivate mutating func place(_ location: SourceLocation) {
        self["line"] = .integer(Int64(location.line))
        self["column"] = .integer(Int64(location.column))
        self["offset"] = .integer(Int64(location.offset))
    }
}

extension ProblemKind {
    /// The kind of a failure.
    init(_ failure: QueryFailure) {
        switch failure.kind {
        case .notReadOnly: self = .notARead
        case .refusedFunction: self = .refusedFunction
        case .refusedRelation: self = .refusedRelation
        case .refusedSetting: self = .refusedSetting
        case .invalidArgument: self = .invalidArgument
        case .server: self = Self.ofServer(failure.sqlState ?? "")
        case .unavailable, .unsafeConnection: self = .databaseUnavailable
        case .timeout: self = .timeout
        case .rowTooLarge: self = .rowTooLarge
        case .poolFull: self = .poolFull
        case .tooManyAtOnce: self = .tooManyAtOnce
        case .excessPrivileges: self = .excessPrivileges
        case .cancelled: self = .clientGone
        case .refusedWrite, .declined: self = .refusedWrite
        case .refusedApproval(let error): self = ProblemKind(error)
        case .outcomeUnknown: self = .outcomeUnknown
        case .notRecorded: self = .notRecorded
        case .unexpected: self = .internalError
        }
    }

    /// The kind of an error of the server (PostgreSQL, appendix A).
    private static func ofServer(_ sqlState: String) -> ProblemKind {
        switch sqlState {
        case "42601": .syntaxError
        // Class 53, insufficient resources, and 57P03, cannot connect now: nothing is wrong with the statement.
        case "57P03": .databaseUnavailable
        case let state where state.hasPrefix("53"): .databaseUnavailable
        default: .sqlError
        }
    }

    /// The kind of a reason why an approval is not good.
    init(_ error: ApprovalError) {
        switch error {
        case .expired: self = .approvalExpired
        case .spent: self = .approvalUsed
        // That somebody else's approval exists is nobody's business.
        case .otherPrincipal, .notAuthentic, .otherStatement, .otherDatabase: self = .approvalNotFound
        }
    }

    /// When to try again, where that helps.
    fileprivate var retryFields: HTTPFields {
        switch self {
        case .databaseUnavailable, .poolFull, .tooManyAtOnce: [.retryAfter: "1"]
        default: [:]
        }
    }
}
