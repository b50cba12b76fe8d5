import AgentCore
import AuthTokens
import Foundation
import Logging

/// Asks one question of the databases and the model that `agentd.yaml` names: `swift run ask-once "How many orders were paid?"`
@main
enum AskOnce {
    static func main() async throws {
        let logger = Logger(label: "ask-once") { StreamLogHandler.standardError(label: $0) }
        let loaded = try ConfigurationLoader.load(environment: ProcessInfo.processInfo.environment)
        let agent = try Agent(configuration: loaded.configuration, logger: logger)
        guard let chat = try agent.chat else { return print("Set llm.provider in agentd.yaml.") }

        let question = CommandLine.arguments.dropFirst().joined(separator: " ")
        let end = try await chat.turn(
            ChatRequest(message: question, caller: .local),
            approve: { approval in
                // Nothing is written unless this says so; a program with a person in front of it would ask them.
                print("\nNot run, nobody was asked:\n\(approval.question.text)")
                return .decline
            },
            onEvent: { event in
                switch event {
                case .text(let words): print(words, terminator: "")
                case .toolCall(_, let name, _, let sql, _): print("\n[\(name)] \(sql ?? "")")
                case .error(_, let message): print("\n\(message)")
                default: break
                }
            })
        print("\n(\(end.reason.rawValue))")
        await agent.shutdown()
    }
}
