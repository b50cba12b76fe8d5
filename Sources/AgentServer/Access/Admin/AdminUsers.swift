import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `/admin/users`: the people who sign in.
struct AdminUsers: Sendable {
    let desk: AdminDesk

    /// Registers the routes.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.get("admin/users", use: list)
        routes.post("admin/users", use: create)
        routes.patch("admin/users/{name}", use: update)
        routes.delete("admin/users/{name}", use: delete)
        routes.post("admin/users/{name}/enable", use: enable)
        routes.post("admin/users/{name}/disable", use: disable)
        routes.post("admin/users/{name}/unlock", use: unlock)
    }

    @Sendable
    func list(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        var sessions: [String: Int] = [:]
        for session in desk.accounts.sessions.list() { sessions[session.user, default: 0] += 1 }
        let users = desk.accounts.users.records
        return AccountJSON.response([
            "users": .array(
                users.map { .object(AccountJSON.user($0, desk.accounts, sessions: sessions[$0.name] ?? 0)) })
        ])
    }

    @Sendable
    func create(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        let body = try await AccountBody.read(request, ["name", "password", "note", "scopes", "databases"])
        let (name, password) = (try body.required("name"), try body.required("password"))
        let (note, scopes) = (try body.text("note") ?? "", try body.scopes() ?? [.read])
        let databases = try body.texts("databases")
        let user = try await desk.change("user.add", of: String(name.prefix(64)), request, context) {
            (accounts) throws(AccountError) -> UserRecord in
            try accounts.users.file.add(
                name: name, password: password, note: note, scopes: scopes, databases: databases)
        }
        return shown(user, status: .created)
    }

    @Sendable
    func update(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try desk.administrator(request, context)
        let name = name(context)
        let body = try await AccountBody.read(request, ["password", "note", "scopes", "databases"])
        let (password, note, scopes) = (try body.text("password"), try body.text("note"), try body.scopes())
        let (databases, changesDatabases) = (try body.texts("databases"), body.has("databases"))
        if let scopes, !scopes.contains(.admin) { try AdminDesk.ownAccount(name, caller) }
        if let scopes, scopes.isEmpty {
            throw AccountBody.invalid("A user without a scope may do nothing: disable it.")
        }
        let user = try await desk.change("user.update", of: name, request, context) {
            (accounts) throws(AccountError) -> UserRecord in
            let user = try accounts.users.file.change(name) { user in
                if let note { user.note = note }
                if let scopes { user.scopes = scopes }
                if changesDatabases { user.databases = databases }
            }
            guard let password else { return user }
            try accounts.users.file.setPassword(password, of: name)
            try accounts.sessions.end { $0.user == name }
            return user
        }
        return shown(user)
    }

    @Sendable
    func delete(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let name = name(context)
        try AdminDesk.ownAccount(name, desk.administrator(request, context))
        try await desk.change("user.delete", of: name, takesAway: true, request, context) {
            (accounts) throws(AccountError) -> Void in
            try accounts.users.file.delete(name)
            try accounts.sessions.end { $0.user == name }
        }
        return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    }

    @Sendable
    func enable(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let name = name(context)
        let user = try await desk.change("user.enable", of: name, request, context) {
            (accounts) throws(AccountError) -> UserRecord in
            try accounts.users.file.change(name) { $0.disabled = nil }
        }
        return shown(user)
    }

    @Sendable
    func disable(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let name = name(context)
        try AdminDesk.ownAccount(name, desk.administrator(request, context))
        let user = try await desk.change("user.disable", of: name, takesAway: true, request, context) {
            (accounts) throws(AccountError) -> UserRecord in
            let user = try accounts.users.file.change(name) { $0.disabled = $0.disabled ?? .now }
            try accounts.sessions.end { $0.user == name }
            return user
        }
        return shown(user)
    }

    @Sendable
    func unlock(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let name = name(context)
        let wasLocked = try await desk.change("user.unlock", of: name, request, context) {
            (accounts) throws(AccountError) -> Bool in
            try accounts.unlock(name)
        }
        return AccountJSON.response(["name": .string(name), "wasLocked": .bool(wasLocked)])
    }

    /// The name in the path. Of what a name may hold, `@` alone is escaped by some clients.
    private func name(_ context: AgentRequestContext) -> String {
        (context.parameters.get("name") ?? "").replacing("%40", with: "@")
    }

    private func shown(_ user: UserRecord, status: HTTPResponse.Status = .ok) -> Response {
        let sessions = desk.accounts.sessions.list(user: user.name).count
        return AccountJSON.response(
            .object(AccountJSON.user(user, desk.accounts, sessions: sessions)), status: status)
    }
}
