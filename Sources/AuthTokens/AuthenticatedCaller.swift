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
    /// When what was shown ends, where nobody here keeps a record of it: a token of an issuer.
    public let expires: Timestamp?

    /// Describes the sender of a request.
    ///
    /// - Parameters:
    ///   - principal: Who it is.
    ///   - credential: What it showed.
    ///   - expires: When that ends, where nobody here keeps a record of it.
    public init(principal: Principal, credential: Credential, expires: Timestamp? = nil) {
        self.principal = principal
        self.credential = credential
        self.expires = expires
    }

    /// The id of the token that was shown; `nil` for every other credential.
    public var tokenID: String? {
        if case .token(let id) = credential { id } else { nil }
    }
}
