internal import Synchronization

/// Tokens, users and sessions together: what a server asks about each call, and what it does in the background.
///
/// ```swift
/// let accounts = try Accounts(files: AccountFiles(tokens: "tokens.yaml", users: "users.yaml", state: "/var/lib/agent"))
/// async let upkeep: Void = accounts.run { problem in log(problem) }
/// let verdict = accounts.tokens.verify(bearer)
/// ```
public final class Accounts: Sendable {
    /// The limits.
    public struct Policy: Sendable, Hashable {
        /// When an account is locked.
        public var lockout = Lockout.Policy()
        /// How many attempts to sign in an address has in a window.
        public var attemptsPerAddress = 10
        /// The length of the window.
        public var window: Duration = .seconds(15 * 60)
        /// How long sessions live.
        public var sessions = SessionPolicy()
        /// How many passwords are checked at the same time, 32 MiB and a core each.
        public var concurrentPasswords = 2
        /// How many more wait; the next attempt is turned away.
        public var waitingPasswords = 32

        /// The defaults of the configuration.
        public init() {}
    }

    /// The tokens.
    public let tokens: TokenStore
    /// The users.
    public let users: UserStore
    /// The sessions.
    public let sessions: SessionStore
    /// The switch of an incident.
    public let lockdown: Lockdown
    private let lockouts: LockoutStore
    private let passwords: BlockingWork
    private let upkeep = BlockingWork(limit: 1, maximumWaiting: 1)
    private let administration = BlockingWork(limit: 1, maximumWaiting: 32)
    private let addresses: Mutex<Addresses>

    /// Failed attempts to sign in, by address. Whoever is being looked at counts as failed until it is known.
    private struct Addresses {
        var failures: RateLimit
        var running: [String: Int] = [:]
    }

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - files: Where they are. A token or user file that does not exist holds nothing yet.
    ///   - policy: The limits.
    /// - Throws: ``AccountError`` when one is readable by others or not as it must be.
    public init(files: AccountFiles, policy: Policy = Policy()) throws(AccountError) {
        lockdown = Lockdown(files: files)
        tokens = try TokenStore(files: files, lockdown: lockdown)
        users = try UserStore(files: files)
        sessions = SessionStore(files: files, policy: policy.sessions)
        lockouts = LockoutStore(files: files, policy: policy.lockout)
        passwords = BlockingWork(
            limit: max(1, policy.concurrentPasswords), maximumWaiting: max(0, policy.waitingPasswords))
        addresses = Mutex(
            Addresses(failures: RateLimit(attempts: policy.attemptsPerAddress, window: policy.window)))
    }

    /// What becomes of an attempt to sign in.
    public enum LoginOutcome: Sendable {
        /// It is the user.
        case signedIn(UserRecord, SessionGrant)
        /// It is not, or must not be. Tell callers the same for every reason but ``LoginRefusal/busy``.
        case refused(LoginRefusal)
    }

    /// Why an attempt to sign in is refused.
    public enum LoginRefusal: Sendable, Hashable {
        /// No such user, another password, or a user that is disabled.
        case wrong
        /// Too many failures in a row for this name.
        case locked(until: Timestamp)
        /// Too many failed attempts from this address.
        case limited(until: Timestamp)
        /// Too many attempts at the same time; try again.
        case busy
        /// Nobody may sign in for the moment.
        case lockdown
        /// The state folder cannot be written, so that failures could not be counted.
        case unavailable(AccountError)
    }

    /// Signs a user in.
    ///
    /// A name that does not exist costs the same time, is locked by the same rule, and answers the same.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - password: The password.
    ///   - address: The caller's address, for the limit.
    ///   - client: The caller's program, as it calls itself.
    ///   - now: The present.
    public func signIn(
        name: String, password: String, address: String, client: String = "", at now: Timestamp = .now
    ) async -> LoginOutcome {
        if lockdown.isOn { return .refused(.lockdown) }
        let block = AddressBlock.of(address)
        let refusal: LoginRefusal? = addresses.withLock { addresses in
            switch addresses.failures.attempt(block, at: now) {
            case .allowed:
                addresses.running[block, default: 0] += 1
                return nil
            // Those that are being looked at may all be right: a team behind one address begins its day.
            case .refused(let until): return addresses.running[block] == nil ? .limited(until: until) : .busy
            }
        }
        if let refusal { return .refused(refusal) }
        let outcome = await passwords.run { [self] in
            attempt(name: String(name.prefix(200)), password: password, address: address, client: client, at: now)
        }
        addresses.withLock { addresses in
            switch outcome {
            case .signedIn, .refused(.busy), .refused(.unavailable), nil:
                // No password was found wrong.
                addresses.failures.forgive(block)
            case .refused: break
            }
            let others = (addresses.running[block] ?? 1) - 1
            addresses.running[block] = others > 0 ? others : nil
        }
        return outcome ?? .refused(.busy)
    }

    private func attempt(
        name: String, password: String, address: String, client: String, at now: Timestamp
    ) -> LoginOutcome {
        do throws(AccountError) {
            let isKnown = users[name] != nil
            if let until = try lockouts.begin(name, isKnown: isKnown, at: now) {
                return .refused(.locked(until: until))
            }
            guard let user = users.check(password, of: name), user.disabled == nil else { return .refused(.wrong) }
            try lockouts.clear(name)
            return .signedIn(user, try sessions.begin(for: user, address: address, client: client, at: now))
        } catch {
            return .refused(.unavailable(error))
        }
    }

    /// Decides about a session.
    public func verify(session secret: String, at now: Timestamp = .now) -> SessionVerdict {
        sessions.verify(secret, users: users, lockdown: lockdown, at: now)
    }

    /// Makes a change of an administrator, which waits for files and hashes passwords, off the threads that all tasks share.
    /// One at a time; what it changed holds in this process when it returns.
    ///
    /// - Parameter change: The change, for example `{ try $0.tokens.file.revoke(id: id) }`.
    /// - Returns: What came of it; `nil` when too many wait already.
    public func administer<Value: Sendable>(
        _ change: @escaping @Sendable (Accounts) throws(AccountError) -> Value
    ) async -> Result<Value, AccountError>? {
        await administration.run { [self] () -> Result<Value, AccountError> in
            do throws(AccountError) {
                let value = try change(self)
                // A file that somebody else broke meanwhile is kept in `failure` of its store.
                _ = refresh()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
    }

    /// What a principal may do now: somebody who asked for something a while ago may have lost the right to it.
    ///
    /// - Parameters:
    ///   - principal: As it was then.
    ///   - now: The present.
    /// - Returns: As it is now; `nil` when its token or account does not hold any more. A principal that is no token's and no
    ///   user's is returned as it was.
    public func current(_ principal: Principal, at now: Timestamp = .now) -> Principal? {
        if lockdown.isOn { return nil }
        if principal.id.hasPrefix("token:") {
            guard let token = tokens[String(principal.id.dropFirst("token:".count))], token.state(at: now) == .active
            else {
                return nil
            }
            return token.principal
        }
        guard principal.id.hasPrefix("user:") else { return principal }
        guard let user = users[String(principal.id.dropFirst("user:".count))], user.disabled == nil else { return nil }
        return user.principal
    }

    /// Until when a user is locked out; `nil` when not.
    public func lockedUntil(_ name: String, at now: Timestamp = .now) -> Timestamp? {
        lockouts.lockedUntil(name, at: now)
    }

    /// Ends a lockout before its time.
    ///
    /// - Returns: Whether there was one, or failures that would have led to one.
    /// - Throws: ``AccountError`` when the state folder cannot be written.
    @discardableResult
    public func unlock(_ name: String) throws(AccountError) -> Bool {
        try lockouts.clear(name)
    }

    /// Reads what changed: tokens, users, sessions, the lockdown. A file that is broken changes nothing.
    ///
    /// - Returns: What is wrong; each fault of a file once.
    public func refresh() -> [AccountError] {
        lockdown.refresh()
        var problems: [AccountError] = []
        do throws(AccountError) { try tokens.refresh() } catch { problems.append(error) }
        do throws(AccountError) { try users.refresh() } catch { problems.append(error) }
        do throws(AccountError) { try sessions.refresh() } catch { problems.append(error) }
        return problems
    }

    /// Writes down the last uses of tokens and sessions.
    ///
    /// - Returns: What is wrong.
    public func flush() -> [AccountError] {
        var problems: [AccountError] = []
        do throws(AccountError) { try tokens.flush() } catch { problems.append(error) }
        do throws(AccountError) { try sessions.flush() } catch { problems.append(error) }
        return problems
    }

    /// Looks for changed files every second, and writes the last uses once a minute and at the end, until the task is
    /// cancelled.
    ///
    /// - Parameter report: Told of what is wrong, for the log.
    public func run(_ report: @escaping @Sendable (AccountError) -> Void) async {
        var ticks = 0
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                break
            }
            ticks += 1
            let isTimeToWrite = ticks.isMultiple(of: 60)
            // Files block; the threads that all tasks share do not.
            let problems = await upkeep.run { [self] in refresh() + (isTimeToWrite ? flush() : []) } ?? []
            problems.forEach(report)
        }
        flush().forEach(report)
    }
}
