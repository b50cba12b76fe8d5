import AgentCore
public import AuthTokens
public import Hummingbird
import MCPHTTP

/// Lets only callers through that are known, and says in the context who they are: for a group of routes of the API.
public struct AuthenticationMiddleware: RouterMiddleware {
    private let authentication: CallerAuthentication
    private let streams: OpenStreams?

    /// - Parameter authentication: Decides.
    public init(_ authentication: CallerAuthentication) { self.init(authentication, streams: nil) }

    /// - Parameters:
    ///   - authentication: Decides.
    ///   - streams: Where streams of events are noted, so that they end with their callers' rights.
    init(_ authentication: CallerAuthentication, streams: OpenStreams?) {
        self.authentication = authentication
        self.streams = streams
    }

    /// Decides about a request, and passes it on with its caller.
    ///
    /// - Throws: ``ProblemDetails`` of 401, 403 or 429.
    public func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        var caller = try await caller(of: request, context)
        var request = request
        if request.method == .post || request.method == .put || request.method == .patch {
            let begin = ContinuousClock.now
            try await APIBody.collect(&request, upTo: authentication.configuration.maxBodyBytes)
            // Whoever holds a body back may have lost its rights meanwhile.
            if begin.duration(to: .now) > MCPEndpoint.patience { caller = try await self.caller(of: request, context) }
        }
        var context = context
        context.caller = caller
        let response = try await next(request, context)
        return streams?.watched(response, caller) ?? response
    }

    private func caller(of request: Request, _ context: AgentRequestContext) async throws -> AuthenticatedCaller {
        let decision = await authentication.decide(
            request.head, address: context.clientAddress, isSecure: context.isSecure, requestID: context.requestID)
        switch decision {
        case .refused(let refusal): throw refusal.problem
        case .caller(let caller): return caller
        }
    }
}

/// Lets only callers through that have all of some scopes. It stands behind ``AuthenticationMiddleware``.
public struct RequiredScope: RouterMiddleware {
    private let authentication: CallerAuthentication
    private let scopes: Set<Scope>

    /// - Parameters:
    ///   - scopes: All that are needed.
    ///   - authentication: Words the refusal.
    public init(_ scopes: Scope..., authentication: CallerAuthentication) {
        self.authentication = authentication
        self.scopes = Set(scopes)
    }

    /// Passes a request on when its caller has the scopes.
    ///
    /// - Throws: ``ProblemDetails`` of 401 or 403.
    public func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        guard let caller = context.caller else { throw AccessRefusal.unauthenticated("Bearer").problem }
        if let refusal = authentication.refusal(of: caller, needing: scopes, request.head, context) {
            throw refusal.problem
        }
        return try await next(request, context)
    }
}
