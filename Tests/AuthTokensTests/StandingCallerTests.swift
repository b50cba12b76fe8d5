import AuthTokens
import Testing

@Suite("Callers who were let in a while ago")
struct StandingCallerTests {
    private static let password = "rainy-tuesday-lamp"

    private struct Unexpected: Error {}

    private func withAccounts(_ body: (Accounts) async throws -> Void) async throws {
        try await withAccountFiles { files in
            try UserFile(path: files.users).add(
                name: "ada", password: Self.password, scopes: [.read, .write], cost: .cheap)
            try await body(try Accounts(files: files))
        }
    }

    private func caller(_ accounts: Accounts, _ request: TokenRequest = TokenRequest()) throws -> AuthenticatedCaller {
        let (record, _) = try accounts.tokens.file.create(request)
        try accounts.tokens.refresh()
        return AuthenticatedCaller(principal: record.principal, credential: .token(id: record.id))
    }

    private func signedIn(_ accounts: Accounts) async throws -> AuthenticatedCaller {
        let outcome = await accounts.signIn(name: "ada", password: Self.password, address: "192.0.2.1")
        guard case .signedIn(let user, let grant) = outcome else { throw Unexpected() }
        return AuthenticatedCaller(principal: user.principal, credential: .session(id: grant.record.id))
    }

    @Test("A token holds until it is revoked, expires, loses a scope or is bound to fewer databases")
    func tokens() async throws {
        let changes: [(inout TokenRecord) -> Void] = [
            { $0.expires = .now }, { $0.scopes = [.read] }, { $0.databases = ["stock"] }, { $0.databases = [] },
        ]
        for change in changes {
            try await withAccounts { accounts in
                let caller = try caller(accounts, TokenRequest(scopes: [.read, .write], databases: ["shop", "stock"]))
                let id = try #require(caller.tokenID)
                #expect(accounts.standing().holds(caller, age: .seconds(9)))
                try accounts.tokens.file.change(id) { $0.note = "other" }
                try accounts.tokens.file.change(id) { $0.scopes = [.read, .write, .approve] }
                try accounts.tokens.refresh()
                #expect(accounts.standing().holds(caller, age: .seconds(9)))
                try accounts.tokens.file.change(id) { (record) throws(AccountError) in change(&record) }
                try accounts.tokens.refresh()
                #expect(!accounts.standing().holds(caller, age: .seconds(9)))
            }
        }
        try await withAccounts { accounts in
            let (caller, other) = (try caller(accounts), try caller(accounts))
            try accounts.tokens.file.revoke(id: try #require(caller.tokenID))
            try accounts.tokens.refresh()
            #expect(!accounts.standing().holds(caller, age: .zero) && accounts.standing().holds(other, age: .zero))
        }
    }

    @Test("A token that is rotated holds for the overlap, and then for those who came with the new one")
    func rotation() async throws {
        try await withAccounts { accounts in
            let caller = try caller(accounts)
            let id = try #require(caller.tokenID)
            _ = try accounts.tokens.file.rotate(id: id, overlap: .seconds(100))
            try accounts.tokens.refresh()
            let now = Timestamp.now
            #expect(accounts.standing(at: now).holds(caller, age: .seconds(5)))
            #expect(!accounts.standing(at: now + .seconds(200)).holds(caller, age: .seconds(205)))
            #expect(accounts.standing(at: now + .seconds(200)).holds(caller, age: .seconds(50)))
            _ = try accounts.tokens.file.rotate(id: id, overlap: .zero)
            try accounts.tokens.refresh()
            #expect(!accounts.standing().holds(caller, age: .seconds(5)))
            #expect(accounts.standing(at: now + .seconds(60)).holds(caller, age: .seconds(5)))
        }
    }

    @Test("A session holds until it is ended, its user is disabled or has another password; another one goes on")
    func sessions() async throws {
        try await withAccounts { accounts in
            let (first, second) = (try await signedIn(accounts), try await signedIn(accounts))
            guard case .session(let id) = first.credential else { throw Unexpected() }
            try accounts.sessions.end { $0.id == id }
            #expect(!accounts.standing().holds(first, age: .zero) && accounts.standing().holds(second, age: .zero))
            try accounts.users.file.setPassword("cloudy-thursday-lamp", of: "ada")
            try accounts.users.refresh()
            #expect(!accounts.standing().holds(second, age: .zero))
        }
        try await withAccounts { accounts in
            let caller = try await signedIn(accounts)
            #expect(accounts.standing().holds(caller, age: .zero))
            try accounts.users.file.change("ada") { $0.disabled = .now }
            try accounts.users.refresh()
            #expect(!accounts.standing().holds(caller, age: .zero))
        }
    }

    @Test("A lockdown ends everybody; what it ended of sessions and issuers' tokens stays ended when it is lifted")
    func lockdown() async throws {
        try await withAccounts { accounts in
            let (token, session) = (try caller(accounts), try await signedIn(accounts))
            let issuers = AuthenticatedCaller(
                principal: Principal(id: "oauth:i|s", name: "oauth:s", scopes: [.read]),
                credential: .oauth(subject: "s"))
            for caller in [token, session, issuers] {
                #expect(accounts.standing().holds(caller, age: .seconds(9)))
            }
            try accounts.lockdown.begin()
            for caller in [token, session, issuers] {
                #expect(!accounts.standing().holds(caller, age: .seconds(9)))
            }
            try accounts.lockdown.lift()
            #expect(accounts.standing().holds(token, age: .seconds(9)))
            #expect(!accounts.standing().holds(session, age: .seconds(9)))
            #expect(!accounts.standing().holds(issuers, age: .seconds(9)))
        }
    }

    @Test("An issuer's token holds until it ends; nobody in particular always does")
    func others() async throws {
        try await withAccounts { accounts in
            let now = Timestamp.now
            let issuers = AuthenticatedCaller(
                principal: Principal(id: "oauth:i|s", name: "oauth:s", scopes: [.read]),
                credential: .oauth(subject: "s"),
                expires: now + .seconds(100))
            #expect(accounts.standing(at: now).holds(issuers, age: .zero))
            #expect(!accounts.standing(at: now + .seconds(100)).holds(issuers, age: .zero))
            let nobody = AuthenticatedCaller(principal: .anonymous, credential: .none)
            #expect(accounts.standing(at: now).holds(nobody, age: .seconds(1_000_000)))
        }
    }
}
