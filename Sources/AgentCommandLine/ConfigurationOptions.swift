public import AgentCore
public import ArgumentParser

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The options that say which configuration and which database is meant, the same for every command.
public struct ConfigurationOptions: ParsableArguments {
    /// The configuration file.
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration file (default: AGENTD_CONFIG, or the first found).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    public var config: String?

    /// The first database's server.
    @Option(
        name: .customLong("db-host"), help: ArgumentHelp("The first database's server.", valueName: "host"))
    public var host: String?

    /// Its port.
    @Option(name: .customLong("db-port"), help: ArgumentHelp("Its port.", valueName: "port"))
    public var port: String?

    /// The name of the database on the server.
    @Option(name: .customLong("db-name"), help: ArgumentHelp("The database's name on the server.", valueName: "name"))
    public var name: String?

    /// The role to connect as.
    @Option(name: .customLong("db-user"), help: ArgumentHelp("The role to connect as.", valueName: "role"))
    public var user: String?

    /// The file that holds the role's password.
    @Option(
        name: .customLong("db-password-file"),
        help: ArgumentHelp("A file, mode 0600, that holds the role's password.", valueName: "file"), completion: .file()
    )
    public var passwordFile: String?

    /// How TLS is used.
    @Option(
        name: .customLong("db-sslmode"),
        help: ArgumentHelp("disable, allow, prefer, require, verify-ca or verify-full.", valueName: "mode"),
        completion: .list(SSLMode.allCases.map(\.rawValue)))
    public var sslmode: String?

    /// All of it as a URL, without a password.
    @Option(
        name: .customLong("db-url"),
        help: ArgumentHelp("All of it as a postgresql:// URL, without a password.", valueName: "url"))
    public var url: String?

    /// Options that nobody gave.
    public init() {}

    /// What the options say, for the loader.
    public var settings: [ConfigurationOption] {
        let all: [(String, String?, String)] = [
            ("host", host, "--db-host"), ("port", port, "--db-port"), ("database", name, "--db-name"),
            ("user", user, "--db-user"), ("password_file", passwordFile, "--db-password-file"),
            ("sslmode", sslmode, "--db-sslmode"), ("url", url, "--db-url"),
        ]
        return all.compactMap { key, value, option in
            value.map { ConfigurationOption(key: "database.\(key)", value: $0, name: option) }
        }
    }

    /// Loads the configuration as these options, the environment of the process and the file say it.
    ///
    /// - Parameters:
    ///   - further: What other options say.
    ///   - requiresDatabase: Whether it is an error when nothing names a database.
    /// - Returns: The configuration.
    /// - Throws: `ConfigurationError`, which ``CommandLineProgram`` turns into exit code 2 or 78.
    public func load(
        _ further: [ConfigurationOption] = [], requiresDatabase: Bool = true
    ) throws(ConfigurationError) -> LoadedConfiguration {
        try ConfigurationLoader.load(
            options: settings + further, environment: ProcessInfo.processInfo.environment, file: config,
            requiresDatabase: requiresDatabase)
    }

    /// Loads the configuration again and again, as these options and the environment of the process said it at the start.
    ///
    /// - Parameter further: What other options say.
    /// - Returns: The loader; it throws `ConfigurationError`.
    public func loader(_ further: [ConfigurationOption] = []) -> @Sendable () throws -> LoadedConfiguration {
        let (options, file, environment) = (settings + further, config, ProcessInfo.processInfo.environment)
        return { try ConfigurationLoader.load(options: options, environment: environment, file: file) }
    }
}
