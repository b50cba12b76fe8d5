import ArgumentParser

/// `agentctl db`: what concerns the databases themselves.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Test the configured databases, and the rights of their roles.",
        subcommands: [DatabaseTestCommand.self, DatabasePrivilegesCommand.self, CreateReaderCommand.self])
}
