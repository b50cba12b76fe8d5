internal import AuthTokens

/// What commands for accounts, secrets and logs need of a configuration: where their files are.
///
/// Nothing of a database is read but its name, and no secret is opened, so that an incident or a lost secret file is no
/// reason for them to fail.
public struct ConfiguredPlaces: Sendable {
    /// The configuration without its databases. Only `http.auth`, `state`, `audit` and `secret_file` are vouched for.
    public let configuration: AgentConfiguration
    /// The names of the databases that the file and `AGENTD_*` variables configure.
    public let databaseNames: [String]
    /// The file that was read, as it was found; nil when there was none.
    public let file: String?
}

extension ConfigurationLoader {
    /// Finds and reads the configuration as ``load(options:environment:file:requiresDatabase:)`` does, and checks no more of it than
    /// what says where files are.
    ///
    /// - Parameters:
    ///   - environment: The environment of the process.
    ///   - file: The file that `--config` names.
    /// - Returns: The places.
    /// - Throws: ``ConfigurationError`` for a file that cannot be read or that everybody may change, and for what is wrong
    ///   with the keys that are needed. An unknown key counts, since it could be one of these misspelt.
    public static func places(
        environment: [String: String], file: String? = nil
    ) throws(ConfigurationError) -> ConfiguredPlaces {
        var sources = try read(environment, file)
        if let found = sources.found { reportWritable(found.path, found.file.permissions, in: &sources.reader) }
        sources.reader.readEnvironment(environment, folder: sources.workingDirectory)
        let reader = sources.reader
        let names = reader.databases.map { table in
            if case .text(let name)? = table["name"]?.value { name } else { "default" }
        }
        var assembly = SettingsAssembly(reader, looksAtFiles: false, folder: sources.folder)
        return ConfiguredPlaces(
            configuration: try assembly.assembleAgent(concerning: PlaceKeys.concerns), databaseNames: names,
            file: sources.found?.path)
    }
}

/// Which keys say where files are.
private enum PlaceKeys {
    private static let needed = ["http.auth", "state", "audit", "secret_file"]

    /// Whether an issue stands in the way of knowing the places: one of the file as a whole, of a key that is needed, or of
    /// one that is not known.
    static func concerns(_ issue: ConfigurationIssue) -> Bool {
        guard let key = issue.key else { return true }
        if key.hasPrefix("AGENTD_") { return concernsVariable(key) }
        if key.hasPrefix("databases") { return false }
        var path = ""
        for part in key.split(separator: ".") {
            path += path.isEmpty ? String(part) : "." + part
            let isKnown = AgentSchema.index.entries[path] != nil || AgentSchema.index.children[path] != nil
            if isKnown, !isNeeded(path) { return false }
        }
        return true
    }

    private static func concernsVariable(_ name: String) -> Bool {
        if name.hasPrefix("AGENTD_DATABASE") { return false }
        return !AgentSchema.index.entries.keys.contains { !isNeeded($0) && EnvironmentName.of($0) == name }
    }

    /// Whether a path is one that is needed, or lies above or below it.
    private static func isNeeded(_ path: String) -> Bool {
        needed.contains { $0 == path || $0.hasPrefix(path + ".") || path.hasPrefix($0 + ".") }
    }
}
