import AgentCore
import AuthTokens
import Foundation
import Logging

/// Asks one question, approves whatever is asked, and stands still at one event until it is killed: what the test of killed turns
/// starts. Arguments: the configuration file, the question, the name of the event. A line on standard output for each event.
@main
enum TurnWriter {
    static func main() async throws {
        let (file, question, moment) = (
            CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3]
        )
        let loaded = try ConfigurationLoader.load(environment: ["AGENTD_CONFIG": file])
        let agent = try Agent(
            configuration: loaded.configuration, logger: Logger(label: "turn-writer") { _ in SwiftLogNoOpLogHandler() })
        guard let chat = try agent.chat else { exit(2) }
        try await chat.turn(ChatRequest(message: question, caller: .local), approve: { _ in .approve }) { event in
            // One write for a line, and none of it in a buffer that dies with the process.
            FileHandle.standardOutput.write(Data((event.name + "\n").utf8))
            if event.name == moment { try await Task.sleep(for: .seconds(600)) }
        }
        await agent.shutdown()
    }
}
