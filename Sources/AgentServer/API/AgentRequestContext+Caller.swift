import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

extension AgentRequestContext {
    /// Who asks, when it may.
    ///
    /// - Parameter scopes: What it has to hold, all of them.
    /// - Throws: ``ProblemDetails``: 401 when nobody is known to ask, 403 that names what is missing.
    func requireCaller(holding scopes: [Scope]) throws(ProblemDetails) -> AuthenticatedCaller {
        guard let caller else {
            throw ProblemDetails(
                .unauthenticated, "Send a token (Authorization: Bearer …), or sign in.",
                fields: [.wwwAuthenticate: "Bearer"])
        }
        if let missing = scopes.first(where: { !caller.principal.may($0) }) { throw .lacks(missing, needs: scopes) }
        return caller
    }

    /// Who is behind a call at the guard.
    ///
    /// - Parameters:
    ///   - caller: Who asks.
    ///   - request: The request.
    func origin(_ caller: AuthenticatedCaller, _ request: Request) -> CallOrigin {
        // The client's own claim, as long as the audit log's other claims may be.
        let client = request.headers[.userAgent].map { String($0.prefix(200)) }
        return CallOrigin(
            requestID: requestID, principal: caller.principal, tokenID: caller.tokenID, client: client,
            tool: "\(request.method.rawValue) \(endpointPath ?? "")")
    }
}

extension ProblemDetails {
    /// The caller lacks a scope.
    ///
    /// - Parameters:
    ///   - scope: What it lacks.
    ///   - scopes: All that the request needs (RFC 6750, section 3.1).
    static func lacks(_ scope: Scope, needs scopes: [Scope]) -> ProblemDetails {
        let all = scopes.map(\.rawValue)
        return ProblemDetails(
            .insufficientScope, "This needs the scope \(scope.rawValue), which the caller does not hold.",
            members: ["scopes": .array(all.map { .string($0) })],
            fields: [
                .wwwAuthenticate: "Bearer error=\"insufficient_scope\", scope=\"\(all.joined(separator: " "))\""
            ])
    }
}
