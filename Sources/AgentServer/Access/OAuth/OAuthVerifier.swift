import AgentCore
import AuthTokens
import JWTKit
import Logging
import MCPProtocol

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Decides about the tokens of an OAuth issuer (RFC 9068; OAuth 2.1, section 5.2).
///
/// A token of the issuer is looked at here and goes nowhere else: no database, no model and no tool ever sees it.
struct OAuthVerifier: Sendable {
    let rules: TokenRules
    private let keys: IssuerKeys

    /// - Parameters:
    ///   - configuration: The section `http.auth.oauth`; nil is returned when it names no issuer.
    ///   - keys: The keys of the issuer.
    init?(_ configuration: HTTPConfiguration.OAuthConfiguration, keys: IssuerKeys) {
        guard let rules = TokenRules(configuration) else { return nil }
        self.rules = rules
        self.keys = keys
    }

    /// Decides about a token.
    ///
    /// - Parameters:
    ///   - text: What the caller showed, from anybody.
    ///   - now: The present.
    func verify(_ text: String, at now: Timestamp = .now) async throws(OAuthRefusal) -> AuthenticatedCaller {
        guard let token = SignedToken(text) else { throw .malformed }
        guard SigningKeySet.algorithms.contains(token.algorithm) else { throw .algorithm }
        let verifiers: [any JWTAlgorithm]
        switch await keys.find(token.keyID, token.algorithm) {
        case .verifiers(let found): verifiers = found
        case .unknown: throw .unknownKey
        case .unavailable: throw .keysUnavailable
        }
        let isSigned = verifiers.contains { verifier in
            (try? verifier.verify(token.signature, signs: token.signed)) == true
        }
        guard isSigned else { throw .signature }
        guard let claims = token.claims else { throw .malformed }
        let principal = try rules.principal(claims, at: now)
        let subject = String(principal.name.dropFirst("oauth:".count))
        return AuthenticatedCaller(
            principal: principal, credential: .oauth(subject: subject), expires: rules.end(claims))
    }
}
