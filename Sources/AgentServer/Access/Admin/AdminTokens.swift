import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `/admin/tokens`: tokens are listed, made, revoked and rotated. A token itself is in one answer only, that of its making.
struct AdminTokens: Sendable {
    let desk: AdminDesk

    /// Registers the routes.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.get("admin/tokens", use: list)
        routes.post("admin/tokens", use: create)
        routes.post("admin/tokens/{id}/revoke", use: revoke)
        routes.post("admin/tokens/{id}/rotate", use: rotate)
    }

    @Sendable
    func list(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        let uses = desk.accounts.tokens.lastUses
        return AccountJSON.response([
            "tokens": .array(
                desk.accounts.tokens.records.map { .object(AccountJSON.token($0, used: uses[$0.id])) })
        ])
    }

    @Sendable
    func create(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        let body = try await AccountBody.read(request, ["note", "owner", "expires", "scopes", "databases"])
        let wanted = TokenRequest(
            note: try body.text("note") ?? "", owner: try body.text("owner") ?? "",
            expires: try body.expiry("expires") ?? .some(Timestamp.now + TokenRequest.defaultLifetime),
            scopes: try body.scopes() ?? [.read], databases: try body.texts("databases"))
        let (record, token) = try await desk.change("token.create", request, context) {
            (accounts) throws(AccountError) -> (record: TokenRecord, token: TokenSecret) in
            try accounts.tokens.file.create(wanted)
        } naming: {
            $0.record.id
        }
        return shown(record, token, status: .created)
    }

    @Sendable
    func revoke(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let id = context.parameters.get("id") ?? ""
        let record = try await desk.change("token.revoke", of: id, takesAway: true, request, context) {
            (accounts) throws(AccountError) -> TokenRecord in
            try accounts.tokens.file.revoke(id: id)
        }
        let used = desk.accounts.tokens.lastUses[id]
        return AccountJSON.response(.object(AccountJSON.token(record, used: used)))
    }

    @Sendable
    func rotate(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        let id = context.parameters.get("id") ?? ""
        let body = try await AccountBody.read(request, ["overlap", "expires"], isOptional: true)
        let (overlap, expires) = (try body.span("overlap") ?? .seconds(86400), try body.expiry("expires"))
        let (record, token) = try await desk.change("token.rotate", of: id, request, context) {
            (accounts) throws(AccountError) -> (record: TokenRecord, token: TokenSecret) in
            try accounts.tokens.file.rotate(id: id, overlap: overlap, expires: expires)
        }
        return shown(record, token, status: .ok)
    }

    private func shown(_ record: TokenRecord, _ token: TokenSecret, status: HTTPResponse.Status) -> Response {
        var object = AccountJSON.token(record, used: nil)
        object["token"] = .string(token.text)
        return AccountJSON.response(.object(object), status: status)
    }
}
