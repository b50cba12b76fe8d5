import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `GET /admin/doctor`: the security checklist, as `agentctl doctor --json` prints it, of the running server.
///
/// The databases are asked over the connections that are there, each within a time limit.
struct AdminDoctor: Sendable {
    let desk: AdminDesk
    let agent: Agent
    private let turn = Turn()

    /// One checkup at a time.
    private final class Turn: Sendable {
        private let isTaken = Mutex(false)

        func take() -> Bool {
            isTaken.withLock { isTaken in
                defer { isTaken = true }
                return !isTaken
            }
        }

        func release() { isTaken.withLock { $0 = false } }
    }

    init(desk: AdminDesk, agent: Agent) {
        self.desk = desk
        self.agent = agent
    }

    /// Registers the route.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.get("admin/doctor", use: examine)
    }

    @Sendable
    func examine(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        guard turn.take() else {
            throw ProblemDetails(
                .serviceUnavailable, code: "busy", title: "A checkup is running already", fields: [.retryAfter: "5"])
        }
        defer { turn.release() }
        return AccountJSON.response(await Checkup(subject, databases: agent.databases).run().json)
    }

    /// The configuration in force; a file that could not be reloaded is a mistake in it.
    private var subject: CheckupSubject {
        let issues = agent.reloadState.problem.map { [ConfigurationIssue(message: $0)] } ?? []
        var subject = CheckupSubject(
            inspection: ConfigurationInspection(
                loaded: LoadedConfiguration(configuration: agent.configuration), issues: issues),
            environment: ProcessInfo.processInfo.environment, servesHTTP: true)
        subject.databaseLimit = .seconds(5)
        return subject
    }
}
