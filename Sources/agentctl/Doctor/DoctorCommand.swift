import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser
import Foundation
import MCPProtocol

/// `agentctl doctor`: the security checklist.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Go through the security checklist: configuration, files, certificates, tokens, users, databases.",
        discussion: """
            One line a point: pass, warn, fail, or person for what no program can check; how to mend it, and the page that \
            explains it. Nothing is changed. Points about HTTP are looked at when http.enabled is true, or with --http.

            Run it as the user that agentd runs as, or as root.

            Exit status: 0 when nothing must be mended, 1 when something must, 2 for a wrong call.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Flag(name: .long, help: "Look at the points of HTTP although http.enabled is not true.")
    var http = false

    @Flag(name: .long, help: "Leave the points out that pass or are for a person.")
    var quiet = false

    @Flag(name: .long, help: "Connect to no database.")
    var offline = false

    @Option(
        name: .long, help: ArgumentHelp("How long a database may take to answer, in seconds.", valueName: "seconds"))
    var timeout = 15

    @Option(
        name: .long, help: ArgumentHelp("Warn of certificates that expire within this many days.", valueName: "days"))
    var days = 30

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds.") }
        guard (0...3650).contains(days) else { throw ValidationError("--days is 0 to 3650.") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        var subject = CheckupSubject(
            inspection: inspection(environment), environment: environment, servesHTTP: http ? true : nil)
        subject.asksDatabases = !offline
        subject.databaseLimit = .seconds(timeout)
        subject.certificateWarnDays = days
        let checkup = Checkup(subject)
        let findings = try await Interrupt.cancelling { await checkup.run() }
        if json {
            StandardStreams.write(PlainText.jsonForTerminals(findings.json.serialized()) + "\n")
        } else {
            for finding in findings where !quiet || finding.status == .fail || finding.status == .warn {
                StandardStreams.write(TerminalText.line(finding.line) + "\n")
            }
            let counts = Finding.Status.allCases.map { "\(findings.count(of: $0)) \($0.rawValue)" }
            StandardStreams.write(counts.joined(separator: ", ") + "\n")
        }
        if !findings.isFine { throw ExitCode(1) }
    }

    /// A configuration that cannot be read at all is a finding like others.
    private func inspection(_ environment: [String: String]) -> ConfigurationInspection {
        do throws(ConfigurationError) {
            return try ConfigurationLoader.inspect(
                options: source.settings, environment: environment, file: source.config)
        } catch {
            return ConfigurationInspection(
                loaded: LoadedConfiguration(configuration: AgentConfiguration()), issues: error.issues)
        }
    }
}
