import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser
import MCPProtocol

/// `agentctl db privileges`: what the role of each database could do if the guard were not there.
struct DatabasePrivilegesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privileges",
        abstract: "Show what the role could do beyond reading, and how to take it away.",
        discussion: """
            Looked at is the role that logs in, with every role that it could become: run_as_role does not count, since RESET \
            ROLE leads back.

            Exit status: 0 when nothing was found that require_least_privilege would refuse, 1 when something was or a database \
            did not answer, 2 for a wrong call or configuration.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Argument(help: "The databases, by their configured names (default: all).")
    var names: [String] = []

    func run() async throws {
        let answers = try await DatabaseChoice.withDatabases(names, of: source) { await Self.ask($0) }
        StandardStreams.write(
            json
                ? PlainText.jsonForTerminals(JSONValue.array(answers.map(\.json)).serialized()) + "\n"
                : answers.map(\.text).joined(separator: "\n"))
        if !answers.allSatisfy(\.isFine) { throw ExitCode(1) }
    }

    /// What one database answered.
    struct Answer: Sendable {
        let name: String
        let allowsWrites: Bool
        let result: Result<PrivilegeReport, QueryFailure>

        /// Whether `require_least_privilege` would serve the database.
        var isFine: Bool {
            guard case .success(let report) = result else { return false }
            return report.blocking(allowWrites: allowsWrites).isEmpty
        }

        /// For people.
        var text: String {
            switch result {
            case .success(let report):
                return TerminalText.line(name) + ": " + report.terminalText(allowWrites: allowsWrites)
            case .failure(let failure):
                let lines = [failure.description, failure.operatorDetail].compactMap { $0 }.flatMap(TerminalText.lines)
                return TerminalText.line(name) + ": FAILED\n" + lines.map { "  \($0)\n" }.joined()
            }
        }

        /// For programs.
        var json: JSONValue {
            var object: JSONObject = ["name": .string(name), "ok": .bool(isFine), "allowWrites": .bool(allowsWrites)]
            switch result {
            case .success(let report): object["privileges"] = report.json
            case .failure(let failure): object["problem"] = .string(failure.description)
            }
            return .object(object)
        }
    }

    private static func ask(_ databases: [Database]) async -> [Answer] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (index, database) in databases.enumerated() {
                group.addTask {
                    let result: Result<PrivilegeReport, QueryFailure>
                    do throws(QueryFailure) {
                        result = .success(try await database.privilegeReport())
                    } catch {
                        result = .failure(error)
                    }
                    return (
                        index,
                        Answer(
                            name: database.name, allowsWrites: database.configuration.allowWrites, result: result)
                    )
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

extension PrivilegeReport {
    /// The report for a person, after the name of the database.
    func terminalText(allowWrites: Bool) -> String {
        let blocking = blocking(allowWrites: allowWrites)
        var text = "role \(TerminalText.line(loginRole))"
        if role != loginRole { text += " (statements run as \(TerminalText.line(role)), which RESET ROLE undoes)" }
        if isLeast {
            text += " can do no more than read\n"
        } else {
            text += blocking.isEmpty ? "\n" : ", refused by require_least_privilege\n"
        }
        for finding in findings {
            text += "  \(finding.severity.rawValue): \(finding.text)\n"
            if let names = finding.nameList { text += "    \(TerminalText.line(names))\n" }
            text += "    mend: \(TerminalText.line(finding.remedy))\n"
        }
        return text
    }
}
