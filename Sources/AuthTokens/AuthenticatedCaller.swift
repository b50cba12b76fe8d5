/// A principal and how it showed who it is: what a server knows of the sender of one request.
public struct AuthenticatedCaller: Sendable, Hashable {
    /// What the sender showed. None of the cases holds a secret.
    public enum Credential: Sendable, Hashable {
        /// Nothing: authentication is off, or the process talks to whoever started it.
        case none
        /// A token of the token file, by its id.
        case token(id: String)
        /// The cookie of a session, by the session's id.
        case session(id: String)
        /// A token of an OAuth issuer, by its subject.
        case oauth(subject: String)
    }

    /// Who it is, and what it may do.
    public let principal: Principal
    /// What the sender showed.
    public let credential: Credential

    /// Describes the sender of a request.
    ///
    /// - Parameters:
    ///   - principal: Who it is.
    ///   - credential: What it showed.
    public init(principal: Principal, credential: Credential) {
        self.principal = principal
        self.credential = credential
    }

    /// The id of the token that was shown; `nil` for every other credential.
    public var tokenID: String? {
        if case .token(let id) = credential { id } else { nil }
    }
}
