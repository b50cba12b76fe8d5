import AgentCore
import AuthTokens
import HTTPTypes
import MCPProtocol
import Testing

@Suite("Tokens over HTTP", .timeLimit(.minutes(2)))
struct BearerTests {
    @Test("Without a token the challenge has no error; with one that is not good it has, for every cause the same")
    func challenges() async throws {
        try await withAccessServer { server in
            let expired = try server.token(TokenRequest(expires: .now + .seconds(3600)))
            _ = try server.accounts.tokens.file.change(expired.id) { $0.expires = .now - .seconds(60) }
            let revoked = try server.token()
            try server.accounts.tokens.file.revoke(id: revoked.id)
            try server.accounts.tokens.refresh()
            let none = try await server.get("/api/v1/me")
            #expect(none.status == 401 && none.challenge == "Bearer" && none.code == "unauthenticated")
            let tools = try await server.listTools([])
            #expect(tools.status == 401 && tools.challenge == "Bearer")
            var answers: Set<String> = []
            for text in [expired.text, revoked.text, TokenSecret().text, "pga_x", String(repeating: "x", count: 600)] {
                let answer = try await server.get("/api/v1/me", bearer(text))
                #expect(answer.status == 401 && answer.challenge == #"Bearer error="invalid_token""#)
                #expect(!answer.text.contains(text))
                answers.insert(answer.text)
                #expect(!server.witness.log.contains(text))
            }
            #expect(answers == [none.text])
            #expect(
                server.witness.causes.sorted() == [
                    "expired", "malformed", "missing", "missing", "revoked", "unknown", "unknown",
                ])
        }
    }

    @Test("A good token is heard by MCP and by the API, whatever the case of its scheme")
    func accepted() async throws {
        try await withAccessServer { server in
            let token = try server.token(TokenRequest(owner: "grace", scopes: [.read], databases: ["shop"]))
            #expect(try await server.listTools([bearer(token.text)]).status == 200)
            let me = try await server.get("/api/v1/me", ("Authorization", "bEARER   \(token.text)"))
            #expect(me.status == 200 && me.json?["id"]?.string == "token:\(token.id)")
            #expect(
                me.json?["name"] == "grace" && me.json?["databases"] == ["shop"] && me.json?["credential"] == "token")
            #expect(me.json?["csrfToken"] == nil && me.fields[.cacheControl] == "no-store")
            #expect(server.witness.causes.isEmpty && !server.witness.log.contains(token.text))
        }
    }

    @Test("A token in the query, under another scheme, or beside a second one is not heard")
    func elsewhere() async throws {
        try await withAccessServer { server in
            let token = try server.token()
            let query = try await server.get("/api/v1/me?access_token=\(token.text)")
            #expect(query.status == 401 && query.challenge == "Bearer")
            #expect(try await server.get("/api/v1/me", ("Authorization", "Basic \(token.text)")).status == 401)
            #expect(try await server.get("/api/v1/me", bearer(token.text), bearer(token.text)).status == 401)
            #expect(!server.witness.log.contains(token.text))
        }
    }

    @Test("Of a token and a cookie the token decides, good or not")
    func both() async throws {
        try await withAccessServer { server in
            let session = try await server.session()
            let token = try server.token()
            let good = try await server.get("/api/v1/me", bearer(token.text), session.cookie)
            #expect(good.json?["credential"] == "token")
            let bad = try await server.get("/api/v1/me", bearer(TokenSecret().text), session.cookie)
            #expect(bad.status == 401 && bad.fields[.setCookie] == nil)
        }
    }

    @Test("An address that fails too often is told to wait; what is good is heard from it all the same")
    func limit() async throws {
        try await withAccessServer {
            $0.http.auth.rateLimitAttempts = 3
        } _: { server in
            let wrong = bearer(TokenSecret().text)
            for _ in 0..<3 {
                #expect(try await server.get("/api/v1/me", wrong, ("X-Test-Address", "2001:db8::1")).status == 401)
            }
            // Another address of the same network.
            let limited = try await server.get("/api/v1/me", wrong, ("X-Test-Address", "2001:db8::2"))
            #expect(limited.status == 429 && limited.challenge == nil && limited.code == "too-many-failures")
            #expect(limited.fields[.retryAfter].flatMap { Int($0) }.map { (1...900).contains($0) } == true)
            #expect(try await server.listTools([wrong, ("X-Test-Address", "2001:db8::3")]).status == 429)
            #expect(try await server.get("/api/v1/me", wrong, ("X-Test-Address", "2001:db8:1::1")).status == 401)
            let token = try server.token()
            #expect(
                try await server.get("/api/v1/me", bearer(token.text), ("X-Test-Address", "2001:db8::1")).status == 200)
        }
    }

    @Test("A token without a scope that is needed gets 403 with the scope")
    func scopes() async throws {
        try await withAccessServer { server in
            let token = try server.token(TokenRequest(scopes: [.admin]))
            let tools = try await server.listTools([bearer(token.text)])
            #expect(tools.status == 403)
            #expect(tools.challenge == #"Bearer error="insufficient_scope", scope="read""#)
            let reader = try server.token()
            let writers = try await server.get("/api/v1/writers", bearer(reader.text))
            #expect(writers.status == 403 && writers.code == "insufficient-scope")
            #expect(writers.challenge == #"Bearer error="insufficient_scope", scope="write""#)
            let writer = try server.token(TokenRequest(scopes: [.write]))
            #expect(try await server.get("/api/v1/writers", bearer(writer.text)).text == "written")
        }
    }

    @Test("The log names cause, address and request, escaped")
    func log() async throws {
        try await withAccessServer { server in
            _ = try await server.get("/api/v1/me", bearer(TokenSecret().text), ("X-Test-Address", "192.0.2.7"))
            let line = server.witness.log
            #expect(line.contains("authentication failed") && line.contains("192.0.2.7"))
            #expect(line.contains("unknown") && line.contains("test-request"))
        }
    }

    @Test("A lockdown refuses every token and every session with the words of any refusal")
    func lockdown() async throws {
        try await withAccessServer { server in
            let token = try server.token()
            let session = try await server.session()
            try server.accounts.lockdown.begin()
            let answer = try await server.get("/api/v1/me", bearer(token.text))
            #expect(answer.status == 401 && answer.challenge == #"Bearer error="invalid_token""#)
            #expect(try await server.get("/api/v1/me", session.cookie).status == 401)
            #expect(server.witness.causes == ["lockdown", "lockdown"])
            #expect(try await server.signIn().code == "sign-in-failed")
        }
    }

    @Test("With authentication off everybody may read, and nobody writes, signs in or administers")
    func off() async throws {
        try await withAccessServer {
            $0.http.auth.enabled = false
        } _: { server in
            #expect(try await server.listTools([]).status == 200)
            let me = try await server.get("/api/v1/me")
            #expect(me.json?["scopes"] == ["read"] && me.json?["credential"] == "none" && me.json?["id"] == "anonymous")
            #expect(try await server.get("/api/v1/writers").status == 403)
            #expect(try await server.signIn().code == "authentication-off")
            #expect(try await server.get("/api/v1/admin/tokens").status == 404)
        }
    }

    @Test("The audit log names principal and token of a call over MCP")
    func audit() async throws {
        try await withAccessServer { configuration in
            var database = DatabaseConfiguration(name: "shop")
            database.host = "127.0.0.1"
            database.port = 1
            configuration.databases = [database]
        } _: { server in
            let token = try server.token(TokenRequest(owner: "grace"))
            let answer = try await server.call(
                "tools/call", ["name": "query_database", "arguments": ["query": "DROP TABLE t"]], [bearer(token.text)])
            #expect(answer.status == 200 && answer.json?["result"]?["isError"] == true)
            let found = try AuditRecords.last(
                1, of: server.folder + "/audit.jsonl", matching: AuditFilter(database: "shop"))
            let record = try #require(found.records.last)
            #expect(record.string("principal") == "token:\(token.id)" && record.string("principalName") == "grace")
            #expect(record.string("tokenId") == token.id)
        }
    }
}
