import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser
import AuthTokens

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `agentctl db create-reader`: the SQL for a role that only reads, printed or run.
struct CreateReaderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-reader",
        abstract: "Print, or run with --run, the SQL for a role that only reads a database.",
        discussion: """
            Connect as a superuser, or as the owner of the database and its schemas who may create roles (--db-user; the password \
            of the configured user is not sent for another one: it is asked for, or is that of --db-password-file). The schemas of \
            the database are looked at; nothing is changed without --run.

            Some things every role may do, since PUBLIC may: make temporary tables, create large objects, take advisory locks. \
            The statements that take these from PUBLIC touch every program of the database. They are printed as comments, and \
            run with --revoke-public only.

            A password is never on the command line. With --run it is asked for, or is the contents of --password-file; a file \
            that does not exist is made (mode 0600) with a random password. The server gets its SCRAM verifier only, so the \
            password is in no log.

            Exit status: 0 done, 1 failed or not confirmed, 2 for a wrong call or configuration.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(name: [.customShort("d"), .long], help: "The database, by its configured name (default: the first).")
    var database: String?

    @Option(help: "The role to make.")
    var role = "agent_reader"

    @Option(help: "A schema that it shall read; may be repeated (default: all but the system's).")
    var schema: [String] = []

    @Flag(name: .customLong("run"), help: "Run the statements, in one transaction, after a question.")
    var isRun = false

    @Flag(help: "Do not ask before --run.")
    var yes = false

    @Flag(help: "Take from PUBLIC what the role must not do either. Touches every role of the database.")
    var revokePublic = false

    @Option(
        help: ArgumentHelp(
            "The file with the role's password, mode 0600; made with a random one when it does not exist.",
            valueName: "file"), completion: .file())
    var passwordFile: String?

    @Flag(help: "Give the role no password, for logins by certificate or peer.")
    var noPassword = false

    func validate() throws {
        if noPassword, passwordFile != nil {
            throw ValidationError("--no-password and --password-file exclude each other.")
        }
        if isRun, !yes, !TerminalQuestion.isPossible {
            throw ValidationError("--run asks before it runs, and nobody is there to answer: add --yes.")
        }
        if isRun, passwordFile == nil, !noPassword, !TerminalQuestion.isPossible {
            throw ValidationError("--run needs --password-file or --no-password where nobody can be asked.")
        }
    }

    func run() async throws {
        let loaded = try source.load()
        var target = try DatabaseChoice.configuration(named: database, in: loaded, source)
        if let unsent = loaded.unsentPassword {
            // Whoever gives another user has that user's password, or needs none.
            guard TerminalQuestion.isPossible,
                let typed = try SecretPrompt.ask(
                    "Password of \(TerminalText.line(source.user ?? "the user")) (empty: none): ")
            else {
                StandardStreams.writeError(unsent)
                return try await work(on: target)
            }
            if !typed.isEmpty { target.password = .literal(typed) }
        }
        try await work(on: target)
    }

    private func work(on target: DatabaseConfiguration) async throws {
        let setup = ReaderSetup(configuration: target)
        do {
            try await work(setup)
        } catch let failure as QueryFailure {
            await setup.shutdown()
            var lines = [failure.description]
            // The server's own error says the same once more; libpq's text says where the server was looked for.
            if failure.sqlState == nil, let detail = failure.operatorDetail { lines.append(detail) }
            StandardStreams.writeError(lines.joined(separator: "\n"))
            if case .invalidArgument = failure.kind { throw ExitCode(2) }
            throw ExitCode(1)
        } catch {
            await setup.shutdown()
            throw error
        }
        await setup.shutdown()
    }

    private func work(_ setup: ReaderSetup) async throws {
        let plan = try await setup.plan(role: role, schemas: schema)
        guard isRun else {
            let password = try await password()
            let verifier = try await verifier(of: password?.text, setup)
            // The names in it are the database's: they are quoted for the server, and must not steer the terminal either.
            let script = plan.script(verifier: verifier, revokesFromPublic: revokePublic)
            StandardStreams.write(
                StandardStreams.isTerminal ? TerminalText.lines(script).joined(separator: "\n") : script)
            return
        }
        let statements = plan.run(verifier: nil, revokesFromPublic: revokePublic)
        if !yes {
            StandardStreams.write(statements.map { TerminalText.line($0) + ";\n" }.joined())
            for warning in plan.warnings { StandardStreams.writeError("note: \(warning)") }
            let question = "Run these \(statements.count) statements on database \(TerminalText.line(plan.database))?"
            guard TerminalQuestion.confirm(question) else {
                StandardStreams.writeError("nothing was run")
                throw ExitCode(1)
            }
        }
        let password = try await password()
        let report: PrivilegeReport
        do {
            let verifier = try await verifier(of: password?.text, setup)
            report = try await setup.run(plan, verifier: verifier, revokesFromPublic: revokePublic)
        } catch {
            // A password of a role that was not made is of no use to anybody.
            if let made = password?.madeFile { unlink(made) }
            throw error
        }
        var text = "role \(TerminalText.line(role)) was made\n"
        if let made = password?.madeFile { text += "its password is in \(PlainText.escaped(made)), mode 0600\n" }
        text += "what it can do: " + report.terminalText(allowWrites: false)
        StandardStreams.write(text)
        for warning in plan.warnings { StandardStreams.writeError("note: \(warning)") }
    }

    /// 192 random bits, in characters that need no quoting anywhere.
    private static func randomPassword() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return String((0..<32).map { _ in alphabet[Int.random(in: 0..<64)] })
    }

    private func verifier(of password: String?, _ setup: ReaderSetup) async throws -> String? {
        guard let password else { return nil }
        return try await setup.verifier(of: password, for: role)
    }

    /// The password, and the file that was made for it.
    private func password() async throws -> (text: String, madeFile: String?)? {
        if noPassword { return nil }
        guard let passwordFile else {
            guard isRun else { return nil }
            do {
                let prompt = "New password for role \(TerminalText.line(role))"
                return (
                    try SecretPrompt.secret(prompt, file: nil, option: "--password-file", confirms: true), nil
                )
            } catch let error as ValidationError {
                StandardStreams.writeError("\(error.message) Nothing was run.")
                throw ExitCode(1)
            }
        }
        do {
            let text = Self.randomPassword()
            try AtomicFile.replace(passwordFile, contents: Array((text + "\n").utf8), mode: 0o600, overwriting: false)
            return (text, passwordFile)
        } catch  where error.isAlreadyThere {
            do {
                return (try await Secret.file(passwordFile).resolve(), nil)
            } catch {
                StandardStreams.writeError("\(error)")
                throw ExitCode(2)
            }
        } catch {
            StandardStreams.writeError(error.description)
            throw ExitCode(1)
        }
    }
}
