import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser
import AuthTokens
import Foundation
import MCPProtocol

/// `agentctl cert`: certificates.
struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert", abstract: "Check certificates.", subcommands: [Check.self])

    /// `agentctl cert check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check certificates: validity, names, key, chain, strength.",
            discussion: """
                Without FILE: the certificate of http.tls and those of the databases, as the configuration names them. A file \
                holds the server's certificate first, then its chain; a private key in it must belong to the certificate.

                Exit status: 0 when all are good (warnings included), 1 when one has a fault, 2 for a wrong call.
                """)

        @Argument(help: "Certificates as PEM.", completion: .file())
        var files: [String] = []

        @OptionGroup var source: ConfigurationFileOption

        @Option(
            name: .long, help: ArgumentHelp("The private key of the (one) FILE.", valueName: "file"),
            completion: .file())
        var key: String?

        @Option(
            name: .long, help: ArgumentHelp("The chain of the (one) FILE.", valueName: "file"), completion: .file())
        var chain: String?

        @Option(
            name: .long,
            help: ArgumentHelp("A host name that the certificate must be for; may be repeated.", valueName: "host"))
        var name: [String] = []

        @Option(
            name: .long, help: ArgumentHelp("Warn when it expires within this many days.", valueName: "days"))
        var days = 30

        @Flag(name: .long, help: "Print JSON.")
        var json = false

        func validate() throws {
            guard (0...3650).contains(days) else { throw ValidationError("--days is 0 to 3650.") }
            if files.count != 1, key != nil || chain != nil {
                throw ValidationError("--key and --chain go with one FILE.")
            }
        }

        func run() throws {
            let now = Timestamp.now
            let reports = try checks().map { $0.report(at: now) }
            guard !reports.isEmpty else {
                throw CommandFailure(message: "no certificate is configured (http.tls.cert_file); name a FILE")
            }
            if json {
                let list = JSONValue.array(reports.map { $0.json(at: now) })
                StandardStreams.write(PlainText.jsonForTerminals(list.serialized()) + "\n")
            } else {
                for report in reports { StandardStreams.write(report.terminalText(at: now)) }
            }
            if !reports.allSatisfy(\.isFine) { throw ExitCode(1) }
        }

        private func checks() throws -> [CertificateCheck] {
            guard files.isEmpty else {
                return files.map {
                    CertificateCheck(certificateFile: $0, keyFile: key, chainFile: chain, names: name, warnDays: days)
                }
            }
            // What else is wrong with the configuration is not what is asked here.
            let configuration = try ConfigurationLoader.inspect(
                environment: ProcessInfo.processInfo.environment, file: source.config, requiresDatabase: false
            ).loaded.configuration
            let tls = configuration.http.tls
            var checks: [CertificateCheck] = []
            if let file = tls.certFile {
                checks.append(
                    CertificateCheck(
                        certificateFile: file, keyFile: tls.keyFile, chainFile: tls.chainFile, names: name,
                        warnDays: days))
            }
            for database in configuration.databases {
                if let file = database.sslcert {
                    checks.append(
                        CertificateCheck(
                            certificateFile: file, keyFile: database.sslkey, warnDays: days, isServer: false))
                }
                if let file = database.sslrootcert, file != "system" {
                    checks.append(CertificateCheck(certificateFile: file, warnDays: days, isServer: false))
                }
            }
            return checks
        }
    }
}

extension CertificateReport {
    /// The report for a person.
    func terminalText(at now: Timestamp) -> String {
        let worst = !isFine ? "FAULT" : problems.isEmpty ? "ok" : "warning"
        var text = "\(TerminalText.line(file)): \(worst)\n"
        for (index, entry) in certificates.enumerated() {
            var lines = [
                ("certificate", entry.subject), ("issuer", entry.isSelfSigned ? "itself" : entry.issuer),
                ("valid", "\(entry.notBefore) to \(entry.notAfter), \(entry.daysLeft(at: now)) days left"),
                ("key", entry.key), ("signature", entry.signature),
            ]
            if !entry.names.isEmpty { lines.insert(("names", entry.names.joined(separator: ", ")), at: 1) }
            if index == 0, let keyMatches { lines.append(("private key", keyMatches ? "matches" : "DOES NOT MATCH")) }
            for (label, value) in lines {
                text += "  \(label)\(String(repeating: " ", count: 13 - label.count))\(TerminalText.line(value))\n"
            }
        }
        for problem in problems {
            text += "  \(problem.severity.rawValue): \(TerminalText.line(problem.text)); "
            text += "mend: \(TerminalText.line(problem.remedy))\n"
        }
        return text
    }

    /// The report for programs.
    func json(at now: Timestamp) -> JSONValue {
        var object = JSONObject()
        object["file"] = .string(file)
        object["ok"] = .bool(isFine)
        object["keyMatches"] = keyMatches.map { .bool($0) } ?? .null
        object["certificates"] = .array(
            certificates.map { entry in
                .object([
                    "subject": .string(entry.subject), "issuer": .string(entry.issuer),
                    "names": .array(entry.names.map { .string($0) }), "notBefore": .string(entry.notBefore.text),
                    "notAfter": .string(entry.notAfter.text), "daysLeft": .integer(Int64(entry.daysLeft(at: now))),
                    "key": .string(entry.key), "signature": .string(entry.signature),
                    "selfSigned": .bool(entry.isSelfSigned), "authority": .bool(entry.isAuthority),
                    "sha256": .string(entry.fingerprint),
                ])
            })
        object["problems"] = .array(
            problems.map { problem in
                .object([
                    "code": .string(problem.code.rawValue), "severity": .string(problem.severity.rawValue),
                    "text": .string(problem.text), "remedy": .string(problem.remedy),
                ])
            })
        return .object(object)
    }
}
