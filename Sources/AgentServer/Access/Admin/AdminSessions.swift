import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `/admin/sessions`: who is signed in, and the end of it.
struct AdminSessions: Sendable {
    let desk: AdminDesk

    /// Registers the routes.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.get("admin/sessions", use: list)
        routes.delete("admin/sessions/{id}", use: end)
        routes.delete("admin/sessions", use: endAll)
    }

    @Sendable
    func list(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        let sessions = desk.accounts.sessions.list(user: user(request))
        return AccountJSON.response(["sessions": .array(sessions.map { .object(AccountJSON.session($0)) })])
    }

    @Sendable
    func end(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let id = context.parameters.get("id") ?? ""
        let count = try await desk.change("session.end", of: id, takesAway: true, request, context) {
            (accounts) throws(AccountError) -> Int in
            try accounts.sessions.end { $0.id == id }
        }
        guard count > 0 else {
            throw ProblemDetails(.notFound, code: "account-not-found", title: "There is no such session")
        }
        return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    }

    /// Ends every session of a user, who has to be named: nobody ends all of them by forgetting a parameter.
    @Sendable
    func endAll(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        guard let name = user(request) else { throw AccountBody.invalid("The parameter user is missing.") }
        let count = try await desk.change("session.end", of: "user:\(name)", takesAway: true, request, context) {
            (accounts) throws(AccountError) -> Int in
            try accounts.sessions.end { $0.user == name }
        }
        return AccountJSON.response(["ended": .integer(Int64(count))])
    }

    private func user(_ request: Request) -> String? {
        request.uri.queryParameters.get("user")
    }
}
