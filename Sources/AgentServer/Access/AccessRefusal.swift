public import HTTPTypes
public import MCPHTTP

/// What came of asking who sends a request.
public enum CallerDecisionOf<Caller: Sendable>: Sendable {
    /// It is heard.
    case caller(Caller)
    /// It is not.
    case refused(AccessRefusal)
}

/// Why a request is not heard, in the same words for every cause: whoever guesses learns nothing from them.
public struct AccessRefusal: Error, Sendable, Hashable {
    /// The status of the answer.
    public let status: HTTPResponse.Status
    /// The kind, for programs.
    public let code: String
    /// The kind in a few words.
    public let title: String
    /// One sentence for the caller.
    public let detail: String
    /// `WWW-Authenticate`.
    public let challenge: String?
    /// Further fields of the answer.
    public let fields: [String: String]

    /// 401: nothing was shown, or nothing that is good.
    static func unauthenticated(_ challenge: String, fields: [String: String] = [:]) -> AccessRefusal {
        AccessRefusal(
            status: .unauthorized, code: "unauthenticated", title: "Not signed in",
            detail: "A valid token or session is needed.", challenge: challenge, fields: fields)
    }

    /// 429: what was shown is not good, and that too often.
    static func limited(retryAfter seconds: Int64) -> AccessRefusal {
        AccessRefusal(
            status: .tooManyRequests, code: "too-many-failures", title: "Too many failed attempts",
            detail: "Too many attempts from this address failed. Try again later.", challenge: nil,
            fields: ["Retry-After": String(max(1, seconds))])
    }

    /// 503: the keys of the issuer cannot be had, so that nobody knows whether the token is good.
    static let issuerUnavailable = AccessRefusal(
        status: .serviceUnavailable, code: "issuer-unavailable", title: "The token cannot be checked now",
        detail: "The token cannot be checked for the moment. Try again later.", challenge: nil,
        fields: ["Retry-After": "30"])

    /// 403: a session without the proof that the request comes from its own page.
    static let crossSite = AccessRefusal(
        status: .forbidden, code: "csrf", title: "Not from the session's own page",
        detail: "The header X-CSRF-Token is missing or is not the session's; GET /api/v1/me tells it.", challenge: nil,
        fields: [:])

    /// 403: the caller is known, and may not do this.
    ///
    /// - Parameters:
    ///   - scopes: All scopes that the request needs, as the caller knows them.
    ///   - challenge: `WWW-Authenticate`.
    static func insufficientScope(_ scopes: [String], challenge: String) -> AccessRefusal {
        AccessRefusal(
            status: .forbidden, code: "insufficient-scope", title: "Not allowed",
            detail: "This needs the scope\(scopes.count == 1 ? "" : "s") \(scopes.joined(separator: ", ")).",
            challenge: challenge, fields: [:])
    }

    /// The refusal as the MCP endpoint answers it.
    public var endpointRefusal: CallerRefusal {
        CallerRefusal(status: status.code, challenge: challenge, fields: fields, message: detail)
    }

    /// The refusal as the API answers it.
    public var problem: ProblemDetails {
        var all = HTTPFields()
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { all[name] = value }
        }
        all[.wwwAuthenticate] = challenge
        all[.cacheControl] = "no-store"
        return ProblemDetails(status, code: code, title: title, detail: detail, fields: all)
    }
}
