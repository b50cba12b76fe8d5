import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser
import AuthTokens
import Foundation
import MCPProtocol

/// Which configuration says where files are.
struct ConfigurationFileOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The configuration file (default: AGENTD_CONFIG, or the first found).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// Where the files are. Nothing else of the configuration has to be right: not its databases, nor a sealed secret.
    func places() throws(ConfigurationError) -> ConfiguredPlaces {
        try ConfigurationLoader.places(environment: ProcessInfo.processInfo.environment, file: config)
    }
}

/// Where the files of accounts are: in the configuration, or where these options say.
struct AccountOptions: ParsableArguments {
    @OptionGroup var source: ConfigurationFileOption

    @Option(
        name: .long, help: ArgumentHelp("The token file (default: http.auth.token_file).", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        name: .long, help: ArgumentHelp("The user file (default: http.auth.user_file).", valueName: "file"),
        completion: .file())
    var userFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder with last uses, sessions and lockouts (default: state.directory).", valueName: "folder"),
        completion: .directory)
    var stateDirectory: String?

    /// What the options and the configuration say.
    struct Resolved {
        var files: AccountFiles
        var policy = Accounts.Policy()
        /// The names of the configured databases; empty when none are known.
        var databases: [String] = []

        /// The folder for state.
        ///
        /// - Throws: A usage error when there is none.
        func stateDirectory(for what: String) throws -> String {
            guard let state = files.state else {
                throw ValidationError(
                    "\(what) are kept in a folder for state, and none is configured: set state.directory in the "
                        + "configuration, or give --state-directory. Without one a running agentd keeps them in its "
                        + "memory, and they end with it.")
            }
            return state
        }

        /// Refuses names that no configured database has. Where no database is configured every name may be right.
        func check(_ names: [String]) throws {
            guard !databases.isEmpty else { return }
            for name in names where !databases.contains(name) {
                let near = NearestSpelling.of(name, among: databases).map { " Did you mean \($0)?" } ?? ""
                throw ValidationError(
                    "the configuration has no database \(PlainText.quoted(name)).\(near) "
                        + "It has: \(databases.joined(separator: ", ")).")
            }
        }
    }

    /// The files, and the policy of the configuration. A configuration that cannot be read matters only when it is needed: an
    /// incident must not wait for it.
    func resolved() throws -> Resolved {
        do throws(ConfigurationError) {
            let places = try source.places()
            let auth = places.configuration.http.auth
            var resolved = Resolved(
                files: AccountFiles(
                    tokens: tokenFile ?? auth.tokenFile, users: userFile ?? auth.userFile,
                    state: stateDirectory ?? places.configuration.state.directory))
            resolved.policy = Accounts.Policy(auth)
            resolved.databases = places.databaseNames
            return resolved
        } catch {
            guard source.config == nil, tokenFile != nil || userFile != nil else { throw error }
            return Resolved(
                files: AccountFiles(
                    tokens: tokenFile ?? "tokens.yaml", users: userFile ?? "users.yaml", state: stateDirectory))
        }
    }
}

/// What the commands for accounts share.
enum AccountReport {
    /// Runs a command; an error becomes a line on standard error and an exit status: 78 for a file that others may read, 2 for
    /// one that is not as it must be and for what is not allowed, else 1.
    static func running(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as AccountError {
            StandardStreams.writeError(error.description)
            switch error.code {
            case .exposed: throw ExitCode(78)
            case .malformed, .invalid: throw ExitCode(2)
            case .file, .unknown, .exists: throw ExitCode(1)
            }
        } catch let error as SecretFileError {
            StandardStreams.writeError(error.description)
            switch error.code {
            case .exposed: throw ExitCode(78)
            case .malformed: throw ExitCode(2)
            case .unreadable, .alreadyThere: throw ExitCode(1)
            }
        }
    }

    static func write(_ json: JSONValue) {
        StandardStreams.write(String(decoding: json.serialized(), as: UTF8.self) + "\n")
    }

    /// A list of entries as a table; "nothing" when there is none.
    static func write(_ columns: [String], _ rows: [[String]], nothing: String) {
        guard !rows.isEmpty else { return StandardStreams.writeError(nothing) }
        // One entry a line, whatever people wrote in a note.
        let table = TextTable(
            columns: columns.map { TextTable.Column(name: $0) },
            rows: rows.map { row in row.map { TerminalText.line($0) } })
        StandardStreams.write(table.aligned())
    }

    /// Label and value, a line each.
    static func write(_ lines: [(String, String)]) {
        let width = lines.map(\.0.count).max() ?? 0
        for (label, value) in lines {
            let pad = String(repeating: " ", count: width - label.count + 2)
            StandardStreams.write("\(label)\(pad)\(TerminalText.line(value))\n")
        }
    }

    static func json(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.text) } ?? .null }

    static func json(_ scopes: Set<Scope>) -> JSONValue {
        .array(Scope.allCases.filter(scopes.contains).map { .string($0.rawValue) })
    }

    static func json(_ databases: [String]?) -> JSONValue {
        databases.map { .array($0.map { .string($0) }) } ?? .null
    }

    static func text(_ scopes: Set<Scope>) -> String {
        Scope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ",")
    }

    static func text(_ databases: [String]?) -> String { databases.map { $0.joined(separator: ",") } ?? "all" }
}

/// A scope as it is written on a command line.
enum ScopeName {
    static func read(_ text: String) throws -> Scope { try ChoiceName.read(text, "a scope") }
}

/// One of a few words as it is written on a command line.
enum ChoiceName {
    /// Reads a word.
    ///
    /// - Parameters:
    ///   - text: The word.
    ///   - what: What it names, with its article, for the message.
    /// - Throws: A usage error with all words, and the nearest one.
    static func read<Choice: RawRepresentable<String> & CaseIterable>(_ text: String, _ what: String) throws -> Choice {
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let near = NearestSpelling.of(text, among: names).map { "; did you mean \($0)?" }
        throw ValidationError("\(what) is one of \(names.joined(separator: ", "))\(near ?? "")")
    }
}

/// An expiry as it is written on a command line: `90d`, `2027-01-31`, `2027-01-31T12:00:00Z`, `never`.
struct Expiry: ExpressibleByArgument {
    let moment: Timestamp?

    init?(argument: String) {
        if argument == "never" {
            moment = nil
        } else if let span = TimeSpan.parse(argument) {
            moment = .now + span
        } else if let moment = Timestamp(argument) {
            self.moment = moment
        } else {
            return nil
        }
    }
}

/// A span of time as it is written on a command line: `24h`.
struct Span: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = TimeSpan.parse(argument) else { return nil }
        self.duration = duration
    }
}
