import HTTPTypes
import MCPProtocol

/// A kind of error of the API. Its code never changes its meaning: programs decide by it.
struct ProblemKind: Sendable, Hashable {
    /// The status that it is answered with.
    let status: HTTPResponse.Status
    /// The code, the end of the problem's `type`.
    let code: String
    /// The kind in a few words.
    let title: String

    init(_ status: HTTPResponse.Status, _ code: String, _ title: String) {
        self.status = status
        self.code = code
        self.title = title
    }
}

// The request itself.
extension ProblemKind {
    static let malformedJSON = ProblemKind(.badRequest, "malformed-json", "The body is not JSON")
    static let invalidRequest = ProblemKind(.badRequest, "invalid-request", "The request is not as described")
    static let bodyIncomplete = ProblemKind(.badRequest, "body-incomplete", "The body did not arrive")
    static let unauthenticated = ProblemKind(.unauthorized, "unauthenticated", "Who asks is not known")
    static let insufficientScope = ProblemKind(.forbidden, "insufficient-scope", "The caller lacks a scope")
    static let crossSite = ProblemKind(.forbidden, "csrf", "Not from the session's own page")
    static let tooManyFailures = ProblemKind(.tooManyRequests, "too-many-failures", "Too many failed attempts")
    static let issuerUnavailable = ProblemKind(
        .serviceUnavailable, "issuer-unavailable", "The token cannot be checked now")
    static let notFound = ProblemKind(.notFound, "not-found", "There is nothing here")
    static let methodNotAllowed = ProblemKind(.methodNotAllowed, "method-not-allowed", "The method is not allowed")
    static let notAcceptable = ProblemKind(.notAcceptable, "not-acceptable", "No such form of the answer")
    static let bodyTooLarge = ProblemKind(.contentTooLarge, "body-too-large", "The body is too large")
    static let unsupportedMediaType = ProblemKind(
        .unsupportedMediaType, "unsupported-media-type", "The body has to be JSON")

    /// What any request can meet, whatever it asks for.
    static let everywhere: [ProblemKind] = [invalidRequest, internalError]
    /// What any request can meet that has to say who sends it.
    static let ofAuthentication: [ProblemKind] = [unauthenticated, crossSite, tooManyFailures, issuerUnavailable]
    /// What any request with a body can meet besides.
    static let withBody: [ProblemKind] = [malformedJSON, bodyIncomplete, bodyTooLarge, unsupportedMediaType]
}

// What the request names.
extension ProblemKind {
    static let databaseNotFound = ProblemKind(.notFound, "database-not-found", "There is no such database")
    static let relationNotFound = ProblemKind(.notFound, "relation-not-found", "There is no such table or schema")
    static let approvalNotFound = ProblemKind(.notFound, "approval-not-found", "There is no such approval")
    static let approvalExpired = ProblemKind(.gone, "approval-expired", "The approval has expired")
    static let approvalUsed = ProblemKind(.gone, "approval-used", "The approval was answered already")
    static let approvalNeeded = ProblemKind(.conflict, "approval-needed", "A person has to approve the statement")
}

// The statement: the request was understood, and so was why it does not run.
extension ProblemKind {
    static let notARead = ProblemKind(
        .unprocessableContent, "not-a-read", "The statement is not provably a read")
    static let refusedFunction = ProblemKind(
        .unprocessableContent, "refused-function", "The statement uses a function that is refused")
    static let refusedRelation = ProblemKind(
        .unprocessableContent, "refused-relation", "The statement reads a relation that is refused")
    static let refusedSetting = ProblemKind(
        .unprocessableContent, "refused-setting", "The statement reads a setting that is refused")
    static let refusedWrite = ProblemKind(.unprocessableContent, "refused-write", "The write is refused")
    static let invalidArgument = ProblemKind(
        .unprocessableContent, "invalid-argument", "The statement or an argument cannot be used")
    static let syntaxError = ProblemKind(.unprocessableContent, "syntax-error", "The statement has a syntax error")
    static let sqlError = ProblemKind(.unprocessableContent, "sql-error", "The database answered with an error")
    static let rowTooLarge = ProblemKind(.unprocessableContent, "row-too-large", "A row of the answer is too large")
}

// The chat.
extension ProblemKind {
    static let noModel = ProblemKind(.serviceUnavailable, "no-model", "There is no language model to ask")
    static let conversationNotFound = ProblemKind(
        .notFound, "conversation-not-found", "There is no such conversation")
    static let turnNotFound = ProblemKind(.notFound, "turn-not-found", "There is no such turn")
    static let turnGone = ProblemKind(.gone, "turn-gone", "The events are not kept any more")
    static let turnRunning = ProblemKind(.conflict, "turn-running", "The conversation is being answered")
    static let conversationFull = ProblemKind(
        .conflict, "conversation-full", "There is no room for more of it")
    static let storeUnavailable = ProblemKind(
        .serviceUnavailable, "store-unavailable", "Conversations cannot be kept or read now")
    static let serverEnding = ProblemKind(.serviceUnavailable, "server-ending", "The server is about to end")
}

// Accounts.
extension ProblemKind {
    static let signInFailed = ProblemKind(.unauthorized, "sign-in-failed", "Not signed in")
    static let authenticationOff = ProblemKind(.notFound, "authentication-off", "Nobody signs in here")
    static let noSession = ProblemKind(.conflict, "no-session", "There is no session to end")
    static let ownAccount = ProblemKind(.conflict, "own-account", "This is your own account")
    static let accountExists = ProblemKind(.conflict, "account-exists", "There is one already")
    static let accountNotFound = ProblemKind(.notFound, "account-not-found", "There is no such account")
    static let accountInvalid = ProblemKind(.unprocessableContent, "account-invalid", "That is not allowed")
    static let accountsUnavailable = ProblemKind(
        .serviceUnavailable, "accounts-unavailable", "Accounts cannot be changed now")
    static let busy = ProblemKind(.serviceUnavailable, "busy", "Too many at once")
    static let noAuditLog = ProblemKind(.notFound, "no-audit-log", "There is no audit log")
    static let auditUnreadable = ProblemKind(
        .serviceUnavailable, "audit-unreadable", "The audit log cannot be read")
    static let noMetrics = ProblemKind(.notFound, "no-metrics", "Nothing is counted")

    /// What can become of a change of accounts.
    static let ofAccounts: [ProblemKind] = [
        accountNotFound, accountExists, accountInvalid, accountsUnavailable, busy, notRecorded,
    ]
}

// The server and the database.
extension ProblemKind {
    static let tooManyAtOnce = ProblemKind(.tooManyRequests, "too-many-at-once", "Too much of this caller runs")
    static let clientGone = ProblemKind(
        .init(code: 499, reasonPhrase: "Client Closed Request"), "client-gone", "The client went away")
    static let internalError = ProblemKind(.internalServerError, "internal-error", "The server failed")
    static let outcomeUnknown = ProblemKind(
        .badGateway, "outcome-unknown", "It is unknown whether the write was committed")
    static let databaseUnavailable = ProblemKind(
        .serviceUnavailable, "database-unavailable", "The database is not available")
    static let poolFull = ProblemKind(.serviceUnavailable, "pool-full", "Every connection to the database is in use")
    static let excessPrivileges = ProblemKind(
        .serviceUnavailable, "excess-privileges", "The database's role could do too much")
    static let notRecorded = ProblemKind(.serviceUnavailable, "not-recorded", "The write could not be recorded")
    static let approvalsUnavailable = ProblemKind(
        .serviceUnavailable, "approvals-unavailable", "The approval cannot be kept")
    static let timeout = ProblemKind(.gatewayTimeout, "timeout", "The statement took too long")

    /// What can become of reading from a database.
    static let ofDatabase: [ProblemKind] = [
        databaseNotFound, tooManyAtOnce, databaseUnavailable, poolFull, excessPrivileges, timeout,
    ]
    /// What can become of a statement besides.
    static let ofStatement: [ProblemKind] = [
        notARead, refusedFunction, refusedRelation, refusedSetting, refusedWrite, invalidArgument, syntaxError,
        sqlError,
        rowTooLarge,
    ]
}

extension ProblemDetails {
    /// An error of a kind.
    ///
    /// - Parameters:
    ///   - kind: The kind.
    ///   - detail: What went wrong this time, and how to mend it.
    ///   - members: Further members.
    ///   - fields: Fields of the answer.
    init(_ kind: ProblemKind, _ detail: String = "", members: JSONObject = [:], fields: HTTPFields = [:]) {
        self.init(
            kind.status, code: kind.code, title: kind.title, detail: detail, members: members, fields: fields)
    }
}
