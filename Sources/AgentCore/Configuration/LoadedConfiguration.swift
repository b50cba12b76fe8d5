/// Where a value came from.
public enum ValueOrigin: Sendable, Hashable, CustomStringConvertible {
    /// Nobody said anything.
    case byDefault
    /// The file, with the line from 1.
    case file(path: String, line: Int)
    /// An environment variable.
    case environment(name: String)
    /// A command line option, as it is spelled in the help, for example `--listen`.
    case option(name: String)

    /// For example `agentd.yaml:12`, `environment AGENTD_HTTP_LISTEN`, `option --listen`, `default`.
    public var description: String {
        switch self {
        case .byDefault: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): "environment \(name)"
        case .option(let name): "option \(name)"
        }
    }
}

/// A setting that was given on the command line.
public struct ConfigurationOption: Sendable, Hashable {
    /// The key, for example `http.listen`, or `database.host` for the database that the `--db-*` options mean.
    public var key: String
    /// The value, as text.
    public var value: String
    /// The option, for example `--listen`.
    public var name: String

    /// Makes a setting.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - value: The value, as text.
    ///   - name: The option.
    public init(key: String, value: String, name: String) {
        self.key = key
        self.value = value
        self.name = name
    }
}

/// A configuration together with where each of its values came from.
public struct LoadedConfiguration: Sendable {
    /// The configuration.
    public var configuration: AgentConfiguration
    /// The file that was read, as it was found; `nil` when there was none.
    public var file: String?
    /// Where each value came from, by key.
    public var origins: [String: ValueOrigin]
    /// What is allowed but unwise, a sentence each.
    public var warnings: [String]
    /// Why the password that is configured for the first database is not used, a sentence: an option names another user.
    public internal(set) var unsentPassword: String?
    /// What libpq takes from `PG*` variables, by key, without the password.
    var libpqEnvironment: [String: String] = [:]

    /// Makes a loaded configuration, for embedding programs and tests that have no file.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - file: The file that was read.
    ///   - origins: Where each value came from.
    ///   - warnings: What is allowed but unwise.
    public init(
        configuration: AgentConfiguration, file: String? = nil, origins: [String: ValueOrigin] = [:],
        warnings: [String] = []
    ) {
        self.configuration = configuration
        self.file = file
        self.origins = origins
        self.warnings = warnings
    }
}

/// A configuration as far as it could be read, with everything that is wrong with it.
public struct ConfigurationInspection: Sendable {
    /// What could be read. It must not be served while there are ``issues``.
    public var loaded: LoadedConfiguration
    /// What is wrong, in the order of the file.
    public var issues: [ConfigurationIssue]

    /// Makes an inspection.
    ///
    /// - Parameters:
    ///   - loaded: What could be read.
    ///   - issues: What is wrong.
    public init(loaded: LoadedConfiguration, issues: [ConfigurationIssue] = []) {
        self.loaded = loaded
        self.issues = issues
    }
}

extension LoadedConfiguration {
    /// What is wrong with values, together with where these values stand.
    ///
    /// - Parameter error: Issues that name keys.
    /// - Returns: The same issues, each with the file and line, variable or option that its key came from.
    public func placing(_ error: ConfigurationError) -> ConfigurationError {
        ConfigurationError(
            issues: error.issues.map { issue in
                guard issue.source == nil, let key = issue.key, let origin = origins[key] else { return issue }
                var issue = issue
                switch origin {
                case .byDefault: break
                case .file(let path, let line):
                    issue.source = path
                    issue.line = line
                case .environment(let name), .option(let name):
                    issue.source = name
                    issue.key = name
                }
                return issue
            })
    }
}
