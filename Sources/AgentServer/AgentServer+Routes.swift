import AgentCore
import AuthTokens
public import Hummingbird
import MCPHTTP

/// What is served at which path.
extension AgentServer {
    /// What each request passes, outermost first.
    var middleware: [any MiddlewareProtocol<Request, Response, AgentRequestContext>] {
        [
            RequestIdentity(proxies: proxies),
            RequestObservation(metrics: metrics, logger: logger),
            SecurityHeaders(),
            ProblemAnswers(),
            HostRule(policy: { [state] in state.addresses }),
            HeadRule(
                maximumFields: services.limits.maximumHeaderFields, maximumBytes: services.limits.maximumHeaderBytes,
                maximumBody: http.maxBodyBytes),
        ]
    }

    /// Puts MCP, the API and the health checks into a router, each request by way of the server's own middleware.
    ///
    /// Listeners, TLS and time-outs are the program's own then; see ``runBackgroundWork()`` for what goes on beside
    /// requests.
    ///
    /// - Parameter router: The router of a Hummingbird application.
    public func mount(on router: Router<AgentRequestContext>) {
        let routes = router.group()
        for one in middleware { routes.add(middleware: one) }
        addRoutes(to: routes)
    }

    func addRoutes(to routes: RouterGroup<AgentRequestContext>) {
        HealthRoutes(
            readiness: readiness, isEnding: { [state] in state.isEnding }, problems: { [state] in state.problems }
        ).add(to: routes)
        endpoint.mount(on: routes, at: "/mcp") { [callers] head, context -> CallerDecision in
            let verdict = await callers.caller(
                of: head, address: context.clientAddress, isSecure: context.isSecure)
            switch verdict {
            case .refused(let refusal): return .refused(refusal)
            case .caller(let caller):
                context.notes.caller = caller
                return .caller(
                    HTTPCaller(identity: Self.identity(of: caller, context.clientAddress), value: caller.principal))
            }
        }
    }

    /// What sessions of MCP and limits are bound to. Without authentication the address is all there is.
    static func identity(of caller: AuthenticatedCaller, _ address: String) -> String {
        switch caller.credential {
        case .none: "address:\(address)"
        case .token(let id): "token:\(id)"
        case .session(let id): "session:\(id)"
        case .oauth(let subject): "oauth:\(subject)"
        }
    }
}
