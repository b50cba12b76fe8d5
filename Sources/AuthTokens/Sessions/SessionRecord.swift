/// What is kept of a session of a signed-in user: everything but the secret in the cookie.
public struct SessionRecord: Sendable, Hashable, Identifiable {
    /// Identifies the session in lists; not a secret.
    public let id: String
    /// The user's name.
    public let user: String
    /// When the user signed in.
    public let created: Timestamp
    /// When the session was last used.
    public internal(set) var lastSeen: Timestamp
    /// The address that signed in, as the server saw it. Text from outside.
    public let address: String
    /// The browser or program, as it called itself. Text from outside: escape it before it goes to a terminal.
    public let client: String
    /// The SHA-256 of the secret, in hexadecimal digits.
    let digest: String
    /// Of the password that the user signed in with.
    let fingerprint: String
}

/// How long sessions live and how many there are.
public struct SessionPolicy: Sendable, Hashable {
    /// How long a session lives from its beginning.
    public var lifetime: Duration
    /// How long a session lives without being used.
    public var idle: Duration
    /// The most sessions of one user; a new one ends the one that was used longest ago.
    public var perUser: Int
    /// The most sessions of all.
    public var total: Int

    /// A day at most, two hours unused.
    public init(
        lifetime: Duration = .seconds(86400), idle: Duration = .seconds(7200), perUser: Int = 10, total: Int = 10_000
    ) {
        self.lifetime = lifetime
        self.idle = idle
        self.perUser = max(1, perUser)
        self.total = max(1, total)
    }
}

/// What a user who signed in gets. Keep neither text: the first goes into a cookie, the second to the page.
public struct SessionGrant: Sendable, CustomStringConvertible, CustomReflectable {
    /// The secret: 256 random bits in base64url.
    public let secret: String
    /// What the page sends along with each request that changes something. Bound to the secret; see ``csrfToken(for:)``.
    public let csrfToken: String
    /// What is kept.
    public let record: SessionRecord

    /// The cross-site token of a session: a digest of its secret, which another site can neither read nor compute, and which
    /// what is kept of the session does not tell.
    ///
    /// - Parameter secret: The secret in the cookie.
    public static func csrfToken(for secret: String) -> String {
        Base64URL.encode(Digest.sha256("postgres-agent csrf\0".utf8 + Array(secret.utf8)))
    }

    /// Whether `token` is that of the session, compared in constant time.
    public static func isCSRFToken(_ token: String, of secret: String) -> Bool {
        Digest.areEqual(Array(token.utf8), Array(csrfToken(for: secret).utf8))
    }

    /// The session's identifier.
    public var description: String { record.id }

    /// Hides the secrets from `dump` and from reflection.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What becomes of a session that a caller shows.
public enum SessionVerdict: Sendable, Hashable {
    /// It is good; the user's scopes and databases are those of now.
    case accepted(Principal, SessionRecord)
    /// It is not, or not any more.
    case refused(SessionRefusal)
}

/// Why a session is refused.
public enum SessionRefusal: String, Sendable, Hashable, CaseIterable {
    /// There is none: never begun, ended, or forgotten.
    case unknown
    /// Its time is over, or it was not used for too long.
    case expired
    /// The user was disabled or removed, or has another password now.
    case userChanged = "user-changed"
    /// Everything was locked down since it was begun.
    case lockdown
}

/// Every session by the digest of its secret.
struct SessionTable: StateContents {
    static let kind = "postgres-agent-sessions"
    private(set) var sessions: [String: SessionRecord] = [:]

    mutating func read(_ words: [Substring]) -> Bool {
        guard words.count == 7, words[0].utf8.count == 64, Digest.bytes(hexadecimal: words[0]) != nil,
            UserRecord.isName(String(words[1])), let created = Int64(words[3]), let seen = Int64(words[4]),
            let address = Self.decoded(words[5]), let client = Self.decoded(words[6])
        else { return false }
        let digest = String(words[0])
        sessions[digest] = SessionRecord(
            id: String(digest.prefix(12)), user: String(words[1]), created: Timestamp(seconds: created),
            lastSeen: Timestamp(seconds: seen), address: address, client: client, digest: digest,
            fingerprint: String(words[2]))
        return true
    }

    var lines: [[String]] {
        sessions.values.sorted { ($0.created, $0.digest) < ($1.created, $1.digest) }.map { session in
            [
                session.digest, session.user, session.fingerprint, String(session.created.seconds),
                String(session.lastSeen.seconds), Self.encoded(session.address), Self.encoded(session.client),
            ]
        }
    }

    /// Adds a session; those that are over go, and as many of the longest unused as make room for it.
    mutating func add(_ session: SessionRecord, _ policy: SessionPolicy, at now: Timestamp) {
        remove { !Self.isAlive($0, policy, at: now) }
        trim(sessions.values.filter { $0.user == session.user }, to: policy.perUser - 1)
        trim(Array(sessions.values), to: policy.total - 1)
        sessions[session.digest] = session
    }

    private mutating func trim(_ among: [SessionRecord], to count: Int) {
        guard among.count > count else { return }
        for session in among.sorted(by: { $0.lastSeen < $1.lastSeen }).prefix(among.count - count) {
            sessions[session.digest] = nil
        }
    }

    /// Removes sessions.
    ///
    /// - Returns: How many.
    @discardableResult
    mutating func remove(where condition: (SessionRecord) -> Bool) -> Int {
        let before = sessions.count
        sessions = sessions.filter { !condition($0.value) }
        return before - sessions.count
    }

    /// Takes over later uses of sessions that are still there: one that was ended elsewhere stays ended.
    mutating func merge(_ seen: [String: Timestamp]) -> Bool {
        var isChanged = false
        for (digest, moment) in seen {
            guard let session = sessions[digest], session.lastSeen < moment else { continue }
            sessions[digest]?.lastSeen = moment
            isChanged = true
        }
        return isChanged
    }

    static func isAlive(_ session: SessionRecord, _ policy: SessionPolicy, at now: Timestamp) -> Bool {
        session.created + policy.lifetime > now && session.lastSeen + policy.idle > now
    }

    private static func encoded(_ text: String) -> String { "." + Base64URL.encode(text.utf8) }

    private static func decoded(_ word: Substring) -> String? {
        guard word.first == ".", let bytes = Base64URL.decode(word.utf8.dropFirst()) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
