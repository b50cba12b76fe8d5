import AgentCommandLine
import AgentCore
import ArgumentParser
import Logging
import MCPProtocol

/// The databases that a command is about.
enum DatabaseChoice {
    /// The entry of one database.
    ///
    /// - Parameters:
    ///   - name: Its configured name; nil for the first.
    ///   - loaded: The configuration.
    ///   - source: The options: those of a connection mean the first database.
    /// - Throws: Exit status 2, with the nearest name, when there is no such database, or when options of a connection are
    ///   given for another than the first.
    static func configuration(
        named name: String?, in loaded: LoadedConfiguration, _ source: ConfigurationOptions
    ) throws -> DatabaseConfiguration {
        let databases = loaded.configuration.databases
        guard let index = name == nil ? databases.indices.first : databases.firstIndex(where: { $0.name == name })
        else {
            let names = databases.map(\.name)
            let near = name.flatMap { NearestSpelling.of($0, among: names) }.map { " Did you mean \"\($0)\"?" } ?? ""
            StandardStreams.writeError(
                "There is no database \"\(name ?? "")\" in the configuration.\(near) It has: \(names.joined(separator: ", "))"
            )
            throw ExitCode(2)
        }
        if index > 0, let option = source.settings.first {
            StandardStreams.writeError(
                "\(option.name) means the first database, \(databases[0].name), and not \(databases[index].name)")
            throw ExitCode(2)
        }
        return databases[index]
    }

    /// Runs `body` with the databases of these names, or with all; their connections are closed afterwards.
    ///
    /// - Parameters:
    ///   - names: The configured names; empty for all.
    ///   - source: The options.
    /// - Throws: Exit status 2, with the nearest name, when there is no such database, or none at all.
    static func withDatabases<Result: Sendable>(
        _ names: [String], of source: ConfigurationOptions,
        _ body: @escaping @Sendable ([Database]) async throws -> Result
    ) async throws -> Result {
        let loaded = try source.load()
        if let unsent = loaded.unsentPassword { StandardStreams.writeError(unsent) }
        let registry = DatabaseRegistry(
            configuration: loaded.configuration, logger: Logger(label: "agentctl") { _ in SwiftLogNoOpLogHandler() })
        let databases: [Database]
        do {
            databases = names.isEmpty ? registry.databases : try names.map { try registry.database(named: $0) }
        } catch {
            StandardStreams.writeError("\(error)")
            throw ExitCode(2)
        }
        guard !databases.isEmpty else {
            StandardStreams.writeError(
                "no database is configured: add one under databases, or set PGHOST or PGDATABASE")
            throw ExitCode(2)
        }
        do {
            let result = try await Interrupt.cancelling { try await body(databases) }
            await registry.shutdown()
            return result
        } catch {
            await registry.shutdown()
            throw error
        }
    }
}
