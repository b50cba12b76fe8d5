import ArgumentParser
import AuthTokens
import MCPProtocol

/// `agentctl token`: the tokens by which programs call.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list, revoke and rotate the tokens by which programs call.",
        discussion: """
            Only the SHA-256 of a token is kept; the token itself is printed once, when it is made. Exit status: 0 done, 1 no such \
            token or the file cannot be changed, 2 wrong usage or a file that is not as it must be, 78 a file that others may read.
            """,
        subcommands: [
            TokenCreateCommand.self, TokenListCommand.self, TokenShowCommand.self, TokenRevokeCommand.self,
            TokenRotateCommand.self, TokenVerifyCommand.self, TokenImportCommand.self,
        ])
}

/// `agentctl token create`.
struct TokenCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token and print it once, alone on standard output.")

    @OptionGroup var accounts: AccountOptions
    @OptionGroup var request: TokenRequestOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            try resolved.check(request.databases)
            let (record, token) = try TokenFile(path: resolved.files.tokens).create(request.request)
            TokenReport.writeNew(record, token, json: json)
        }
    }
}

/// `agentctl token list`.
struct TokenListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tokens.")

    @OptionGroup var accounts: AccountOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try AccountReport.running {
            let store = try TokenStore(files: accounts.resolved().files)
            let uses = store.lastUses
            let now = Timestamp.now
            if json {
                AccountReport.write(
                    .array(store.records.map { .object(TokenReport.json($0, used: uses[$0.id], at: now)) }))
                return
            }
            AccountReport.write(
                ["id", "state", "owner", "note", "scopes", "databases", "expires", "last used"],
                store.records.map { token in
                    [
                        token.id, token.state(at: now).rawValue, token.owner, token.note,
                        AccountReport.text(token.scopes), AccountReport.text(token.databases),
                        token.expires?.text ?? "never", uses[token.id]?.text ?? "never",
                    ]
                }, nothing: "there is no token")
        }
    }
}

/// `agentctl token show`.
struct TokenShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show what is known of a token.")

    @OptionGroup var accounts: AccountOptions
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "The token's id.") var id: String

    func run() throws {
        try AccountReport.running {
            let store = try TokenStore(files: accounts.resolved().files)
            guard let token = store.records.first(where: { $0.id == id }) else {
                StandardStreams.writeError("there is no token \(id)")
                throw ExitCode(1)
            }
            let now = Timestamp.now
            let used = store.lastUses[id]
            if json { return AccountReport.write(.object(TokenReport.json(token, used: used, at: now))) }
            var lines = [
                ("id", token.id), ("state", token.state(at: now).rawValue), ("note", token.note),
                ("owner", token.owner),
                ("scopes", AccountReport.text(token.scopes)), ("databases", AccountReport.text(token.databases)),
                ("created", token.created.text), ("expires", token.expires?.text ?? "never"),
                ("last used", used?.text ?? "never"),
            ]
            if let revoked = token.revoked { lines.append(("revoked", revoked.text)) }
            if let previous = token.previous, previous.until > now {
                lines.append(("old text until", previous.until.text))
            }
            AccountReport.write(lines)
        }
    }
}

/// `agentctl token revoke`.
struct TokenRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke tokens for good.",
        discussion: """
            A running agentd refuses them within a second. A token that was revoked before stays revoked, which is said. Exit \
            status 1 when a token, or any token of the owner, does not exist; the others are revoked all the same.
            """)

    @OptionGroup var accounts: AccountOptions
    @Option(help: "Revoke every token of this owner.") var owner: String?
    @Argument(help: "The tokens' ids.") var ids: [String] = []

    func validate() throws {
        if ids.isEmpty == (owner == nil) { throw ValidationError("name tokens by their ids, or an --owner.") }
    }

    func run() throws {
        try AccountReport.running {
            let file = TokenFile(path: try accounts.resolved().files.tokens)
            let known = try file.load().filter { token in owner.map { token.owner == $0 } ?? ids.contains(token.id) }
            let revoked = Set(try file.revokeAll { token in known.contains { $0.id == token.id } }.map(\.id))
            for token in known {
                let before = token.revoked.map { "was revoked already, \($0.text)" } ?? "was revoked already"
                StandardStreams.write("\(token.id): \(revoked.contains(token.id) ? "revoked" : before)\n")
            }
            var missing = ids.filter { id in !known.contains { $0.id == id } }.map { "there is no token \($0)" }
            if let owner, known.isEmpty { missing.append("there is no token of the owner \(owner)") }
            for line in missing { StandardStreams.writeError(line) }
            if !missing.isEmpty { throw ExitCode(1) }
        }
    }
}

/// `agentctl token rotate`.
struct TokenRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a token a new text, and print it once.",
        discussion:
            "Id, scopes and databases stay. The old text is accepted for the overlap, so that its users can change over."
    )

    @OptionGroup var accounts: AccountOptions
    @Option(help: ArgumentHelp("How long the old text is accepted; 0s ends it now (default: 24h).", valueName: "span"))
    var overlap: Span?
    @Option(
        help: ArgumentHelp(
            "When it ends: a span such as 90d, a time, or never (default: the lifetime it had, 90d at most).",
            valueName: "when"))
    var expires: Expiry?
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "The token's id.") var id: String

    func run() throws {
        try AccountReport.running {
            let file = TokenFile(path: try accounts.resolved().files.tokens)
            let (record, token) = try file.rotate(
                id: id, overlap: overlap?.duration ?? .seconds(86400), expires: expires.map { .some($0.moment) } ?? nil)
            TokenReport.writeNew(record, token, json: json)
        }
    }
}

/// `agentctl token verify`.
struct TokenVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Say whether a token would be accepted, and what it allows.",
        discussion: "The token is read from standard input, or asked for. Exit status 1 when it would be refused.")

    @OptionGroup var accounts: AccountOptions
    @Option(
        help: ArgumentHelp("Read the token from this file; - for standard input.", valueName: "file"),
        completion: .file())
    var file: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try AccountReport.running {
            let text =
                try file.map { try SecretPrompt.secret("Token", file: $0, option: "--file") }
                ?? SecretPrompt.pipedOrAsked("Token")
            let store = try TokenStore(files: accounts.resolved().files)
            var object = JSONObject()
            object["wellFormed"] = .bool(TokenSecret.isWellFormed(text))
            switch store.verify(text) {
            case .accepted(let principal, let id):
                object["accepted"] = true
                object["id"] = .string(id)
                object["scopes"] = AccountReport.json(principal.scopes)
                object["databases"] = AccountReport.json(principal.databases)
                if json { return AccountReport.write(.object(object)) }
                AccountReport.write([
                    ("accepted", id), ("for", principal.name), ("scopes", AccountReport.text(principal.scopes)),
                    ("databases", AccountReport.text(principal.databases)),
                ])
            case .refused(let reason):
                object["accepted"] = false
                object["reason"] = .string(reason.rawValue)
                if json {
                    AccountReport.write(.object(object))
                } else {
                    let isForm = TokenSecret.isWellFormed(text)
                    StandardStreams.writeError(
                        "refused: \(reason.rawValue)"
                            + (isForm || reason != .unknown ? "" : "; it is not a whole token (its checksum is wrong)"))
                }
                throw ExitCode(1)
            }
        }
    }
}

/// `agentctl token import`.
struct TokenImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over tokens of another product by their SHA-256.",
        discussion: """
            Each line is 64 hexadecimal digits, the SHA-256 of a token's text, perhaps after "sha256:". Empty lines and those \
            beginning with # are skipped. Who holds such a token uses it as before. Digests that are known already are skipped.
            """)

    @OptionGroup var accounts: AccountOptions
    @OptionGroup var request: TokenRequestOptions
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "The file with the digests; - for standard input.", completion: .file()) var file = "-"

    func run() throws {
        try AccountReport.running {
            let resolved = try accounts.resolved()
            try resolved.check(request.databases)
            let digests = try Self.digests(text())
            let added = try TokenFile(path: resolved.files.tokens).importTokens(
                digests: digests, request.request)
            if json {
                AccountReport.write(.array(added.map { .object(TokenReport.json($0, used: nil, at: .now)) }))
                return
            }
            for token in added { StandardStreams.write("\(token.id)\n") }
            StandardStreams.writeError("\(added.count) imported, \(digests.count - added.count) known already")
        }
    }

    private func text() throws -> String {
        if file == "-" { return try StandardStreams.readInput(atMost: 10_000_000) }
        do throws(FileFailure) {
            return String(decoding: try BoundedFile.read(file, maximumBytes: 10_000_000).contents, as: UTF8.self)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private static func digests(_ text: String) throws -> [[UInt8]] {
        var digests: [[UInt8]] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var word = line.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" && $0 != "\r" }
            if word.isEmpty || word.first == "#" { continue }
            if word.hasPrefix("sha256:") { word = word.dropFirst(7) }
            // A token in this place would be a secret on a screen: the line is named, not shown.
            guard word.utf8.count == 64, let digest = Digest.bytes(hexadecimal: word) else {
                throw ValidationError("line \(index + 1) is not the SHA-256 of a token (64 hexadecimal digits).")
            }
            digests.append(digest)
        }
        return digests
    }
}
