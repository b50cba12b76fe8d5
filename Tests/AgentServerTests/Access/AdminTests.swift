import AgentCore
import AuthTokens
import Dispatch
import HTTPTypes
import MCPProtocol
import Testing

@Suite("Administration over HTTP", .timeLimit(.minutes(2)))
struct AdminTests {
    /// Runs with a token that administers and nothing else.
    private func withAdministrator(
        _ body: @escaping @Sendable (AccessServer, (String, String)) async throws -> Void
    ) async throws {
        try await withAccessServer { server in
            let token = try server.token(TokenRequest(owner: "root", scopes: [.admin]))
            try await body(server, bearer(token.text))
        }
    }

    @Test(
        "Only who has the scope admin is let in",
        arguments: [
            ("GET", "tokens"), ("POST", "tokens"), ("POST", "tokens/x/revoke"), ("POST", "tokens/x/rotate"),
            ("GET", "users"), ("POST", "users"), ("PATCH", "users/ada"), ("DELETE", "users/ada"),
            ("POST", "users/ada/enable"), ("POST", "users/ada/disable"), ("POST", "users/ada/unlock"),
            ("GET", "sessions"), ("DELETE", "sessions/x"), ("DELETE", "sessions?user=ada"), ("GET", "audit"),
            ("GET", "doctor"), ("GET", "metrics"),
        ])
    func scope(method: String, path: String) async throws {
        try await withAccessServer { server in
            let token = try server.token(TokenRequest(scopes: [.read, .write, .approve]))
            let nobody = try await server.send(method, "/api/v1/admin/\(path)", [], body: method == "GET" ? nil : "{}")
            #expect(nobody.status == 401)
            let answer = try await server.send(
                method, "/api/v1/admin/\(path)", [bearer(token.text)], body: method == "GET" ? nil : "{}")
            #expect(answer.status == 403)
            #expect(answer.challenge == #"Bearer error="insufficient_scope", scope="admin""#)
            #expect(server.accounts.users["ada"]?.disabled == nil && server.accounts.tokens.records.count == 1)
        }
    }

    @Test(
        "A change that waited for others is made only if they left its administrator the right to it",
        arguments: [10, 1500])
    func waited(milliseconds: Int) async throws {
        try await withAccessServer { server in
            let admin = try server.token(TokenRequest(owner: "root", scopes: [.admin]))
            let other = try server.token(TokenRequest(owner: "grace", scopes: [.read]))
            let (began, begin) = AsyncStream<Void>.makeStream()
            let gate = DispatchSemaphore(value: 0)
            let first = Task {
                await server.accounts.administer { (accounts) throws(AccountError) in
                    begin.finish()
                    gate.wait()
                    _ = try accounts.tokens.file.revoke(id: admin.id)
                }
            }
            for await _ in began {}
            let second = Task {
                try await server.post("/api/v1/admin/tokens/\(other.id)/revoke", nil, bearer(admin.text))
            }
            // It was let in, and waits.
            while server.accounts.tokens.lastUses[admin.id] == nil { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(milliseconds))
            gate.signal()
            try await first.value?.get()
            let answer = try await second.value
            #expect(answer.status == 401 && answer.challenge != nil)
            #expect(try await server.get("/api/v1/me", bearer(other.text)).status == 200)
        }
    }

    @Test("A token is made, shown once, holds at once, is rotated and revoked; each is recorded")
    func tokens() async throws {
        try await withAdministrator { server, admin in
            let made = try await server.post(
                "/api/v1/admin/tokens",
                #"{"note": "report", "owner": "grace", "scopes": ["read"], "databases": ["shop"], "expires": "30d"}"#,
                admin)
            #expect(made.status == 201 && made.fields[.cacheControl] == "no-store")
            let id = try #require(made.json?["id"]?.string)
            let text = try #require(made.json?["token"]?.string)
            #expect(TokenSecret.isWellFormed(text))
            #expect(try await server.get("/api/v1/me", bearer(text)).json?["name"] == "grace")
            let list = try await server.get("/api/v1/admin/tokens", admin)
            #expect(list.json?["tokens"]?.array?.count == 2)
            let digest = Digest.hexadecimal(Digest.sha256(text.utf8))
            #expect(!list.text.contains(text) && !list.text.contains(digest) && !list.text.contains("sha256"))
            let rotated = try await server.post("/api/v1/admin/tokens/\(id)/rotate", #"{"overlap": "0s"}"#, admin)
            let next = try #require(rotated.json?["token"]?.string)
            #expect(try await server.get("/api/v1/me", bearer(text)).status == 401)
            #expect(try await server.get("/api/v1/me", bearer(next)).status == 200)
            let revoked = try await server.post("/api/v1/admin/tokens/\(id)/revoke", nil, admin)
            #expect(revoked.status == 200 && revoked.json?["state"] == "revoked")
            #expect(try await server.get("/api/v1/me", bearer(next)).status == 401)
            let again = try await server.post("/api/v1/admin/tokens/\(id)/rotate", nil, admin)
            #expect(again.status == 422 && again.code == "account-invalid")
            #expect(try await server.post("/api/v1/admin/tokens/tk_0/revoke", nil, admin).status == 404)
            let log = try AuditRecords.last(
                10, of: server.folder + "/audit.jsonl", matching: AuditFilter(principal: "root"))
            let actions = log.records.map {
                "\($0.string("action") ?? "") \($0.string("subject") ?? "") \($0.string("outcome") ?? "")"
            }
            #expect(
                actions == [
                    "token.create \(id) completed", "token.rotate \(id) completed", "token.revoke \(id) completed",
                    "token.rotate \(id) failed", "token.revoke tk_0 failed",
                ])
            for secret in [text, next, digest] {
                #expect(!server.witness.log.contains(secret) && log.records.allSatisfy { !$0.text.contains(secret) })
            }
        }
    }

    @Test(
        "What is no token to be made is refused with the member that is wrong",
        arguments: [
            (#"{"scopes": ["root"]}"#, 400), (#"{"scopes": "read"}"#, 400), (#"{"scopes": []}"#, 422),
            (#"{"expires": "soon"}"#, 400), (#"{"expires": "2020-01-01"}"#, 422), (#"{"nota": "x"}"#, 400),
            (#"{"databases": [1]}"#, 400),
        ])
    func badTokens(body: String, status: Int) async throws {
        try await withAdministrator { server, admin in
            let answer = try await server.post("/api/v1/admin/tokens", body, admin)
            #expect(answer.status == status && answer.fields[.contentType] == "application/problem+json")
            #expect(server.accounts.tokens.records.count == 1)
        }
    }

    @Test("A user is added, changed, locked out, let in and removed; no password comes back")
    func users() async throws {
        try await withAdministrator { server, admin in
            let password = "sunny-wednesday-lamp"
            let added = try await server.post(
                "/api/v1/admin/users", #"{"name": "bob@x", "password": "\#(password)", "scopes": ["read"]}"#, admin)
            #expect(added.status == 201 && added.json?["enabled"] == true)
            #expect(
                try await server.post(
                    "/api/v1/admin/users", #"{"name": "bob@x", "password": "\#(password)"}"#, admin
                ).status == 409)
            let weak = try await server.post("/api/v1/admin/users", #"{"name": "eve", "password": "hunter2"}"#, admin)
            #expect(weak.status == 422 && !weak.text.contains("hunter2"))
            let cookie = try #require(try await server.signIn("bob@x", password: password).cookie)
            let changed = try await server.send(
                "PATCH", "/api/v1/admin/users/bob%40x", [admin],
                body: #"{"note": "n", "scopes": ["read", "write"], "databases": ["shop"]}"#)
            #expect(changed.json?["scopes"] == ["read", "write"] && changed.json?["databases"] == ["shop"])
            let all = try await server.send(
                "PATCH", "/api/v1/admin/users/bob@x", [admin], body: #"{"databases": null}"#)
            #expect(all.json?["databases"]?.isNull == true && all.json?["note"] == "n")
            #expect(try await server.get("/api/v1/me", ("Cookie", cookie)).json?["scopes"] == ["read", "write"])
            let new = "cloudy-thursday-lamp"
            _ = try await server.send("PATCH", "/api/v1/admin/users/bob@x", [admin], body: #"{"password": "\#(new)"}"#)
            #expect(try await server.get("/api/v1/me", ("Cookie", cookie)).status == 401)
            let next = try #require(try await server.signIn("bob@x", password: new).cookie)
            let disabled = try await server.post("/api/v1/admin/users/bob@x/disable", nil, admin)
            #expect(disabled.json?["enabled"] == false && disabled.json?["sessions"] == 0)
            #expect(try await server.get("/api/v1/me", ("Cookie", next)).status == 401)
            #expect(try await server.post("/api/v1/admin/users/bob@x/enable", nil, admin).json?["enabled"] == true)
            for _ in 0..<5 { _ = try await server.signIn("bob@x", password: "wrong", ("X-Test-Address", "192.0.2.1")) }
            #expect(try await server.signIn("bob@x", password: new).status == 401)
            let list = try await server.get("/api/v1/admin/users", admin)
            #expect(list.json?["users"]?[1]?["lockedUntil"]?.string != nil && !list.text.contains("scrypt"))
            #expect(try await server.post("/api/v1/admin/users/bob@x/unlock", nil, admin).json?["wasLocked"] == true)
            #expect(try await server.signIn("bob@x", password: new).status == 200)
            #expect(try await server.send("DELETE", "/api/v1/admin/users/bob@x", [admin]).status == 204)
            #expect(try await server.send("DELETE", "/api/v1/admin/users/bob@x", [admin]).status == 404)
            for secret in [password, new, "hunter2"] { #expect(!server.witness.log.contains(secret)) }
        }
    }

    @Test("Nobody takes the own account away by a slip")
    func ownAccount() async throws {
        try await withAccessServer { server in
            let session = try await server.session()
            let fields = [session.cookie, session.csrf]
            let mistakes: [(String, String, String?)] = [
                ("DELETE", "ada", nil), ("POST", "ada/disable", nil), ("PATCH", "ada", #"{"scopes": ["read"]}"#),
            ]
            for (method, path, body) in mistakes {
                let answer = try await server.send(method, "/api/v1/admin/users/\(path)", fields, body: body)
                #expect(answer.status == 409 && answer.code == "own-account")
            }
            #expect(try await server.send("DELETE", "/api/v1/admin/users/ada", [session.cookie]).code == "csrf")
        }
    }

    @Test("Sessions are listed without their secrets, and ended one by one or all of a user")
    func sessions() async throws {
        try await withAdministrator { server, admin in
            let (first, second) = (try await server.session(), try await server.session())
            let list = try await server.get("/api/v1/admin/sessions?user=ada", admin)
            let sessions = try #require(list.json?["sessions"]?.array)
            #expect(sessions.count == 2)
            for session in [first, second] {
                #expect(!list.text.contains(session.cookie.1.dropFirst("agent_session=".count)))
                #expect(!list.text.contains(session.csrf.1))
            }
            let id = try #require(sessions[0]["id"]?.string)
            #expect(try await server.send("DELETE", "/api/v1/admin/sessions/\(id)", [admin]).status == 204)
            #expect(try await server.send("DELETE", "/api/v1/admin/sessions/\(id)", [admin]).status == 404)
            #expect(server.accounts.sessions.list().count == 1)
            #expect(try await server.send("DELETE", "/api/v1/admin/sessions", [admin]).status == 400)
            let ended = try await server.send("DELETE", "/api/v1/admin/sessions?user=ada", [admin])
            #expect(ended.json?["ended"] == 1)
            #expect(try await server.get("/api/v1/me", second.cookie).status == 401)
        }
    }

    @Test("The audit log is shown, filtered and bounded")
    func audit() async throws {
        try await withAdministrator { server, admin in
            for _ in 0..<3 { _ = try await server.post("/api/v1/admin/tokens", "{}", admin) }
            let all = try await server.get("/api/v1/admin/audit?principal=root&limit=2", admin)
            let records = try #require(all.json?["records"]?.array)
            #expect(
                records.count == 2 && records.allSatisfy { $0["action"] == "token.create" && $0["seq"]?.int != nil })
            let none = try await server.get("/api/v1/admin/audit?since=2999-01-01", admin)
            #expect(none.json?["records"]?.array?.isEmpty == true && none.json?["cut"] == false)
            for query in ["limit=0", "limit=1001", "limit=x", "since=yesterday", "princpal=root"] {
                #expect(try await server.get("/api/v1/admin/audit?\(query)", admin).status == 400)
            }
        }
    }

    @Test("The checkup of the running server is for administrators, and says nothing of its secrets")
    func doctor() async throws {
        try await withAdministrator { server, admin in
            let answer = try await server.get("/api/v1/admin/doctor", admin)
            #expect(answer.status == 200)
            let findings = try #require(answer.json?["findings"]?.array)
            #expect(findings.contains { $0["id"] == "http.authentication" && $0["status"] == "pass" })
            #expect(findings.contains { $0["status"] == "person" })
            #expect(answer.json?["counts"]?["pass"] != nil)
            #expect(!answer.text.contains("pga_"))
            let reader = try server.token()
            #expect(try await server.get("/api/v1/admin/doctor", bearer(reader.text)).status == 403)
        }
    }

    @Test("Administrators see how the server is at a glance, and nothing that a caller wrote")
    func metrics() async throws {
        try await withAdministrator { server, admin in
            let unknown = "pga_" + String(repeating: "x", count: 50)
            #expect(try await server.get("/api/v1/me", bearer(unknown)).status == 401)
            let answer = try await server.get("/api/v1/admin/metrics", admin)
            #expect(answer.status == 200 && answer.fields[.cacheControl] == "no-store")
            #expect(answer.json?["version"]?.string == AgentVersion.current)
            #expect(answer.json?["uptimeSeconds"]?.int != nil)
            #expect(answer.json?["authenticationFailures"]?.object?.compactMap { $0.value.int }.reduce(0, +) == 1)
            #expect(answer.json?["tokens"]?["active"] == 1 && answer.json?["lockdown"] == false)
            #expect(answer.json?["audit"]?["writable"] == true)
            #expect(answer.json?["reloads"]?["tokens"]?["takenOver"] == true)
            #expect(!answer.text.contains(unknown) && !answer.text.contains("ada"))
        }
    }
}
