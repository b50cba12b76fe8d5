/// One key as the reference lists it.
package struct ConfigurationReferenceRow: Sendable {
    /// The key from the root, for example `databases[].pool.max`.
    package let key: String
    /// What it may hold.
    package let allowed: String
    /// The default as YAML, empty for none.
    package let fallback: String
    /// What it means.
    package let summary: String
    /// The environment variable.
    package let variable: String
    /// What it needs that is not there yet.
    package let awaits: String?

    /// The row of a Markdown table.
    package var markdown: String {
        let note = awaits.map { " *Not supported yet: \($0).*" } ?? ""
        let fallback = fallback.isEmpty ? "–" : "`\(fallback)`"
        return "| `\(key)` | \(allowed) | \(fallback) | \(summary).\(note) | `\(variable)` |"
    }
}

/// Every key, from the schema that the loader itself obeys, so that the documentation cannot differ from it.
package enum ConfigurationReference {
    /// Every key in the order of the file.
    package static let rows: [ConfigurationReferenceRow] =
        AgentSchema.http.flatMap(\.keys).map { row($0, AgentConfiguration()) }
        + DatabaseSchema.keys.map { key in
            row(key, DatabaseConfiguration(name: ""), prefix: "databases[].")
        }
        + AgentSchema.others.flatMap(\.keys).map { row($0, AgentConfiguration()) }

    private static func row<Root>(
        _ key: KeySchema<Root>, _ root: Root, prefix: String = ""
    ) -> ConfigurationReferenceRow {
        let path = key.description.path
        let value = key.get(root)
        return ConfigurationReferenceRow(
            key: prefix + path, allowed: ValueReader.expectation(key.description.kind),
            fallback: value == .text("") ? "" : value.yaml, summary: key.description.summary,
            variable: prefix.isEmpty ? EnvironmentName.of(path) : EnvironmentName.ofFirstDatabase(path),
            awaits: key.description.awaits)
    }
}
