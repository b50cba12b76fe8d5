import Foundation
import Testing

@testable import AgentCore

@Suite("What is written about the configuration")
struct ConfigurationReferenceTests {
    private static var document: String {
        get throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            return try String(
                contentsOf: root.appendingPathComponent("Documentation/Configuration.md"), encoding: .utf8)
        }
    }

    @Test("The reference has every key with its kind, default, meaning and variable")
    func reference() throws {
        let lines = Set(try Self.document.split(separator: "\n").map(String.init))
        for row in ConfigurationReference.rows {
            #expect(lines.contains(row.markdown), "Documentation/Configuration.md lacks: \(row.markdown)")
        }
    }

    @Test("The reference has no key that does not exist")
    func nothingElse() throws {
        let rows = Set(ConfigurationReference.rows.map(\.markdown))
        let keys = try Self.document.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("| `") && $0.contains("AGENTD_")
        }
        for line in keys { #expect(rows.contains(line)) }
    }

    @Test("The reference's examples load")
    func examples() throws {
        let parts = try Self.document.components(separatedBy: "```yaml\n").dropFirst()
        #expect(!parts.isEmpty)
        for part in parts {
            let yaml = part.components(separatedBy: "```").first ?? ""
            #expect(throws: Never.self) { try ConfigurationLoader.check(yaml: yaml, name: "example") }
        }
    }

    @Test("The template is a configuration of one database and defaults")
    func template() throws {
        let loaded = try ConfigurationLoader.check(yaml: ConfigurationTemplate.text, name: "template")
        #expect(loaded.configuration.databases == [DatabaseConfiguration(name: "default")])
    }

    @Test("The template with every comment taken away loads and changes nothing")
    func templateUncommented() throws {
        let lines = ConfigurationTemplate.text.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let bare = lines.drop { $0.hasPrefix("#") }
            .map { line in
                // One comment mark is the key's; a second one in front of a sentence stays.
                guard let mark = line.range(of: "# ") else { return line }
                return line.replacingCharacters(in: mark, with: "")
            }
            .joined(separator: "\n")
        let loaded = try ConfigurationLoader.check(yaml: bare, name: "template")
        #expect(loaded.configuration.databases == [DatabaseConfiguration(name: "default")])
        #expect(loaded.origins["databases[0].limits.rows"] != .byDefault)
        #expect(loaded.origins["http.auth.lockout.failures"] != .byDefault)
    }

    @Test("The template speaks of every key")
    func templateIsComplete() {
        for row in ConfigurationReference.rows {
            let name = row.key.split(separator: ".").last.map(String.init) ?? row.key
            #expect(
                ConfigurationTemplate.text.contains("\(name):") || ConfigurationTemplate.text.contains("\(name)_file:"))
        }
    }

    @Test("What is printed loads again as the same configuration")
    func printed() throws {
        let first = try ConfigurationLoader.check(yaml: completeSample, name: "t.yaml")
        // The default token and user files are printed as the absolute paths that they mean, which nobody may set yet.
        let text = first.printed().replacingOccurrences(of: " /tokens.yaml", with: " tokens.yaml")
            .replacingOccurrences(of: " /users.yaml", with: " users.yaml")
        let second = try ConfigurationLoader.check(yaml: text, name: "printed")
        #expect(second.configuration == first.configuration)
    }

    @Test("What is printed says where each value came from, and hides secrets")
    func origins() throws {
        let yaml = """
            databases:
              - name: a
                url: postgresql://u:geheim@h/d
              - name: b
                password: geheim
              - name: c
                password_file: p
              - name: d
                password_command: vault geheim
            """
        let text = try ConfigurationLoader.check(yaml: yaml, name: "t.yaml").printed()
        #expect(!text.contains("geheim"))
        #expect(text.contains("# t.yaml:2\n"))
        #expect(text.contains("password_file: /p"))
        #expect(text.contains("postgresql://u:********@h/d"))
        #expect(text.contains("# default\n"))
    }

    @Test("Every variable means one key")
    func variables() {
        #expect(Set(ConfigurationReference.rows.map(\.variable)).count == ConfigurationReference.rows.count)
    }
}
