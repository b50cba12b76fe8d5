import AgentCore
import AuthTokens
public import Hummingbird
import MCPHTTP

/// What is served at which path.
extension AgentServer {
    /// What each request passes, outermost first.
    var middleware: [any MiddlewareProtocol<Request, Response, AgentRequestContext>] {
        var all: [any MiddlewareProtocol<Request, Response, AgentRequestContext>] = [RequestIdentity(proxies: proxies)]
        if let metrics = services.metrics { all.append(RequestObservation(metrics: metrics, logger: logger)) }
        return all + [
            Compression(),
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
            readiness: readiness, isEnding: { [state] in state.isEnding },
            problems: { [self] in state.problems + standingProblems }
        ).add(to: routes)
        endpoint.mount(on: routes, at: "/mcp") { [authentication] head, context in
            await authentication.endpointDecision(head, context)
        }
        api.addDocument(to: routes)
        page.add(to: routes)
        let root = RouterPath(APIPath.root)
        let open = routes.group(root)
        access.add(beforeAuthentication: open, root: routes)
        let closed = routes.group(root)
        closed.add(middleware: AuthenticationMiddleware(authentication, streams: endpoint.openStreams))
        api.add(to: closed)
        access.add(to: closed)
    }
}
