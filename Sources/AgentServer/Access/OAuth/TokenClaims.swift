import AgentCore
import AuthTokens
import MCPProtocol

/// Why a token of an issuer is refused: for the log, never for the caller.
enum OAuthRefusal: String, Error, Sendable, Hashable, CaseIterable {
    /// It is no token that could be checked: its form, its kind, its algorithm.
    case malformed
    /// Signed with an algorithm that is not allowed.
    case algorithm
    /// Signed with a key that the issuer does not publish.
    case unknownKey = "unknown-key"
    /// The issuer's keys cannot be had.
    case keysUnavailable = "keys-unavailable"
    /// The signature is not that of the issuer.
    case signature
    /// Made by another issuer.
    case issuer
    /// Made for somebody else.
    case audience
    /// Its time is over, or it names none.
    case expired
    /// Its time has not begun.
    case early
    /// It names nobody.
    case subject
    /// It is good only together with another proof, which is not asked for here.
    case bound
}

/// The rules for the claims of a token whose signature is good.
struct TokenRules: Sendable {
    let issuer: String
    let audience: String
    /// The issuer's names of our scopes.
    let names: [Scope: String]

    /// How far clocks may differ, in seconds.
    static let leeway: Double = 30

    /// - Parameter configuration: The section `http.auth.oauth`; nil is returned when it names no issuer.
    init?(_ configuration: HTTPConfiguration.OAuthConfiguration) {
        guard let issuer = configuration.issuer, let audience = configuration.audience, !audience.isEmpty else {
            return nil
        }
        self.issuer = issuer
        self.audience = audience
        var names: [Scope: String] = [:]
        for scope in Scope.allCases {
            // Administration has to be given a name: no issuer's token shall carry it by chance.
            names[scope] = configuration.scopes[scope.rawValue] ?? (scope == .admin ? nil : scope.rawValue)
        }
        self.names = names
    }

    /// Whom a token is for.
    ///
    /// - Parameters:
    ///   - claims: The claims of the token.
    ///   - now: The present.
    func principal(_ claims: JSONObject, at now: Timestamp) throws(OAuthRefusal) -> Principal {
        guard claims["iss"]?.string == issuer else { throw .issuer }
        let audiences = claims["aud"]?.array?.map(\.string) ?? [claims["aud"]?.string]
        guard audiences.contains(audience) else { throw .audience }
        let seconds = Double(now.seconds)
        guard let end = claims["exp"]?.double, seconds < end + Self.leeway else { throw .expired }
        for name in ["nbf", "iat"] {
            guard let value = claims[name] else { continue }
            guard let begin = value.double, begin <= seconds + Self.leeway else { throw .early }
        }
        // RFC 7800: whoever holds the token alone is not whom it is for.
        guard claims["cnf"] == nil else { throw .bound }
        guard let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count),
            !subject.unicodeScalars.contains(where: PlainText.isControl)
        else { throw .subject }
        let given = Self.scopes(claims)
        let scopes = Set(names.filter { given.contains($0.value) }.keys)
        // A user's name has no colon, so that no subject passes for a user in `databases[].users`.
        return Principal(id: "oauth:\(issuer)|\(subject)", name: "oauth:\(subject)", scopes: scopes)
    }

    /// From when on a token is refused; nil when it names no such moment.
    func end(_ claims: JSONObject) -> Timestamp? {
        claims["exp"]?.double.flatMap { Int64(exactly: ($0 + Self.leeway).rounded(.up)) }.map { Timestamp(seconds: $0) }
    }

    /// `scope` is a list with blanks (RFC 8693, section 4.2); `scp`, and arrays, are what some issuers write instead.
    private static func scopes(_ claims: JSONObject) -> Set<String> {
        var scopes: Set<String> = []
        for value in [claims["scope"], claims["scp"]] {
            if let text = value?.string {
                scopes.formUnion(text.split(separator: " ").map(String.init))
            } else if let list = value?.array {
                scopes.formUnion(list.compactMap(\.string))
            }
        }
        return scopes
    }
}
