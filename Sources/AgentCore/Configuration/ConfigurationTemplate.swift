/// The file that `agentctl config init` writes.
public enum ConfigurationTemplate {
    /// A complete configuration file: what must be said, and every other key as a comment with its default.
    public static let text: String = make()

    private static func make() -> String {
        var text = """
            # Configuration of agentd. Everything that is commented out shows its default.
            #
            # An unknown key is an error. Options and environment variables (AGENTD_HTTP_LISTEN for http.listen) win over
            # this file; `agentd --print-config` shows every value and where it came from. Relative paths start from the
            # folder of this file. Keep it at mode 600 if a password stands in it; better, use ~/.pgpass, password_file or
            # password_command.

            databases:
              - name: default

            """
        for section in DatabaseSchema.sections {
            let depth = section.path.isEmpty ? 4 : 6
            if !section.path.isEmpty {
                text += "\n    # # \(section.summary).\n    # \(section.path):\n"
            }
            for key in section.keys where key.description.path != "name" {
                text += lines(key.description, key.get(DatabaseConfiguration(name: "default")), depth: depth)
            }
        }
        let defaults = AgentConfiguration()
        for section in AgentSchema.http + AgentSchema.others {
            text += "\n"
            let components = section.path.split(separator: ".")
            if let name = components.last {
                let margin = String(repeating: "  ", count: components.count - 1)
                text += "# \(margin)# \(section.summary).\n"
                text += "# \(margin)\(name):\n"
            }
            for key in section.keys {
                let margin = String(repeating: "  ", count: components.count)
                text += comment(key.description, margin)
                text += "# \(margin)\(assignment(key.description, key.get(defaults)))\n"
            }
        }
        return text
    }

    private static func lines(_ key: KeyDescription, _ value: ConfigurationValue, depth: Int) -> String {
        let margin = String(repeating: " ", count: depth - 4)
        return "    # \(margin)# \(key.summary)\(note(key)).\n    # \(margin)\(assignment(key, value))\n"
    }

    private static func comment(_ key: KeyDescription, _ margin: String) -> String {
        "# \(margin)# \(key.summary)\(note(key)).\n"
    }

    private static func assignment(_ key: KeyDescription, _ value: ConfigurationValue) -> String {
        let name = key.path.split(separator: ".").last.map(String.init) ?? key.path
        let value = value.yaml
        // A secret itself has no place in a template.
        let spelling = key.kind == .secret ? name + SecretForm.file.suffix : name
        return value.isEmpty ? "\(spelling):" : "\(spelling): \(value)"
    }

    private static func note(_ key: KeyDescription) -> String {
        var notes: [String] = []
        if case .choice(let choices) = key.kind { notes.append(choices.joined(separator: ", ")) }
        if let awaits = key.awaits { notes.append("not supported yet: \(awaits)") }
        return notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")"
    }
}
