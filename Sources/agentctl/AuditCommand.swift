import AgentCore
import ArgumentParser
import AuthTokens

/// `agentctl audit`: what agentd recorded, and whether it is still what was recorded.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read and verify the audit log.",
        subcommands: [Tail.self, Search.self, Verify.self])

    /// `agentctl audit tail`.
    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tail",
            abstract: "Print the last lines of the audit log.",
            discussion: "Rotated files are read too, as far as they are needed. Nothing is verified.")

        @OptionGroup var source: AuditSourceOptions
        @OptionGroup var filter: AuditFilterOptions

        @Option(name: [.customShort("n"), .long], help: "How many lines.")
        var lines = 20

        @Flag(name: [.customShort("f"), .long], help: "Go on with what is written, until interrupted.")
        var follow = false

        @Flag(help: "Print the lines as they are: JSON, one object a line.")
        var json = false

        func validate() throws {
            if lines < 0 || lines > 1_000_000 { throw ValidationError("--lines must be between 0 and 1000000.") }
        }

        func run() async throws {
            let log = try AuditPlaces(source).log
            let filter = try filter.filter()
            var position = try AuditReading.last(lines, of: log, matching: filter) { print($0) }
            while follow {
                try await Task.sleep(for: .milliseconds(300))
                position = try AuditReading.new(in: log, after: position, matching: filter) { print($0) }
            }
        }

        private func print(_ line: AuditRecord) { StandardStreams.write(AuditText.line(line, json: json)) }
    }

    /// `agentctl audit search`.
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "search",
            abstract: "Print the lines of the audit log that meet every condition.",
            discussion: """
                Reads the log and what was rotated away from it, or the files that are named. Times are RFC 3339, or a day, in \
                UTC. Exit status: 0 when a line was found, 1 when none was.
                """)

        @OptionGroup var source: AuditSourceOptions
        @OptionGroup var filter: AuditFilterOptions

        @Flag(help: "Print the lines as they are: JSON, one object a line.")
        var json = false

        @Argument(help: "The files to read (default: the log of the configuration).", completion: .file())
        var files: [String] = []

        func run() async throws {
            let filter = try filter.filter()
            let paths = files.isEmpty ? AuditRecords.files(of: try AuditPlaces(source).log) : files
            var found = false
            for path in paths {
                try AuditReading.all(path, matching: filter) { line in
                    found = true
                    StandardStreams.write(AuditText.line(line, json: json))
                }
            }
            if !found { throw ExitCode(1) }
        }
    }

    /// `agentctl audit verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Find the first altered, missing or moved line of the audit log, and lines cut off its end.",
            discussion: """
                Follows the chain through the log and what was rotated away from it, checks the seal of each line with the \
                secret file, and compares the end with the head in the state folder. The log of agentctl query is verified in \
                the same way, when there is one. Files that are named are verified \
                without the head, unless --head gives one: lines cut off their end cannot be missed then.

                Exit status: 0 when nothing is wrong, 1 when something is, 2 for a wrong call or configuration.
                """)

        @OptionGroup var source: AuditSourceOptions

        @Option(
            name: .customLong("secret-file"),
            help: ArgumentHelp("The secret file (default: the configuration's).", valueName: "file"),
            completion: .file())
        var secretFile: String?

        @Option(
            help: ArgumentHelp("The file of the head (default: the configuration's).", valueName: "file"),
            completion: .file())
        var head: String?

        @Flag(help: "Older files must not be missing: the first line has to be number 1.")
        var complete = false

        @Flag(
            name: .customLong("allow-recorded"),
            help: "Do not fail for what agentd itself found at a start and recorded, after it was looked into.")
        var allowRecorded = false

        @Flag(help: "Print the result as JSON.")
        var json = false

        @Argument(help: "The files to verify (default: the log of the configuration).", completion: .file())
        var files: [String] = []

        func run() async throws {
            let verification = try verify(source.commands)
            var results = [result(of: verification)]
            if files.isEmpty, !source.commands, try AuditPlaces(source, commands: true).exists {
                results.append(result(of: try verify(true)))
            }
            if json {
                let commands = results.dropFirst().first.map { AuditText.object($0.verification, isSound: $0.isSound) }
                StandardStreams.write(
                    AuditText.json(verification, isSound: results[0].isSound, commands: commands) + "\n")
            } else {
                for (index, result) in results.enumerated() {
                    if index > 0 { StandardStreams.write("the log of agentctl query:\n") }
                    StandardStreams.write(
                        AuditText.report(
                            result.verification, failures: result.failures, isIncomplete: result.isIncomplete))
                }
            }
            if !results.allSatisfy(\.isSound) { throw ExitCode(1) }
        }

        private struct Result {
            var verification: AuditVerification
            var failures: [AuditFinding]
            var isIncomplete: Bool
            var isSound: Bool { failures.isEmpty && !isIncomplete }
        }

        private func result(of verification: AuditVerification) -> Result {
            Result(
                verification: verification,
                failures: verification.findings.filter { !(allowRecorded && $0.kind == .recorded) },
                isIncomplete: complete && (verification.firstLine ?? 1) > 1)
        }

        private func verify(_ commands: Bool) throws -> AuditVerification {
            // Files may be verified on a machine without a configuration.
            let places = files.isEmpty ? try AuditPlaces(source, commands: commands) : try? AuditPlaces(source)
            let secretPath = secretFile ?? places?.secretFile
            let secret = try secretPath.map { path -> SecretFile in
                do throws(SecretFileError) {
                    return try SecretFile.load(path: path)
                } catch {
                    StandardStreams.writeError(error.description)
                    throw ExitCode(error.isExposed ? 78 : 2)
                }
            }
            guard files.isEmpty else {
                return .verify(files: files, log: nil, head: head, secret: secret)
            }
            return .verify(log: places?.log, head: head ?? places?.head, secret: secret)
        }
    }
}

/// Which log.
struct AuditSourceOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationFileOption

    @Flag(help: "The log of agentctl query, which stands beside agentd's own.")
    var commands = false
}

/// Where the configuration says that the audit log is.
struct AuditPlaces {
    /// The current file.
    let log: String
    /// The file of its head.
    let head: String
    /// The secret file; nil when none is configured.
    let secretFile: String?

    /// - Parameters:
    ///   - source: The options.
    ///   - commands: Whether the log of commands is meant; nil: as the options say.
    /// - Throws: A usage error when the configuration has no `audit.file`.
    init(_ source: AuditSourceOptions, commands: Bool? = nil) throws {
        let configuration = try source.file.places().configuration
        let isOfCommands = commands ?? source.commands
        guard let log = isOfCommands ? CommandAuditLog.path(in: configuration) : configuration.audit.file else {
            throw ValidationError("the configuration sets no audit.file, so there is no audit log.")
        }
        self.log = log
        head = AuditRecords.head(ofLog: log, in: configuration)
        secretFile = configuration.secretFile
    }

    /// Whether there is such a log, or a head of one.
    var exists: Bool { [log, head].contains { AuditRecords.identity(of: $0) != nil } }
}

/// The conditions that lines have to meet.
struct AuditFilterOptions: ParsableArguments {
    @Option(name: [.customShort("d"), .long], help: "Only this database.")
    var database: String?

    @Option(help: "Only this principal, by its id or name.")
    var principal: String?

    @Option(help: "read, write or refused.", completion: .list(GuardedCall.Verdict.allCases.map(\.rawValue)))
    var verdict: String?

    @Option(
        help: "completed, refused, failed, cancelled, asked, declined or dryRun.",
        completion: .list(GuardedCall.Outcome.allCases.map(\.rawValue)))
    var outcome: String?

    @Option(help: ArgumentHelp("Only from this time on.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only before this time.", valueName: "time"))
    var until: String?

    @Option(help: "Only lines with this text in them, in any case of its letters.")
    var text: String?

    func filter() throws -> AuditFilter {
        if let verdict, GuardedCall.Verdict(rawValue: verdict) == nil {
            throw ValidationError("--verdict is one of \(Self.list(GuardedCall.Verdict.allCases.map(\.rawValue))).")
        }
        if let outcome, GuardedCall.Outcome(rawValue: outcome) == nil {
            throw ValidationError("--outcome is one of \(Self.list(GuardedCall.Outcome.allCases.map(\.rawValue))).")
        }
        return AuditFilter(
            database: database, principal: principal, verdict: verdict, outcome: outcome,
            since: try time(since, "--since"), until: try time(until, "--until"), text: text)
    }

    private func time(_ text: String?, _ option: String) throws -> UTCTime? {
        guard let text else { return nil }
        guard let time = UTCTime(text) else {
            throw ValidationError("\(option) is a time such as 2026-11-22T17:00:00Z, or a day such as 2026-11-22.")
        }
        return time
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
