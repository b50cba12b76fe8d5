import ArgumentParser
import AuthTokens
import MCPProtocol

/// What a new token shall be.
struct TokenRequestOptions: ParsableArguments {
    @Option(help: "What the token is for, for people.")
    var note = ""

    @Option(help: "Who answers for it.")
    var owner = ""

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp("read, write, approve or admin; may be repeated (default: read).", valueName: "scope"),
        completion: .list(Scope.allCases.map(\.rawValue)), transform: ScopeName.read)
    var scopes: [Scope] = []

    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A database it is for, by its configured name; may be repeated (default: all).", valueName: "name"))
    var databases: [String] = []

    @Option(
        help: ArgumentHelp(
            "When it ends: a span such as 90d, a time such as 2027-01-31, or never (default: 90d).", valueName: "when"))
    var expires: Expiry?

    var request: TokenRequest {
        TokenRequest(
            note: note, owner: owner, expires: expires.map(\.moment) ?? .now + TokenRequest.defaultLifetime,
            scopes: scopes.isEmpty ? [.read] : Set(scopes), databases: databases.isEmpty ? nil : databases)
    }
}

/// A token for people and for programs.
enum TokenReport {
    static func json(_ token: TokenRecord, used: Timestamp?, at now: Timestamp) -> JSONObject {
        var object = JSONObject()
        object["id"] = .string(token.id)
        object["state"] = .string(token.state(at: now).rawValue)
        object["note"] = .string(token.note)
        object["owner"] = .string(token.owner)
        object["scopes"] = AccountReport.json(token.scopes)
        object["databases"] = AccountReport.json(token.databases)
        object["created"] = AccountReport.json(token.created)
        object["expires"] = AccountReport.json(token.expires)
        object["revoked"] = AccountReport.json(token.revoked)
        object["lastUsed"] = AccountReport.json(used)
        object["previousUntil"] = AccountReport.json(token.previous.flatMap { $0.until > now ? $0.until : nil })
        return object
    }

    /// Prints a new token, alone on standard output, so that `$(agentctl token create)` is the token.
    static func writeNew(_ record: TokenRecord, _ token: TokenSecret, json isJSON: Bool) {
        if isJSON {
            var object = json(record, used: nil, at: .now)
            object["token"] = .string(token.text)
            AccountReport.write(.object(object))
            return
        }
        let end = record.expires.map { "expires \($0.text)" } ?? "never expires"
        StandardStreams.writeError("token \(record.id), \(end); keep it now, it is not shown again")
        StandardStreams.write(token.text + "\n")
    }
}
