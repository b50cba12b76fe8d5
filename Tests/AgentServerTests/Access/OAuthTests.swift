import AgentCore
@testable import AgentServer
import AuthTokens
import HTTPTypes
import MCPProtocol
import Testing

@Suite("Tokens of an OAuth issuer", .timeLimit(.minutes(3)))
struct OAuthTests {
    private static let audience = "https://agent.example.com/mcp"

    /// Runs a server that accepts the tokens of an issuer with these keys.
    private func withIssuer(
        _ keys: [IssuerKey], _ configure: @escaping @Sendable (inout AgentConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (AccessServer, TestIssuer) async throws -> Void
    ) async throws {
        try await TestIssuer.run(keys) { issuer in
            try await withAccessServer {
                $0.http.auth.oauth.issuer = issuer.url
                $0.http.auth.oauth.audience = Self.audience
                $0.http.auth.oauth.scopes = ["read": "db.read", "admin": "db.admin"]
                $0.http.auth.rateLimitAttempts = 1000
                configure(&$0)
            } _: { server in
                try await body(server, issuer)
            }
        }
    }

    @Test("A token of the issuer is heard by MCP and the API: its scopes by their mapping, its subject as the caller")
    func accepted() async throws {
        let (rsa, ec, pss) = (
            try await IssuerKey.rsa("r1"), try await IssuerKey.ec("e1"),
            try await IssuerKey.rsa("p1", "PS256", namesAlgorithm: false)
        )
        try await withIssuer([rsa, ec, pss]) { server, issuer in
            for key in [rsa, ec, pss] {
                let token = try key.token(issuer.claims("openid db.read write"))
                let me = try await server.get("/api/v1/me", bearer(token))
                #expect(me.status == 200 && me.json?["credential"] == "oauth")
                #expect(me.json?["id"]?.string == "oauth:\(issuer.url)|248289761001")
                #expect(me.json?["name"] == "oauth:248289761001" && me.json?["scopes"] == ["read", "write"])
                #expect(try await server.listTools([bearer(token)]).status == 200)
                #expect(!server.witness.log.contains(token))
            }
            // The keys were found by the metadata, and fetched once.
            #expect(issuer.asked.count { $0 == "/jwks" } == 1)
            let list = try rsa.token(
                issuer.claims("", ["scope": .null, "scp": ["db.admin"], "aud": ["x", .string(Self.audience)]]))
            #expect(try await server.get("/api/v1/me", bearer(list)).json?["scopes"] == ["admin"])
            // Its name alone, without a mapping, does not make an administrator.
            let admin = try rsa.token(issuer.claims("admin"))
            #expect(try await server.get("/api/v1/admin/users", bearer(admin)).status == 403)
            let tools = try await server.listTools([bearer(admin)])
            #expect(tools.status == 403)
            #expect(
                tools.challenge
                    == "Bearer error=\"insufficient_scope\", scope=\"db.read\", resource_metadata=\"https://agent.example.com/.well-known/oauth-protected-resource/mcp\""
            )
        }
    }

    @Test("What is not signed by the issuer, for this server, now, is refused in the same words")
    func refused() async throws {
        let key = try await IssuerKey.rsa("r1")
        let other = try await IssuerKey.rsa("r1")
        try await withIssuer([key]) { server, issuer in
            let now = Timestamp.now.seconds
            let good = try key.token(issuer.claims())
            let parts = good.split(separator: ".").map(String.init)
            let tokens: [(String, String)] = [
                ("issuer", try key.token(issuer.claims("db.read", ["iss": .string(issuer.url + "/")]))),
                ("issuer", try key.token(issuer.claims("db.read", ["iss": .null]))),
                ("audience", try key.token(issuer.claims("db.read", ["aud": "https://other.example.com"]))),
                ("audience", try key.token(issuer.claims("db.read", ["aud": []]))),
                ("audience", try key.token(issuer.claims("db.read", ["aud": .null]))),
                ("expired", try key.token(issuer.claims("db.read", ["exp": .integer(now - 31)]))),
                ("expired", try key.token(issuer.claims("db.read", ["exp": .null]))),
                ("expired", try key.token(issuer.claims("db.read", ["exp": "9999999999"]))),
                ("early", try key.token(issuer.claims("db.read", ["nbf": .integer(now + 90)]))),
                ("early", try key.token(issuer.claims("db.read", ["iat": .integer(now + 90)]))),
                ("subject", try key.token(issuer.claims("db.read", ["sub": .null]))),
                ("subject", try key.token(issuer.claims("db.read", ["sub": "a\u{1B}b"]))),
                ("bound", try key.token(issuer.claims("db.read", ["cnf": ["jkt": "x"]]))),
                ("signature", try other.token(issuer.claims())),
                (
                    "signature",
                    parts[0] + "." + Base64URL.encode(JSONValue.object(issuer.claims("db.admin")).serialized()) + "."
                        + parts[2]
                ),
                ("malformed", parts[0] + "." + parts[1] + "."),
                ("algorithm", try key.token(issuer.claims(), header: ["alg": "none"])),
                ("algorithm", try key.token(issuer.claims(), header: ["alg": "HS256"])),
                ("unknown-key", try key.token(issuer.claims(), header: ["alg": "RS512"])),
                ("unknown-key", try key.token(issuer.claims(), header: ["alg": "ES256"])),
                ("malformed", try key.token(issuer.claims(), header: ["typ": "logout+jwt"])),
                ("malformed", try key.token(issuer.claims(), header: ["crit": ["x"]])),
                (
                    "malformed",
                    try key.token(issuer.claims("db.read", ["pad": .string(String(repeating: "x", count: 7000))]))
                ),
            ]
            #expect(try await server.get("/api/v1/me", bearer(good)).status == 200)
            var answers: Set<String> = []
            for (cause, token) in tokens {
                let before = server.witness.log.count
                let answer = try await server.get("/api/v1/me", bearer(token))
                #expect(answer.status == 401, "\(cause)")
                #expect(answer.challenge?.hasPrefix(#"Bearer error="invalid_token", "#) == true)
                answers.insert(answer.text)
                let line = server.witness.log.dropFirst(before)
                #expect(line.contains(cause), "\(cause): \(line)")
                #expect(!line.contains(token))
            }
            #expect(answers.count == 1 && Set(server.witness.causes).isSubset(of: ["oauth", "malformed"]))
        }
    }

    @Test(
        "A key that is new is fetched when its first token comes; one that is gone is not believed after the next fetch"
    )
    func rotation() async throws {
        let (first, second) = (try await IssuerKey.ec("k1"), try await IssuerKey.ec("k2"))
        try await TestIssuer.run([first]) { issuer in
            var configuration = HTTPConfiguration.OAuthConfiguration()
            configuration.issuer = issuer.url
            configuration.audience = Self.audience
            configuration.jwksURL = issuer.url + "/jwks"
            let clock = TestClock()
            let keys = IssuerKeys(configuration, clock: { clock.now }, logger: Witness().logger)
            let verifier = try #require(OAuthVerifier(configuration, keys: keys))
            func outcome(_ key: IssuerKey) async throws -> OAuthRefusal? {
                let token = try key.token(issuer.claims("read"))
                do throws(OAuthRefusal) {
                    _ = try await verifier.verify(token)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(try await outcome(first) == nil)
            issuer.set { $0.keys = [first, second] }
            // Invented keys cannot make the issuer be asked again and again.
            for _ in 0..<5 { #expect(try await outcome(second) == .unknownKey) }
            #expect(issuer.asked.count == 1)
            clock.advance(by: .seconds(31))
            #expect(try await outcome(second) == nil)
            #expect(issuer.asked.count == 2)
            issuer.set { $0.keys = [second] }
            clock.advance(by: .seconds(601))
            // Renewed beside the request, which is still answered by the keys of before.
            #expect(try await outcome(second) == nil)
            while issuer.asked.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
            var last: OAuthRefusal?
            for _ in 0..<6000 where last == nil {
                last = try await outcome(first)
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(last == .unknownKey)
            // An issuer that is away: what is known goes on to hold for a while, not for ever.
            issuer.set { $0.status = .internalServerError }
            clock.advance(by: .seconds(3000))
            #expect(try await outcome(second) == nil)
            clock.advance(by: .seconds(3000))
            #expect(try await outcome(second) == .keysUnavailable)
            issuer.set { $0.status = .ok }
            clock.advance(by: .seconds(31))
            #expect(try await outcome(second) == nil)
        }
    }

    @Test("While the issuer's keys cannot be had, its tokens get 503 and all others are heard")
    func unavailable() async throws {
        let key = try await IssuerKey.ec("k1")
        try await withIssuer([key]) { server, issuer in
            issuer.set { $0.status = .internalServerError }
            let token = try key.token(issuer.claims())
            let answer = try await server.get("/api/v1/me", bearer(token))
            #expect(answer.status == 503 && answer.fields[.retryAfter] == "30" && answer.challenge == nil)
            let own = try server.token()
            #expect(try await server.get("/api/v1/me", bearer(own.text)).status == 200)
            #expect(server.witness.log.contains("cannot be had"))
        }
    }

    @Test(
        "Keys come whole, soon, from where they were asked for, or not at all",
        arguments: [
            ("large", JSONDownload.Failure.tooLarge), ("slow", .tooSlow), ("redirect", .status(302)),
            ("text", .notJSON), ("list", .notJSON),
        ])
    func downloads(kind: String, failure: JSONDownload.Failure) async throws {
        try await TestIssuer.run([]) { issuer in
            issuer.set { state in
                switch kind {
                case "large": state.body = "{\"keys\": [" + String(repeating: " ", count: 300_000) + "]}"
                case "slow": state.hangs = true
                case "redirect": state.status = .found
                case "text": state.body = "<html>"
                default: state.body = "[]"
                }
            }
            let download = JSONDownload(patience: .milliseconds(kind == "slow" ? 300 : 10_000))
            await #expect(throws: failure) { try await download.object(at: issuer.url + "/jwks") }
        }
    }

    @Test(
        "Nothing is fetched but over TLS, or from this machine",
        arguments: [
            ("https://issuer.example.com/jwks", true), ("http://127.0.0.1:8080/jwks", true),
            ("http://localhost/x", true),
            ("http://[::1]:80/x", true), ("http://issuer.example.com/jwks", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://localhost@evil.example/", false), ("https://user@evil.example/", false),
            ("ftp://127.0.0.1/", false),
            ("file:///etc/passwd", false), ("https:///x", false), ("http://127.0.0.1\\@evil.example", false),
            ("https://a b/", false), ("", false),
        ])
    func addresses(url: String, isAllowed: Bool) {
        #expect(IssuerAddress.isAllowed(url) == isAllowed)
    }

    @Test("Metadata of another issuer are not believed")
    func otherIssuer() async throws {
        let key = try await IssuerKey.ec("k1")
        try await withIssuer([key]) { server, issuer in
            issuer.set { $0.metadata = ["issuer": "https://evil.example"] }
            let answer = try await server.get("/api/v1/me", bearer(try key.token(issuer.claims())))
            #expect(answer.status == 503 && !issuer.asked.contains("/jwks"))
        }
    }

    @Test(
        "An issuer's metadata are looked for before and after its path",
        arguments: [
            (
                "https://i.example/t/1/",
                [
                    "https://i.example/.well-known/oauth-authorization-server/t/1",
                    "https://i.example/.well-known/openid-configuration/t/1",
                    "https://i.example/t/1/.well-known/openid-configuration",
                ]
            ),
            (
                "https://i.example",
                [
                    "https://i.example/.well-known/oauth-authorization-server",
                    "https://i.example/.well-known/openid-configuration",
                ]
            ),
        ])
    func metadataAddresses(issuer: String, addresses: [String]) {
        #expect(IssuerKeys.metadataAddresses(issuer) == addresses)
    }

    @Test(
        "A set of keys is used as far as it is fit: asymmetric, for signatures, not short",
        arguments: [
            (#"{"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"}"#, 0),
            (#"{"kty": "EC", "crv": "P-256", "kid": "a", "x": "AA", "y": "AA"}"#, 0),
            (#"{"kty": "EC", "crv": "secp256k1", "kid": "a", "x": "AA", "y": "AA"}"#, 0),
            (#"{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}"#, 0), (#"{"kid": "a"}"#, 0), ("7", 0),
        ])
    func keySets(key: String, count: Int) async throws {
        let set = try JSONValue.parse("{\"keys\": [\(key)]}")
        #expect(await SigningKeySet(try #require(set.object))?.count == count)
        let encryption = try await IssuerKey.ec("e")
        var published = encryption.published
        published["use"] = "enc"
        #expect(await SigningKeySet(["keys": [.object(published)]])?.count == 0)
    }

    @Test("A token that names no key needs a set with one")
    func unnamed() async throws {
        let (first, second) = (try await IssuerKey.ec("k1"), try await IssuerKey.ec("k2"))
        let one = try #require(await SigningKeySet(["keys": [.object(first.published)]]))
        #expect(one.verifiers(nil, "ES256").count == 1 && one.verifiers("k1", "RS256").isEmpty)
        let both = try #require(await SigningKeySet(["keys": [.object(first.published), .object(second.published)]]))
        #expect(both.verifiers(nil, "ES256").isEmpty && both.verifiers("k2", "ES256").count == 1)
    }

    @Test("Clients are told of the issuer at both well-known paths and in the challenge")
    func metadata() async throws {
        try await withIssuer([]) { server, issuer in
            for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
                let answer = try await server.get(path)
                #expect(answer.status == 200 && answer.fields[.contentType] == "application/json")
                #expect(answer.json?["resource"]?.string == Self.audience)
                #expect(answer.json?["authorization_servers"]?[0]?.string == issuer.url)
                #expect(answer.json?["scopes_supported"] == ["db.read", "write", "approve", "db.admin"])
                #expect(answer.json?["bearer_methods_supported"] == ["header"])
            }
            let none = try await server.listTools([])
            #expect(
                none.challenge
                    == "Bearer scope=\"db.read\", resource_metadata=\"https://agent.example.com/.well-known/oauth-protected-resource/mcp\""
            )
        }
        try await withIssuer([], { $0.http.auth.oauth.audience = "api://agent" }) { server, _ in
            let own = "http://127.0.0.1:\(server.port)"
            #expect(
                try await server.get("/.well-known/oauth-protected-resource").json?["resource"]?.string == own + "/mcp")
            let challenge = try await server.listTools([]).challenge
            #expect(
                challenge?.hasSuffix("resource_metadata=\"\(own)/.well-known/oauth-protected-resource/mcp\"") == true)
        }
    }

    @Test("Without an issuer there are no metadata")
    func none() async throws {
        try await withAccessServer { server in
            for path in ProtectedResource.paths { #expect(try await server.get(path).status == 404) }
            let answer = try await server.get("/api/v1/me", bearer("eyJhbGciOiJub25lIn0.e30."))
            #expect(answer.status == 401 && answer.challenge == #"Bearer error="invalid_token""#)
            #expect(server.witness.causes == ["unknown"])
        }
    }

    @Test("A lockdown refuses the issuer's tokens too")
    func lockdown() async throws {
        let key = try await IssuerKey.ec("k1")
        try await withIssuer([key]) { server, issuer in
            let token = try key.token(issuer.claims())
            #expect(try await server.get("/api/v1/me", bearer(token)).status == 200)
            try server.accounts.lockdown.begin()
            #expect(try await server.get("/api/v1/me", bearer(token)).status == 401)
        }
    }
}
