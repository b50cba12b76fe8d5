import AgentCommandLine
import AgentCore
import ArgumentParser
import AuthTokens
import Foundation
import MCPProtocol

/// Where the files of accounts are: in the configuration, or where these options say.
struct AccountOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The configuration file (default: AGENTD_CONFIG, or the first found).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

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

    /// The files, and the policy of the configuration. A configuration that cannot be read matters only when it is needed: an
    /// incident must not wait for it.
    func resolved() throws -> (files: AccountFiles, policy: Accounts.Policy) {
        do throws(ConfigurationError) {
            let loaded = try ConfigurationOptions.environmentAndFile(config)
            var files = AccountFiles(loaded.configuration)
            if let tokenFile { files.tokens = tokenFile }
            if let userFile { files.users = userFile }
            if let stateDirectory { files.state = stateDirectory }
            return (files, Accounts.Policy(loaded.configuration.http.auth))
        } catch {
            guard config == nil, tokenFile != nil || userFile != nil else { throw error }
            return (
                AccountFiles(
                    tokens: tokenFile ?? "tokens.yaml", users: userFile ?? "users.yaml", state: stateDirectory),
                Accounts.Policy()
            )
        }
    }
}

extension ConfigurationOptions {
    /// The configuration without the options of a database.
    static func environmentAndFile(_ file: String?) throws(ConfigurationError) -> LoadedConfiguration {
        try ConfigurationLoader.load(
            environment: ProcessInfo.processInfo.environment, file: file, requiresDatabase: false)
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
    static func read(_ text: String) throws -> Scope {
        if let scope = Scope(rawValue: text) { return scope }
        let names = Scope.allCases.map(\.rawValue)
        let near = NearestSpelling.of(text, among: names).map { "; did you mean \($0)?" }
        throw ValidationError(
            "a scope is one of \(names.joined(separator: ", "))\(near ?? "")")
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
