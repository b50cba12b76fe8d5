import AuthTokens
import HTTPTypes

/// `WWW-Authenticate`, by RFC 6750 (section 3) and RFC 9728 (section 5.1).
struct Challenges: Sendable {
    /// Where clients learn of the issuer; nil without one.
    let resource: ProtectedResource?

    /// Nothing was shown: a challenge without an error.
    func missing(_ place: CallerAuthentication.Place) -> String {
        Self.challenge(issuer(place.head.authority, isSecure: place.isSecure, [.read]))
    }

    /// A token was shown that is not good.
    func invalid(_ place: CallerAuthentication.Place) -> String {
        Self.challenge(
            [("error", "invalid_token")] + issuer(place.head.authority, isSecure: place.isSecure, [.read]))
    }

    /// The caller lacks a scope.
    ///
    /// - Parameters:
    ///   - scopes: All scopes that the request needs.
    ///   - caller: Who asks: to a token of an issuer the scopes are named as the issuer names them.
    ///   - place: The request; nil where it is not known.
    func insufficientScope(
        _ scopes: Set<Scope>, _ caller: AuthenticatedCaller, _ place: (authority: String?, isSecure: Bool)?
    ) -> String {
        let error = [("error", "insufficient_scope")]
        guard case .oauth = caller.credential, resource != nil else {
            let names = Scope.allCases.filter(scopes.contains).map(\.rawValue)
            return Self.challenge(error + [("scope", names.joined(separator: " "))])
        }
        return Self.challenge(error + issuer(place?.authority, isSecure: place?.isSecure ?? false, scopes))
    }

    private func issuer(_ authority: String?, isSecure: Bool, _ scopes: Set<Scope>) -> [(String, String)] {
        guard let resource else { return [] }
        let scope = [("scope", resource.names(scopes).joined(separator: " "))]
        guard let address = resource.metadataAddress(authority, isSecure: isSecure) else { return scope }
        return scope + [("resource_metadata", address)]
    }

    /// No value holds a quote or a backslash: the configuration is checked, and addresses are.
    private static func challenge(_ parameters: [(String, String)]) -> String {
        guard !parameters.isEmpty else { return "Bearer" }
        return "Bearer " + parameters.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ", ")
    }
}
