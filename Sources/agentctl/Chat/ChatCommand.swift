import AgentCommandLine
import AgentCore
import AgentTerminal
import ArgumentParser

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `agentctl chat`: questions in plain language, in the terminal.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Ask a database in your own words.",
        discussion: """
            A language model turns questions into SQL, which runs through the same guard as agentctl query. It answers in this \
            process, with the configuration of agentd (llm, databases), or on a server (--server, with a token).

            Where the database's entry says allow_writes: true, each write is shown and asked about: "Execute this query? [y/N]:". \
            Anything but y or yes declines, and so does a standard input that is no terminal.

            Without llm.provider it is SQL mode: what is typed runs as SQL, and so does what a pipe brings, statement by \
            statement, as agentctl query would run it. /help shows the commands of a chat.

            With --print or --json, or when standard input is no terminal, one question is answered: the one on the command line, \
            or standard input. --json prints a line for each event; the answer is whole only when the last one is done with the \
            reason answered.

            The token of --server is read from --token-file, from AGENTCTL_TOKEN, or asked for. --ca-file is for a server whose \
            certificate a private authority has signed. Questions are kept in $XDG_STATE_HOME/postgres-agent/history, without \
            those that hold a secret.

            Exit status: 0 answered, 1 failed or cut short, 2 wrong usage or configuration or no model, 78 refused for security, \
            130 interrupted; of SQL also 3 for a write that was declined and 4 for one of which it is unknown whether it was \
            committed.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(name: [.customShort("d"), .long], help: "The database, by its configured name (default: the first).")
    var database: String?

    @Option(name: .long, help: "The model (default: llm.model).")
    var model: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ask the agent on this server, https://HOST[:PORT], instead of in this process.", valueName: "url"))
    var server: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A file, mode 0600, with the token for --server; - for standard input.", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "For --server: trust the certificates of this PEM file instead of the system's.", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Without --server: write what the agent logs to the end of this file, from telemetry.log_level on.",
            valueName: "file"),
        completion: .file())
    var logFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Go on with this conversation; a chat shows its last turns first.", valueName: "id"))
    var conversation: String?

    @Flag(name: .long, help: "Answer one question and end.")
    var print = false

    @Flag(name: .long, help: "Answer one question and end; print each event as a line of JSON.")
    var json = false

    @Argument(help: "The question, for --print and --json; without it standard input.")
    var question: String?

    /// Whether the options go together. Not `validate()`, which would be asked before an option that is misspelt is named.
    private func check() throws {
        if question != nil, !print, !json {
            throw ValidationError("a question on the command line needs --print or --json.")
        }
        if server == nil, tokenFile != nil { throw ValidationError("--token-file is for --server.") }
        if server == nil, caFile != nil { throw ValidationError("--ca-file is for --server.") }
        if server != nil, logFile != nil {
            throw ValidationError("--log-file is for a chat in this process; a server has its own log.")
        }
        if server != nil, let option = source.config.map({ _ in "--config" }) ?? source.settings.first?.name {
            throw ValidationError("\(option) is for a chat in this process, not for --server.")
        }
        if tokenFile == "-", question == nil, print || json {
            throw ValidationError("standard input cannot be both the token and the question.")
        }
    }

    func run() async throws {
        try check()
        let environment = ProcessInfo.processInfo.environment
        let isOnce = print || json || isatty(STDIN_FILENO) == 0
        do {
            let backend = try makeBackend(environment)
            let status: Int32
            do {
                status = try await isOnce ? once(backend) : chat(backend, environment)
            } catch {
                await backend.close()
                throw error
            }
            await backend.close()
            if status != 0 { throw ExitCode(status) }
        } catch let problem as ChatProblem {
            StandardStreams.writeError(problem.description)
            throw ExitCode(problem.status)
        }
    }

    private func makeBackend(_ environment: [String: String]) throws -> any ChatBackend {
        guard let server else {
            let loaded = try source.load()
            if let unsent = loaded.unsentPassword { StandardStreams.writeError(unsent) }
            if let database { _ = try DatabaseChoice.configuration(named: database, in: loaded, source) }
            return try LocalChatBackend(loaded, log: CommandLog(file: logFile))
        }
        // The address and the file are looked at before anybody types a token.
        _ = try ServerConnection.checked(server)
        let tls = try caFile.map(ServerConnection.trusting)
        let token: String
        if tokenFile == nil, let given = environment["AGENTCTL_TOKEN"], !given.isEmpty {
            token = given
        } else {
            token = try SecretPrompt.secret("Token for \(server)", file: tokenFile, option: "--token-file")
        }
        return ServerChatBackend(connection: try ServerConnection(url: server, token: token, tls: tls))
    }

    private func once(_ backend: any ChatBackend) async throws -> Int32 {
        let text = try question ?? StandardStreams.readInput(atMost: 1 << 20)
        guard !text.allSatisfy(\.isWhitespace) else { throw ValidationError("there is no question.") }
        // Without a model what is typed runs as SQL, and so does what a pipe brings; a question is asked for by name.
        if !print, !json, try await backend.model().provider == nil {
            return try await PipedSQL(backend: backend, database: database, text: text).run()
        }
        let asked = ChatQuestion(text: text, conversation: conversation, database: database, model: model)
        return try await PrintedTurn(backend: backend, question: asked, isJSON: json).run()
    }

    private func chat(_ backend: any ChatBackend, _ environment: [String: String]) async throws -> Int32 {
        let device = TerminalDevice(term: environment["TERM"])
        // https://no-color.org: any value that is not empty.
        let palette: Palette = (environment["NO_COLOR"] ?? "").isEmpty && device != nil ? .ansi : .plain
        let console: any ChatConsole
        if let device { console = KeyConsole(device: device, palette: palette) } else { console = PlainConsole() }
        var session = ChatSession(
            backend: backend, console: console, database: database, model: model, conversation: conversation,
            history: HistoryFile(environment: environment))
        do {
            let status = try await session.run()
            await console.close()
            return status
        } catch {
            await console.close()
            if error is CancellationError { return 130 }
            throw error
        }
    }
}
