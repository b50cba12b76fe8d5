import AgentTerminal
import ArgumentParser
import AuthTokens
import MCPProtocol

/// `agentctl user`: people who sign in with a password.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Add, list, change and lock out the people who sign in.",
        discussion: """
            Passwords have at least 12 characters and are kept as scrypt hashes. They are asked for at the terminal, or read from a \
            file or standard input. Exit status: 0 done, 1 no such user or the file cannot be changed, 2 wrong usage, a password \
            that is too weak, or a file that is not as it must be, 78 a file that others may read.
            """,
        subcommands: [
            UserAddCommand.self, UserListCommand.self, UserUpdateCommand.self, UserEnableCommand.self,
            UserDisableCommand.self, UserDeleteCommand.self, UserUnlockCommand.self, UserSessionsCommand.self,
        ])

    /// Ends the sessions of a user at once, where there is a folder for state; a running agentd ends them in any case when it
    /// sees the user file.
    static func endSessions(of name: String, _ files: AccountFiles) throws {
        guard files.state != nil else { return }
        let count = try SessionStore(files: files).end { $0.user == name }
        if count > 0 { StandardStreams.write("\(count) session\(count == 1 ? "" : "s") ended\n") }
    }

    /// Tokens are not a person's sessions: they are named, not revoked.
    static func mentionTokens(of name: String, _ files: AccountFiles) {
        let tokens = (try? TokenFile(path: files.tokens).load()) ?? []
        let count = tokens.count { $0.owner == name && $0.state(at: .now) == .active }
        guard count > 0 else { return }
        StandardStreams.writeError(
            "\(count) token\(count == 1 ? "" : "s") of this owner still hold; agentctl token revoke --owner \(name)")
    }
}

/// What a user may do.
struct UserRightsOptions: ParsableArguments {
    @Option(help: "What is to be known about the person.") var note: String?

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp("read, write, approve or admin; may be repeated.", valueName: "scope"),
        completion: .list(Scope.allCases.map(\.rawValue)), transform: ScopeName.read)
    var scopes: [Scope] = []

    @Option(
        name: .customLong("database"),
        help: ArgumentHelp("A database the person may use; may be repeated (a new user: all).", valueName: "name"))
    var databases: [String] = []

    @Option(
        name: .customLong("password-file"),
        help: ArgumentHelp("Read the password from this file, mode 0600; - for standard input.", valueName: "file"),
        completion: .file())
    var passwordFile: String?
}

/// `agentctl user add`.
struct UserAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a user; the password is asked for.")

    @OptionGroup var accounts: AccountOptions
    @OptionGroup var rights: UserRightsOptions
    @Argument(help: "The name to sign in with: letters, digits and . _ - @") var name: String

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            let files = resolved.files
            guard UserRecord.isName(name) else {
                throw ValidationError("a name is 1 to 64 letters, digits and . _ - @")
            }
            try resolved.check(rights.databases)
            let password = try SecretPrompt.secret(
                "Password for \(name)", file: rights.passwordFile, option: "--password-file", confirms: true)
            try UserFile(path: files.users).add(
                name: name, password: password, note: rights.note ?? "",
                scopes: rights.scopes.isEmpty ? [.read] : Set(rights.scopes),
                databases: rights.databases.isEmpty ? nil : rights.databases)
            StandardStreams.write("\(name): added\n")
        }
    }
}

/// `agentctl user list`.
struct UserListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the users.")

    @OptionGroup var accounts: AccountOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            let all = try Accounts(files: resolved.files, policy: resolved.policy)
            let users = all.users.records
            if json {
                AccountReport.write(
                    .array(
                        users.map { user in
                            [
                                "name": .string(user.name), "note": .string(user.note),
                                "enabled": .bool(user.disabled == nil), "scopes": AccountReport.json(user.scopes),
                                "databases": AccountReport.json(user.databases),
                                "created": AccountReport.json(user.created),
                                "passwordChanged": AccountReport.json(user.passwordChanged),
                                "lockedUntil": AccountReport.json(all.lockedUntil(user.name)),
                                "sessions": .integer(Int64(all.sessions.list(user: user.name).count)),
                            ]
                        }))
                return
            }
            AccountReport.write(
                ["name", "state", "note", "scopes", "databases", "password changed", "sessions"],
                users.map { user in
                    let locked = all.lockedUntil(user.name).map { "locked until \($0.text)" }
                    return [
                        user.name, user.disabled.map { _ in "disabled" } ?? locked ?? "enabled", user.note,
                        AccountReport.text(user.scopes), AccountReport.text(user.databases), user.passwordChanged.text,
                        String(all.sessions.list(user: user.name).count),
                    ]
                }, nothing: "there is no user")
        }
    }
}

/// `agentctl user update`.
struct UserUpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a user's password, scopes, databases or note.",
        discussion: "What is not named stays. A new password ends the user's sessions.")

    @OptionGroup var accounts: AccountOptions
    @OptionGroup var rights: UserRightsOptions
    @Flag(help: "Ask for a new password.") var password = false
    @Flag(help: "Let the person use every database.") var allDatabases = false
    @Argument(help: "The user.") var name: String

    func validate() throws {
        if allDatabases, !rights.databases.isEmpty {
            throw ValidationError("--all-databases and --database exclude each other.")
        }
        let isNothing =
            !password && rights.passwordFile == nil && !allDatabases && rights.databases.isEmpty
            && rights.scopes.isEmpty
            && rights.note == nil
        if isNothing { throw ValidationError("nothing to change.") }
    }

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            let files = resolved.files
            try resolved.check(rights.databases)
            let file = UserFile(path: files.users)
            guard try file.load().contains(where: { $0.name == name }) else {
                StandardStreams.writeError("there is no user \(name)")
                throw ExitCode(1)
            }
            if password || rights.passwordFile != nil {
                let new = try SecretPrompt.secret(
                    "New password for \(name)", file: rights.passwordFile, option: "--password-file", confirms: true)
                try file.setPassword(new, of: name)
                try UserCommand.endSessions(of: name, files)
            }
            try file.change(name) { user in
                if let note = rights.note { user.note = note }
                if !rights.scopes.isEmpty { user.scopes = Set(rights.scopes) }
                if !rights.databases.isEmpty { user.databases = rights.databases }
                if allDatabases { user.databases = nil }
            }
            StandardStreams.write("\(name): changed\n")
        }
    }
}

/// `agentctl user enable`.
struct UserEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let a user sign in again.")

    @OptionGroup var accounts: AccountOptions
    @Argument(help: "The user.") var name: String

    func run() throws {
        try AccountReport.running {
            try UserFile(path: accounts.resolved().files.users).change(name) { $0.disabled = nil }
            StandardStreams.write("\(TerminalText.line(name)): enabled\n")
        }
    }
}

/// `agentctl user disable`.
struct UserDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Keep a user from signing in, and end the user's sessions.")

    @OptionGroup var accounts: AccountOptions
    @Argument(help: "The user.") var name: String

    func run() throws {
        try AccountReport.running {
            let files = try accounts.resolved().files
            try UserFile(path: files.users).change(name) { $0.disabled = $0.disabled ?? .now }
            StandardStreams.write("\(TerminalText.line(name)): disabled\n")
            try UserCommand.endSessions(of: name, files)
            UserCommand.mentionTokens(of: name, files)
        }
    }
}

/// `agentctl user delete`.
struct UserDeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a user, and end the user's sessions.")

    @OptionGroup var accounts: AccountOptions
    @Argument(help: "The user.") var name: String

    func run() throws {
        try AccountReport.running {
            let files = try accounts.resolved().files
            try UserFile(path: files.users).delete(name)
            StandardStreams.write("\(TerminalText.line(name)): deleted\n")
            try UserCommand.endSessions(of: name, files)
            UserCommand.mentionTokens(of: name, files)
        }
    }
}
