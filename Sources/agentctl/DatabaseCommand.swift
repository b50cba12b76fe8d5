import ArgumentParser

/// `agentctl db`: what concerns the databases themselves.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Test the configured databases.", subcommands: [DatabaseTestCommand.self])
}
