import AgentCore
import AgentServer
import Foundation
import Hummingbird
import Logging

/// The agent within a Hummingbird program of one's own: MCP at `/mcp`, health at `/healthz`, beside the program's routes.
///
/// `swift run embedded-agent` takes its databases from `PGHOST` and its family, or from `agentd.yaml`.
@main
enum EmbeddedAgent {
    static func main() async throws {
        let logger = Logger(label: "embedded-agent")
        let loaded = try ConfigurationLoader.load(environment: ProcessInfo.processInfo.environment)
        let agent = try Agent(configuration: loaded.configuration, logger: logger)

        // The agent, in three lines. `accounts: nil` asks nobody who they are: right on this machine alone.
        let router = Router(context: AgentRequestContext.self)
        let server = try AgentServer(agent: agent, accounts: nil, logger: logger)
        server.mount(on: router)

        router.get("hello") { _, _ in "The program's own route.\n" }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 8080)), logger: logger)
        try await application.runService()
        await agent.shutdown()
    }
}
