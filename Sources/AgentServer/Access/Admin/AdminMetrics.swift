import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `GET /admin/metrics`: how the server is, at a glance. Prometheus reads more, at a listener of its own.
struct AdminMetrics: Sendable {
    let desk: AdminDesk
    /// What is counted; nil when nothing is.
    let metrics: ServerMetrics?

    /// Registers the route.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.get("admin/metrics", use: show)
    }

    @Sendable
    func show(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        guard let metrics else { throw ProblemDetails(.noMetrics) }
        return AccountJSON.response(.object(metrics.glance))
    }
}
