import AuthTokens
import Foundation
import Testing

@Suite("Signing in, and sessions")
struct SignInTests {
    private let password = "rainy-tuesday-lamp"

    @discardableResult
    private func withUser<R>(
        policy: Accounts.Policy = Accounts.Policy(), _ body: (AccountFiles, Accounts) async throws -> R
    ) async throws -> R {
        try await withAccountFiles { files in
            try UserFile(path: files.users).add(name: "ada", password: password, scopes: [.read], cost: .cheap)
            return try await body(files, try Accounts(files: files, policy: policy))
        }
    }

    private func signIn(
        _ accounts: Accounts, _ name: String = "ada", password: String? = nil, address: String = "192.0.2.1",
        at now: Timestamp = .now
    ) async -> Accounts.LoginOutcome {
        await accounts.signIn(
            name: name, password: password ?? self.password, address: address, client: "test\u{1B}[2J", at: now)
    }

    private func granted(_ outcome: Accounts.LoginOutcome) throws -> SessionGrant {
        guard case .signedIn(_, let grant) = outcome else { throw Unexpected(what: "\(outcome)") }
        return grant
    }

    private struct Unexpected: Error { let what: String }

    private func refusal(_ outcome: Accounts.LoginOutcome) -> Accounts.LoginRefusal? {
        if case .refused(let reason) = outcome { reason } else { nil }
    }

    @Test("The right password begins a session; only its digest is kept")
    func begins() async throws {
        try await withUser { files, accounts in
            let grant = try granted(await signIn(accounts))
            guard case .accepted(let principal, let record) = accounts.verify(session: grant.secret) else {
                throw Unexpected(what: "refused")
            }
            #expect(principal.id == "user:ada" && record.id == grant.record.id && record.client == "test\u{1B}[2J")
            #expect(grant.secret.utf8.count == 43)
            let kept = try text(of: try #require(files.state) + "/sessions")
            #expect(!kept.contains(grant.secret) && !kept.contains(grant.csrfToken) && !kept.contains("\u{1B}"))
            #expect(SessionGrant.isCSRFToken(grant.csrfToken, of: grant.secret))
            #expect(!SessionGrant.isCSRFToken(grant.csrfToken, of: grant.secret + "x"))
            #expect(!SessionGrant.isCSRFToken("", of: grant.secret))
            var dumped = ""
            dump(grant, to: &dumped)
            #expect(!dumped.contains(grant.secret))
        }
    }

    @Test("A session survives a restart, and ends when it is signed out anywhere")
    func restart() async throws {
        try await withUser { files, accounts in
            let grant = try granted(await signIn(accounts))
            let again = try Accounts(files: files)
            #expect(again.verify(session: grant.secret).isAccepted)
            #expect(try again.sessions.end(secret: grant.secret))
            #expect(accounts.verify(session: grant.secret) == .refused(.unknown))
            // What one process remembers of its use does not bring it back.
            #expect(accounts.flush().isEmpty)
            #expect(accounts.verify(session: grant.secret) == .refused(.unknown))
        }
    }

    @Test("A wrong password, an unknown name and a disabled user are refused alike")
    func wrong() async throws {
        try await withUser { files, accounts in
            #expect(refusal(await signIn(accounts, password: "rainy-tuesday-lamb")) == .wrong)
            #expect(refusal(await signIn(accounts, "eve")) == .wrong)
            #expect(refusal(await signIn(accounts, "eve\u{0}\n \u{1B}")) == .wrong)
            #expect(refusal(await signIn(accounts, password: String(repeating: "x", count: 100_000))) == .wrong)
            try UserFile(path: files.users).change("ada") { $0.disabled = .now }
            try accounts.users.refresh()
            #expect(refusal(await signIn(accounts)) == .wrong)
        }
    }

    @Test("Only failures use up what an address may try, one after the other and all at once")
    func failuresCount() async throws {
        var policy = Accounts.Policy()
        policy.attemptsPerAddress = 2
        try await withUser(policy: policy) { _, accounts in
            for _ in 0..<4 { _ = try granted(await signIn(accounts)) }
            let atOnce = await withTaskGroup(of: Accounts.LoginOutcome.self) { group in
                for _ in 0..<6 { group.addTask { await signIn(accounts) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            // Who comes while others are being looked at is asked to come again, and not shut out.
            #expect(atOnce.allSatisfy { refusal($0) == nil || refusal($0) == .busy })
            _ = try granted(await signIn(accounts))
            #expect(refusal(await signIn(accounts, password: "wrong")) == .wrong)
            _ = try granted(await signIn(accounts))
            #expect(refusal(await signIn(accounts, password: "wrong")) == .wrong)
            guard case .limited? = refusal(await signIn(accounts)) else { throw Unexpected(what: "not limited") }
            _ = try granted(await signIn(accounts, address: "192.0.2.2"))
        }
    }

    @Test("Sessions end idle, at the end of their life, and not before")
    func lifetimes() async throws {
        var policy = Accounts.Policy()
        policy.sessions = SessionPolicy(lifetime: .seconds(1000), idle: .seconds(100))
        try await withUser(policy: policy) { _, accounts in
            let now = Timestamp.now
            let grant = try granted(await signIn(accounts, at: now))
            #expect(accounts.verify(session: grant.secret, at: now + .seconds(99)).isAccepted)
            #expect(accounts.verify(session: grant.secret, at: now + .seconds(198)).isAccepted)
            #expect(accounts.verify(session: grant.secret, at: now + .seconds(298)) == .refused(.expired))
            for step in stride(from: 0, to: 1000, by: 50) {
                _ = accounts.verify(session: grant.secret, at: now + .seconds(step))
            }
            #expect(accounts.verify(session: grant.secret, at: now + .seconds(999)).isAccepted)
            #expect(accounts.verify(session: grant.secret, at: now + .seconds(1000)) == .refused(.expired))
        }
    }

    @Test("A new password, disabling, removal and a lockdown end sessions; new scopes hold at once")
    func ended() async throws {
        try await withUser { files, accounts in
            let file = UserFile(path: files.users)
            let grant = try granted(await signIn(accounts))
            try file.change("ada") { $0.scopes = [.read, .approve] }
            #expect(accounts.refresh().isEmpty)
            guard case .accepted(let principal, _) = accounts.verify(session: grant.secret) else {
                throw Unexpected(what: "refused")
            }
            #expect(principal.scopes == [.read, .approve])
            try file.setPassword("the quick red kayak", of: "ada", cost: .cheap)
            #expect(accounts.refresh().isEmpty)
            #expect(accounts.verify(session: grant.secret) == .refused(.userChanged))
            try file.setPassword(password, of: "ada", cost: .cheap)
            #expect(accounts.refresh().isEmpty)
            #expect(accounts.verify(session: grant.secret) == .refused(.userChanged))

            let second = try granted(await signIn(accounts))
            try file.change("ada") { $0.disabled = .now }
            #expect(accounts.refresh().isEmpty)
            #expect(accounts.verify(session: second.secret) == .refused(.userChanged))
            try file.change("ada") { $0.disabled = nil }
            #expect(accounts.refresh().isEmpty)

            try Lockdown(files: files).begin()
            #expect(accounts.refresh().isEmpty)
            #expect(accounts.verify(session: second.secret) == .refused(.lockdown))
            #expect(refusal(await signIn(accounts)) == .lockdown)
            try Lockdown(files: files).lift()
            #expect(accounts.refresh().isEmpty)
            #expect(accounts.verify(session: second.secret) == .refused(.lockdown))
            let third = try granted(await signIn(accounts, at: .now + .seconds(2)))
            #expect(accounts.verify(session: third.secret, at: .now + .seconds(3)).isAccepted)
            try file.delete("ada")
            #expect(accounts.refresh().isEmpty)
            #expect(accounts.verify(session: third.secret, at: .now + .seconds(3)) == .refused(.userChanged))
        }
    }

    @Test("Failures in a row lock an account, also across a restart; time or an administrator unlocks it")
    func lockout() async throws {
        var policy = Accounts.Policy()
        policy.lockout = Lockout.Policy(failures: 3, duration: .seconds(600))
        policy.attemptsPerAddress = 1000
        try await withUser(policy: policy) { files, accounts in
            let now = Timestamp.now
            for name in ["ada", "eve"] {
                for _ in 0..<3 { #expect(refusal(await signIn(accounts, name, password: "wrong", at: now)) == .wrong) }
                #expect(
                    refusal(await signIn(accounts, name, at: now + .seconds(1))) == .locked(until: now + .seconds(600)))
            }
            let again = try Accounts(files: files, policy: policy)
            #expect(refusal(await signIn(again, at: now + .seconds(599))) == .locked(until: now + .seconds(600)))
            #expect(again.lockedUntil("ada", at: now) == now + .seconds(600))
            _ = try granted(await signIn(again, at: now + .seconds(600)))

            for _ in 0..<3 { _ = await signIn(again, password: "wrong", at: now + .seconds(700)) }
            #expect(refusal(await signIn(again, at: now + .seconds(701))) == .locked(until: now + .seconds(1300)))
            #expect(try Accounts(files: files, policy: policy).unlock("ada"))
            _ = try granted(await signIn(again, at: now + .seconds(702)))
        }
    }

    @Test("Attempts at the same time are no more guesses than those one after the other")
    func concurrentGuesses() async throws {
        var policy = Accounts.Policy()
        policy.lockout = Lockout.Policy(failures: 3, duration: .seconds(600))
        policy.attemptsPerAddress = 1000
        try await withUser(policy: policy) { _, accounts in
            let now = Timestamp.now
            let outcomes = await withTaskGroup(of: Accounts.LoginOutcome.self) { group in
                for _ in 0..<20 { group.addTask { await signIn(accounts, password: "wrong", at: now) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { refusal($0) == .wrong } == 3)
        }
    }

    @Test("An address has so many attempts in a window; those that succeed do not count")
    func addresses() async throws {
        var policy = Accounts.Policy()
        policy.attemptsPerAddress = 4
        policy.window = .seconds(60)
        try await withUser(policy: policy) { _, accounts in
            let now = Timestamp.now
            for _ in 0..<10 { _ = try granted(await signIn(accounts, at: now)) }
            for number in 0..<4 { #expect(refusal(await signIn(accounts, "u\(number)", at: now)) == .wrong) }
            #expect(refusal(await signIn(accounts, at: now)) == .limited(until: now + .seconds(60)))
            _ = try granted(await signIn(accounts, address: "192.0.2.2", at: now))
            _ = try granted(await signIn(accounts, at: now + .seconds(60)))
        }
    }

    /// One password is looked at, and none waits.
    private static func narrow(attempts: Int) -> Accounts.Policy {
        var policy = Accounts.Policy()
        policy.concurrentPasswords = 1
        policy.waitingPasswords = 0
        policy.attemptsPerAddress = attempts
        return policy
    }

    /// Thirty who do not exist sign in at once.
    private func crowd(_ accounts: Accounts, at now: Timestamp = .now) async -> [Accounts.LoginOutcome] {
        await withTaskGroup(of: Accounts.LoginOutcome.self) { group in
            for number in 0..<30 { group.addTask { await signIn(accounts, "u\(number)", at: now) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("Too many attempts at once are turned away instead of filling the memory")
    func busy() async throws {
        try await withUser(policy: Self.narrow(attempts: 1000)) { _, accounts in
            let outcomes = await crowd(accounts)
            #expect(outcomes.allSatisfy { refusal($0) == .busy || refusal($0) == .wrong })
            #expect(outcomes.contains { refusal($0) == .wrong })
        }
    }

    @Test("Who was turned away since too many came at once has failed at nothing")
    func busyIsNoFailure() async throws {
        let policy = Self.narrow(attempts: 31)
        try await withUser(policy: policy) { _, accounts in
            let now = Timestamp.now
            let turnedAway = await crowd(accounts, at: now).filter { refusal($0) == .busy }.count
            // As many as were turned away may still fail, and the one that was left.
            for number in 0..<turnedAway + 1 {
                #expect(refusal(await signIn(accounts, "v\(number)", at: now)) == .wrong)
            }
            #expect(refusal(await signIn(accounts, "w", at: now)) == .limited(until: now + policy.window))
        }
    }

    @Test("A user has so many sessions; the one used longest ago ends first. They are listed and ended one by one")
    func several() async throws {
        var policy = Accounts.Policy()
        policy.sessions.perUser = 3
        try await withUser(policy: policy) { _, accounts in
            let now = Timestamp.now
            var grants: [SessionGrant] = []
            for step in 0..<3 { grants.append(try granted(await signIn(accounts, at: now + .seconds(step)))) }
            // The first is used; the second is the oldest now.
            #expect(accounts.verify(session: grants[0].secret, at: now + .seconds(5)).isAccepted)
            grants.append(try granted(await signIn(accounts, at: now + .seconds(6))))
            let ids = accounts.sessions.list(user: "ada", at: now + .seconds(7)).map(\.id)
            #expect(ids == [0, 2, 3].map { grants[$0].record.id })
            #expect(accounts.verify(session: grants[1].secret, at: now + .seconds(7)) == .refused(.unknown))
            #expect(try accounts.sessions.end { $0.id == ids[1] } == 1)
            #expect(accounts.sessions.list(at: now + .seconds(7)).count == 2)
            #expect(accounts.sessions.list(user: "eve", at: now + .seconds(7)).isEmpty)
        }
    }

    @Test("Without a folder for state everything holds in memory")
    func memory() async throws {
        try await withAccountFiles { all in
            var files = all
            files.state = nil
            try UserFile(path: files.users).add(name: "ada", password: password, cost: .cheap)
            let accounts = try Accounts(files: files)
            let grant = try granted(await signIn(accounts))
            #expect(accounts.verify(session: grant.secret).isAccepted)
            for _ in 0..<5 { _ = await signIn(accounts, password: "wrong") }
            #expect(accounts.lockedUntil("ada") != nil)
            #expect(try accounts.unlock("ada"))
        }
    }
}

extension SessionVerdict {
    fileprivate var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }
}
