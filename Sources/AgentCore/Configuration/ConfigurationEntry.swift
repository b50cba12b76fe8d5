/// One key with its value, fit to be shown: secrets are hidden.
public struct ConfigurationEntry: Sendable, Hashable {
    /// The key from the root, for example `databases[0].pool.max`.
    public let key: String
    /// The value as YAML on one line, empty for none.
    public let value: String
    /// Where it came from, for example `agentd.yaml:12`.
    public let origin: String
}

extension LoadedConfiguration {
    /// Every key in the order of the reference, with secrets hidden.
    public var entries: [ConfigurationEntry] {
        var result: [ConfigurationEntry] = []
        for section in AgentSchema.http { result += entries(section.keys, configuration, prefix: "") }
        for (number, database) in configuration.databases.enumerated() {
            result += entries(DatabaseSchema.keys, database, prefix: "databases[\(number)].")
        }
        for section in AgentSchema.others { result += entries(section.keys, configuration, prefix: "") }
        return result
    }

    private func entries<Root>(_ keys: [KeySchema<Root>], _ root: Root, prefix: String) -> [ConfigurationEntry] {
        keys.map { key in
            let path = prefix + key.description.path
            let value = key.get(root)
            if value == .none, let database = root as? DatabaseConfiguration,
                let found = fromLibPQ(key.description.path, database)
            {
                return ConfigurationEntry(key: path, value: found.value, origin: "environment \(found.variable)")
            }
            return ConfigurationEntry(
                key: path + spelling(value), value: value.yaml, origin: (origins[path] ?? .byDefault).description)
        }
    }

    /// A secret is shown under the key that says in which form it was given.
    private func spelling(_ value: ConfigurationValue) -> String {
        switch value {
        case .secret(.file): SecretForm.file.suffix
        case .secret(.command): SecretForm.command.suffix
        default: ""
        }
    }

    /// What libpq will take from its own environment variables, since the entry leaves it out.
    private func fromLibPQ(_ key: String, _ database: DatabaseConfiguration) -> (value: String, variable: String)? {
        // The entry of a service file comes before the environment, and only libpq reads it.
        guard database.service == nil, database.url?.parameters["service"] == nil else { return nil }
        guard let variable = LibPQEnvironment.variables.first(where: { $0.key == key })?.variable,
            let value = libpqEnvironment[key]
        else { return nil }
        let keyword = key == "database" ? "dbname" : key
        guard database.connectionParameters()[keyword] == nil else { return nil }
        return (ConfigurationValue.scalar(value), variable)
    }

    /// The configuration as YAML, each value with a comment that says where it came from. Secrets are hidden.
    ///
    /// - Returns: Lines that end with a newline each.
    public func printed() -> String {
        var printer = EntryPrinter()
        var http: [ConfigurationEntry] = []
        var databases: [ConfigurationEntry] = []
        var others: [ConfigurationEntry] = []
        for entry in entries {
            if entry.key.hasPrefix("http.") {
                http.append(entry)
            } else if entry.key.hasPrefix("databases[") {
                databases.append(entry)
            } else {
                others.append(entry)
            }
        }
        for entry in http { printer.add(entry) }
        if databases.isEmpty { printer.add(ConfigurationEntry(key: "databases", value: "[]", origin: "default")) }
        for entry in databases { printer.add(entry) }
        for entry in others { printer.add(entry) }
        return printer.text
    }
}

/// Writes keys with paths as nested YAML.
private struct EntryPrinter {
    var text = ""
    private var path: [String] = []

    mutating func add(_ entry: ConfigurationEntry) {
        // `databases[0].pool.max` stands in the section `databases`, the entry `[0]`, the section `pool`.
        var components: [String] = []
        for component in entry.key.split(separator: ".") {
            if let bracket = component.firstIndex(of: "[") {
                components.append(String(component[..<bracket]))
                components.append(String(component[bracket...]))
            } else {
                components.append(String(component))
            }
        }
        let sections = Array(components.dropLast())
        let common = zip(path, sections).prefix { $0 == $1 }.count
        var dash = ""
        for (depth, section) in sections.enumerated().dropFirst(common) {
            if section.hasPrefix("[") {
                dash = "- "
            } else {
                text += indent(depth, sections) + section + ":\n"
            }
        }
        path = sections
        var margin = indent(sections.count, sections)
        if !dash.isEmpty { margin = String(margin.dropLast(2)) + dash }
        let line = "\(margin)\(components.last ?? ""):\(entry.value.isEmpty ? "" : " ")\(entry.value)"
        let padding = String(repeating: " ", count: max(1, 48 - line.unicodeScalars.count))
        text += "\(line)\(padding)# \(PlainText.escaped(entry.origin))\n"
    }

    private func indent(_ depth: Int, _ sections: [String]) -> String {
        String(repeating: "  ", count: depth)
    }
}
