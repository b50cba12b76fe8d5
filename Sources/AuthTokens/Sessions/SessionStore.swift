internal import Synchronization

/// The sessions of signed-in users. They survive a restart when there is a folder for state.
public final class SessionStore: Sendable {
    private let file: StateFile<SessionTable>
    private let policy: SessionPolicy
    /// Uses that are not written down yet, by digest.
    private let seen = Mutex<[String: Timestamp]>([:])

    /// Names the file; it is read when it is needed.
    ///
    /// - Parameters:
    ///   - files: Where it is.
    ///   - policy: How long sessions live.
    public init(files: AccountFiles, policy: SessionPolicy = SessionPolicy()) {
        file = StateFile(path: files.sessions)
        self.policy = policy
    }

    /// Begins a session.
    ///
    /// - Parameters:
    ///   - user: Who signed in.
    ///   - address: From where.
    ///   - client: With what, as it calls itself.
    ///   - now: The present.
    /// - Throws: ``AccountError`` when the state folder cannot be written.
    public func begin(
        for user: UserRecord, address: String, client: String, at now: Timestamp = .now
    ) throws(AccountError) -> SessionGrant {
        let secret = Base64URL.encode(RandomBytes.make(32))
        let digest = Digest.hexadecimal(Digest.sha256(secret.utf8))
        let record = SessionRecord(
            id: String(digest.prefix(12)), user: user.name, created: now, lastSeen: now, address: Self.short(address),
            client: Self.short(client), digest: digest, fingerprint: user.password.fingerprint)
        let pending = seen.withLock { $0 }
        try file.update { table in
            _ = table.merge(pending)
            table.add(record, policy, at: now)
            return (true, ())
        }
        return SessionGrant(secret: secret, csrfToken: SessionGrant.csrfToken(for: secret), record: record)
    }

    /// Decides about a session.
    ///
    /// - Parameters:
    ///   - secret: What the cookie holds, from anybody.
    ///   - users: Who may sign in.
    ///   - lockdown: The switch of an incident.
    ///   - now: The present.
    public func verify(
        _ secret: String, users: UserStore, lockdown: Lockdown, at now: Timestamp = .now
    ) -> SessionVerdict {
        // Found by a digest: timing tells nothing of a secret that is right.
        let digest = Digest.hexadecimal(Digest.sha256(secret.utf8.prefix(256)))
        guard var session = file.read({ $0.sessions[digest] }) else { return .refused(.unknown) }
        if let moment = seen.withLock({ $0[digest] }) { session.lastSeen = max(session.lastSeen, moment) }
        guard SessionTable.isAlive(session, policy, at: now) else { return .refused(.expired) }
        if lockdown.isOn { return .refused(.lockdown) }
        if let since = lockdown.since, session.created <= since { return .refused(.lockdown) }
        guard let user = users[session.user], user.disabled == nil,
            user.password.fingerprint == session.fingerprint
        else { return .refused(.userChanged) }
        session.lastSeen = now
        seen.withLock { $0[digest] = now }
        return .accepted(user.principal, session)
    }

    /// The sessions that are alive, newest last.
    ///
    /// - Parameters:
    ///   - user: Whose; `nil` for everybody's.
    ///   - now: The present.
    public func list(user: String? = nil, at now: Timestamp = .now) -> [SessionRecord] {
        let unwritten = seen.withLock { $0 }
        return file.read { table in
            var table = table
            _ = table.merge(unwritten)
            return table.sessions.values
                .filter { (user == nil || $0.user == user) && SessionTable.isAlive($0, policy, at: now) }
                .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
        }
    }

    /// The identifiers of the sessions that a caller could use now.
    ///
    /// - Parameters:
    ///   - users: Who may sign in.
    ///   - lockdown: The switch of an incident.
    ///   - now: The present.
    func usable(users: UserStore, lockdown: Lockdown, at now: Timestamp) -> Set<String> {
        if lockdown.isOn { return [] }
        let alive = list(at: now).filter { session in
            if let since = lockdown.since, session.created <= since { return false }
            guard let user = users[session.user], user.disabled == nil else { return false }
            return user.password.fingerprint == session.fingerprint
        }
        return Set(alive.map(\.id))
    }

    /// Ends sessions.
    ///
    /// - Parameter condition: Which.
    /// - Returns: How many there were.
    /// - Throws: ``AccountError`` when the state folder cannot be written.
    @discardableResult
    public func end(where condition: (SessionRecord) -> Bool) throws(AccountError) -> Int {
        try file.update { table in
            let count = table.remove(where: condition)
            return (count > 0, count)
        }
    }

    /// Ends the session of a secret, as signing out does.
    @discardableResult
    public func end(secret: String) throws(AccountError) -> Bool {
        let digest = Digest.hexadecimal(Digest.sha256(secret.utf8.prefix(256)))
        return try end { $0.digest == digest } > 0
    }

    /// Writes down the last uses, and forgets sessions that are over: once a minute and at the end.
    ///
    /// - Throws: ``AccountError`` when the state folder cannot be written; the uses are kept for the next time.
    public func flush(at now: Timestamp = .now) throws(AccountError) {
        let pending = seen.withLock { $0 }
        guard !pending.isEmpty else { return }
        try file.update { table in
            let isMerged = table.merge(pending)
            let isRemoved = table.remove { !SessionTable.isAlive($0, policy, at: now) } > 0
            return (isMerged || isRemoved, ())
        }
        seen.withLock { seen in
            for (digest, moment) in pending where seen[digest] == moment { seen[digest] = nil }
        }
    }

    /// Reads the file when it changed.
    ///
    /// - Throws: ``AccountError`` when it cannot be read; what was read before goes on to hold.
    public func refresh() throws(AccountError) {
        try file.refresh()
    }

    private static func short(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200)))
    }
}
