import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore

/// Accounts as the API shows them, in the same members as `agentctl … --json`. Digests and hashes are never among them.
enum AccountJSON {
    static func token(_ token: TokenRecord, used: Timestamp?, at now: Timestamp = .now) -> JSONObject {
        [
            "id": .string(token.id), "state": .string(token.state(at: now).rawValue), "note": .string(token.note),
            "owner": .string(token.owner), "scopes": scopes(token.scopes), "databases": list(token.databases),
            "created": moment(token.created), "expires": moment(token.expires), "revoked": moment(token.revoked),
            "lastUsed": moment(used),
            "previousUntil": moment(token.previous.flatMap { $0.until > now ? $0.until : nil }),
        ]
    }

    static func user(_ user: UserRecord, _ accounts: Accounts, sessions: Int) -> JSONObject {
        [
            "name": .string(user.name), "note": .string(user.note), "enabled": .bool(user.disabled == nil),
            "scopes": scopes(user.scopes), "databases": list(user.databases), "created": moment(user.created),
            "passwordChanged": moment(user.passwordChanged), "lockedUntil": moment(accounts.lockedUntil(user.name)),
            "sessions": .integer(Int64(sessions)),
        ]
    }

    static func session(_ session: SessionRecord) -> JSONObject {
        [
            "id": .string(session.id), "user": .string(session.user), "created": moment(session.created),
            "lastSeen": moment(session.lastSeen), "address": .string(session.address),
            "client": .string(session.client),
        ]
    }

    /// Who somebody is, as `/me` and signing in tell it.
    ///
    /// - Parameters:
    ///   - principal: Who it is.
    ///   - credential: What was shown.
    ///   - csrfToken: What the page of a session sends along.
    static func caller(_ principal: Principal, credential: String, csrfToken: String?) -> JSONValue {
        var object: JSONObject = [
            "id": .string(principal.id), "name": .string(principal.name), "scopes": scopes(principal.scopes),
            "databases": list(principal.databases), "credential": .string(credential),
        ]
        if let csrfToken { object["csrfToken"] = .string(csrfToken) }
        return .object(object)
    }

    static func moment(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.text) } ?? .null }

    static func list(_ texts: [String]?) -> JSONValue { texts.map { .array($0.map { .string($0) }) } ?? .null }

    static func scopes(_ scopes: Set<Scope>) -> JSONValue {
        .array(Scope.allCases.filter(scopes.contains).map { .string($0.rawValue) })
    }

    /// An answer that no cache keeps: it may hold a token that is shown once.
    static func response(_ value: JSONValue, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Response {
        var fields = fields
        fields[.contentType] = "application/json"
        fields[.cacheControl] = "no-store"
        return Response(
            status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serialized())))
    }
}
