import AgentCore
import AuthTokens
import Hummingbird

/// Everything about accounts that is served: signing in, administration, and what clients are told of an OAuth issuer.
struct AccessRoutes: Sendable {
    private let authentication: CallerAuthentication
    private let signIn: SignIn
    private let desk: AdminDesk?
    private let auditFile: String?
    private let agent: Agent
    private let metrics: ServerMetrics?

    /// - Parameters:
    ///   - authentication: Decides who asks.
    ///   - agent: Its audit log records changes, and is shown.
    ///   - metrics: What administrators are shown of the server; nil when nothing is counted.
    init(_ authentication: CallerAuthentication, agent: Agent, metrics: ServerMetrics? = nil) {
        self.authentication = authentication
        signIn = SignIn(authentication: authentication)
        desk = authentication.accounts.map {
            AdminDesk(authentication: authentication, accounts: $0, audit: agent.audit)
        }
        auditFile = agent.configuration.audit.file
        self.agent = agent
        self.metrics = metrics
    }

    /// Registers what anybody may ask for.
    ///
    /// - Parameters:
    ///   - root: The root of the server.
    ///   - routes: Below `/api/v1`, without authentication.
    func add(
        beforeAuthentication routes: RouterGroup<AgentRequestContext>, root: some RouterMethods<AgentRequestContext>
    ) {
        authentication.protectedResource?.add(to: root)
        signIn.add(beforeAuthentication: routes)
    }

    /// Registers the rest.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        signIn.add(to: routes)
        // Where nobody shows who they are, nobody administers.
        guard let desk else { return }
        AdminTokens(desk: desk).add(to: routes)
        AdminUsers(desk: desk).add(to: routes)
        AdminSessions(desk: desk).add(to: routes)
        AdminAudit(desk: desk, file: auditFile).add(to: routes)
        AdminDoctor(desk: desk, agent: agent).add(to: routes)
        AdminMetrics(desk: desk, metrics: metrics).add(to: routes)
    }
}
