import AgentCore
import AuthTokens
import HTTPTypes
import MCPProtocol
import Testing

@Suite("Signing in over HTTP", .timeLimit(.minutes(2)))
struct SessionCookieTests {
    @Test("The cookie is HttpOnly and SameSite=Strict; under TLS also Secure, and bound to the host by its name")
    func cookie() async throws {
        try await withAccessServer { server in
            let plain = try #require(try await server.signIn().fields[.setCookie])
            #expect(plain.hasPrefix("agent_session=") && plain.contains("; HttpOnly; SameSite=Strict"))
            #expect(
                plain.contains("; Path=/; Max-Age=86400;") && !plain.contains("Secure") && !plain.contains("Domain"))
            let secure = try #require(try await server.signIn(sending: ("X-Test-Secure", "1")).fields[.setCookie])
            #expect(
                secure.hasPrefix("__Host-agent_session=") && secure.hasSuffix("; HttpOnly; SameSite=Strict; Secure"))
            // The name that anybody could plant over plain HTTP is nothing under TLS.
            let name = String(plain.prefix { $0 != ";" })
            #expect(try await server.get("/api/v1/me", ("Cookie", name)).status == 200)
            #expect(try await server.get("/api/v1/me", ("Cookie", name), ("X-Test-Secure", "1")).status == 401)
        }
    }

    @Test("A session reads without proof, and changes nothing without it")
    func crossSite() async throws {
        try await withAccessServer { server in
            let session = try await server.session()
            let me = try await server.get("/api/v1/me", session.cookie)
            #expect(me.json?["credential"] == "session" && me.json?["csrfToken"]?.string == session.csrf.1)
            for proof in [nil, "", "x", session.csrf.1 + "x"] as [String?] {
                let fields = [session.cookie] + (proof.map { [("X-CSRF-Token", $0)] } ?? [])
                let answer = try await server.send("POST", "/api/v1/logout", fields)
                #expect(answer.status == 403 && answer.code == "csrf")
                #expect(try await server.listTools(fields).status == 403)
            }
            #expect(try await server.listTools([session.cookie, session.csrf]).status == 200)
            #expect(server.witness.causes.allSatisfy { $0 == "csrf" } && server.witness.causes.count == 8)
        }
    }

    @Test("A page that is opened is told who is signed in, or nobody, and neither is an error")
    func opened() async throws {
        try await withAccessServer { server in
            let nobody = try await server.get("/api/v1/session")
            #expect(nobody.status == 200 && nobody.json == ["caller": .null] && nobody.fields[.setCookie] == nil)
            #expect(nobody.fields[.cacheControl] == "no-store")
            let session = try await server.session()
            let somebody = try await server.get("/api/v1/session", session.cookie)
            let me = try await server.get("/api/v1/me", session.cookie)
            #expect(somebody.status == 200 && somebody.json?["caller"] == me.json && me.json != nil)
            let over = try await server.get("/api/v1/session", ("Cookie", "agent_session=over"))
            #expect(over.status == 200 && over.json == ["caller": .null])
            #expect(over.fields[.setCookie]?.contains("Max-Age=0") == true)
            // Whoever shows a token means it.
            let token = try await server.get("/api/v1/session", bearer(TokenSecret().text))
            #expect(token.status == 401 && token.code == "unauthenticated")
        }
    }

    @Test("A page with the proof of another session is told nothing, whatever it asks")
    func proofOfAnotherSession() async throws {
        try await withAccessServer { server in
            let before = try await server.session()
            let now = try await server.session()
            let answer = try await server.get("/api/v1/me", now.cookie, before.csrf)
            #expect(answer.status == 403 && answer.code == "csrf")
            #expect(try await server.get("/api/v1/me", now.cookie, now.csrf).status == 200)
            #expect(try await server.get("/api/v1/me", now.cookie).status == 200)
        }
    }

    @Test("Signing out ends the session and the cookie; the next sign-in has another secret")
    func logout() async throws {
        try await withAccessServer { server in
            let session = try await server.session()
            let out = try await server.post("/api/v1/logout", nil, session.cookie, session.csrf)
            #expect(out.status == 204 && out.fields[.setCookie]?.contains("Max-Age=0") == true)
            let after = try await server.get("/api/v1/me", session.cookie)
            #expect(after.status == 401 && after.challenge == "Bearer")
            #expect(after.fields[.setCookie]?.contains("Max-Age=0") == true)
            let next = try await server.session()
            #expect(next.cookie.1 != session.cookie.1)
            // Whoever signs in again has left the session of before.
            let again = try await server.signIn(sending: next.cookie)
            #expect(again.status == 200)
            #expect(try await server.get("/api/v1/me", next.cookie).status == 401)
            #expect(server.accounts.sessions.list().count == 1)
        }
    }

    @Test("Whoever cannot sign in is told the same for every cause")
    func uniform() async throws {
        try await withAccessServer {
            $0.http.auth.rateLimitAttempts = 1000
            $0.http.auth.lockoutFailures = 3
        } _: { server in
            var answers: [AccessServer.Answer] = [
                try await server.signIn("nobody"), try await server.signIn("ada", password: "not-the-password"),
                try await server.signIn("", password: ""), try await server.signIn("ada\u{1B}[2J"),
            ]
            for _ in 0..<3 { answers.append(try await server.signIn("ada", password: "not-the-password")) }
            answers.append(try await server.signIn())
            let first = answers[0]
            #expect(first.status == 401 && first.code == "sign-in-failed" && first.cookie == nil)
            for answer in answers {
                #expect(answer.status == 401 && answer.text == first.text && answer.challenge == first.challenge)
            }
            #expect(Set(server.witness.causes) == ["password", "locked"])
            for secret in [AccessServer.password, "not-the-password"] { #expect(!server.witness.log.contains(secret)) }
        }
    }

    @Test("An address that tries too often gets 429 whatever it tries")
    func limited() async throws {
        try await withAccessServer {
            $0.http.auth.rateLimitAttempts = 2
        } _: { server in
            for _ in 0..<2 { #expect(try await server.signIn("nobody").status == 401) }
            let answer = try await server.signIn()
            #expect(answer.status == 429 && answer.fields[.retryAfter] != nil && answer.cookie == nil)
            #expect(try await server.signIn(sending: ("X-Test-Address", "192.0.2.9")).status == 200)
        }
    }

    @Test("When too many sign in at once the next is told to come again")
    func busy() async throws {
        try await withAccessServer { _ in
        } policy: {
            $0.concurrentPasswords = 1
            $0.waitingPasswords = 0
            $0.attemptsPerAddress = 1000
            $0.lockout.failures = 1000
        } _: { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await server.signIn("nobody", password: "x").status } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses.isSubset(of: [401, 503]) && statuses.contains(401))
        }
    }

    @Test(
        "A form of another site signs nobody in, nor does what is no object of two texts",
        arguments: [
            ("application/x-www-form-urlencoded", "name=ada&password=x", 415), ("text/plain", "{}", 415),
            ("application/json", "[]", 400), ("application/json", "{\"name\": \"ada\"}", 400),
            ("application/json", "{\"name\": 1, \"password\": \"s3cret-s3cret\"}", 400),
            ("application/json", "{\"name\": \"ada\", \"password\": \"s3cret-s3cret\", \"x\": 1}", 400),
            ("application/json", "{\"name\": \"ada\", \"password\": \"s3cret-s3cret", 400),
        ])
    func bodies(type: String, body: String, status: Int) async throws {
        try await withAccessServer { server in
            let answer = try await server.post("/api/v1/login", body, ("Content-Type", type))
            #expect(answer.status == status && !answer.text.contains("s3cret"))
            #expect(!server.witness.log.contains("s3cret"))
        }
    }

    @Test("Two different cookies of the name are nobody's")
    func planted() async throws {
        try await withAccessServer { server in
            let session = try await server.session()
            let both = ("Cookie", "a=b; agent_session=planted; \(session.cookie.1)")
            #expect(try await server.get("/api/v1/me", both).status == 401)
            let twice = ("Cookie", "a=b;\(session.cookie.1);  \(session.cookie.1); c")
            #expect(try await server.get("/api/v1/me", twice).status == 200)
            #expect(try await server.get("/api/v1/me", ("Cookie", "a=b"), session.cookie).status == 200)
        }
    }

    @Test("A user who is disabled, or has another password, is signed out")
    func changed() async throws {
        try await withAccessServer { server in
            let session = try await server.session()
            _ = try server.accounts.users.file.change("ada") { $0.disabled = .now }
            try server.accounts.users.refresh()
            #expect(try await server.get("/api/v1/me", session.cookie).status == 401)
            #expect(server.witness.causes == ["revoked"])
            #expect(try await server.signIn().code == "sign-in-failed")
        }
    }
}
