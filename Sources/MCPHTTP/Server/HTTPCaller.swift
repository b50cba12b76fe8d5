/// Who sends a request.
public struct HTTPCaller: Sendable {
    /// A name that stays the same for the same caller and differs between callers; sessions are bound to it. It is kept in
    /// memory, so it should be a name and not a secret.
    public var identity: String
    /// The caller in the application's own type, for `RequestContext.caller`.
    public var value: (any Sendable)?

    /// A caller.
    public init(identity: String, value: (any Sendable)? = nil) {
        self.identity = identity
        self.value = value
    }

    /// Everybody, where nobody is told apart.
    public static let anonymous = HTTPCaller(identity: "")
}

/// Why a request is not heard, as HTTP says it (item 36).
public struct CallerRefusal: Sendable, Hashable {
    /// 401, 403, 429 and the like.
    public var status: Int
    /// `WWW-Authenticate`, for instance `Bearer error="invalid_token"`.
    public var challenge: String?
    /// Further fields of the response, for instance `Retry-After`.
    public var fields: [String: String]
    /// One sentence for the client; nothing secret belongs in it.
    public var message: String

    /// A refusal.
    public init(status: Int, challenge: String? = nil, fields: [String: String] = [:], message: String) {
        self.status = status
        self.challenge = challenge
        self.fields = fields
        self.message = message
    }

    /// 401: a token is missing, or the one that was sent is not good.
    ///
    /// - Parameters:
    ///   - challenge: `WWW-Authenticate`; without a token it must not have an `error` (RFC 6750, section 3.1).
    ///   - message: one sentence.
    public static func unauthorized(
        challenge: String = "Bearer", message: String = "A valid token is needed"
    ) -> CallerRefusal {
        CallerRefusal(status: 401, challenge: challenge, message: message)
    }

    /// 403: the token is good, but not for this.
    ///
    /// - Parameter scopes: all scopes that the request needs.
    public static func insufficientScope(_ scopes: [String]) -> CallerRefusal {
        CallerRefusal(
            status: 403,
            challenge: "Bearer error=\"insufficient_scope\", scope=\"\(scopes.joined(separator: " "))\"",
            message: "The token lacks a scope")
    }
}

/// What came of asking who sends a request.
public enum CallerDecision: Sendable {
    /// The request is heard.
    case caller(HTTPCaller)
    /// It is not.
    case refused(CallerRefusal)
}
