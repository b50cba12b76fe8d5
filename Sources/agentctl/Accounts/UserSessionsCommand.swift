import AgentTerminal
import ArgumentParser
import AuthTokens
import MCPProtocol

/// `agentctl user unlock`.
struct UserUnlockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "End a lockout before its time.",
        discussion: """
            Needs the folder that state.directory (or --state-directory) names, where lockouts are kept; without one a running \
            agentd keeps them in its memory, and they end with it.
            """)

    @OptionGroup var accounts: AccountOptions
    @Argument(help: "The user.") var name: String

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            _ = try resolved.stateDirectory(for: "lockouts")
            let wasLocked = try Accounts(files: resolved.files, policy: resolved.policy).unlock(name)
            StandardStreams.write("\(TerminalText.line(name)): \(wasLocked ? "unlocked" : "was not locked")\n")
        }
    }
}

/// `agentctl user sessions`.
struct UserSessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List the sessions of a user or of everybody, or end them.",
        discussion: """
            Needs the folder that state.directory (or --state-directory) names, where sessions are kept; without one a running \
            agentd keeps them in its memory, and they end with it.
            """)

    @OptionGroup var accounts: AccountOptions
    @Option(name: .customLong("end"), help: ArgumentHelp("End this session; may be repeated.", valueName: "id"))
    var ending: [String] = []
    @Flag(help: "End every session listed.") var endAll = false
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "The user (default: everybody).") var name: String?

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            _ = try resolved.stateDirectory(for: "sessions")
            let store = SessionStore(files: resolved.files, policy: resolved.policy.sessions)
            try store.refresh()
            if endAll || !ending.isEmpty {
                let count = try store.end { session in
                    (name == nil || session.user == name) && (endAll || ending.contains(session.id))
                }
                StandardStreams.write("\(count) session\(count == 1 ? "" : "s") ended\n")
                if count == 0, !endAll { throw ExitCode(1) }
                return
            }
            let sessions = store.list(user: name)
            if json {
                AccountReport.write(
                    .array(
                        sessions.map { session in
                            [
                                "id": .string(session.id), "user": .string(session.user),
                                "created": AccountReport.json(session.created),
                                "lastSeen": AccountReport.json(session.lastSeen), "address": .string(session.address),
                                "client": .string(session.client),
                            ]
                        }))
                return
            }
            AccountReport.write(
                ["id", "user", "begun", "last seen", "address", "client"],
                sessions.map {
                    [$0.id, $0.user, $0.created.text, $0.lastSeen.text, $0.address, $0.client]
                }, nothing: "there is no session")
        }
    }
}
