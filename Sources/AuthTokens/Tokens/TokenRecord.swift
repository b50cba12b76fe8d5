/// What is kept of a token: everything but the token itself.
public struct TokenRecord: Sendable, Hashable, Identifiable {
    /// Identifies the token; not a secret.
    public let id: String
    /// What it is for, in the words of whoever made it. Text from people: escape it before it goes to a terminal.
    public var note: String
    /// Who answers for it. Text from people.
    public var owner: String
    /// The SHA-256 of the token, 32 bytes.
    public internal(set) var digest: [UInt8]
    /// The token before the last rotation, and until when it is accepted still.
    public internal(set) var previous: Previous?
    /// When it was made.
    public let created: Timestamp
    /// When it last got a new text; `nil` when it never did.
    public internal(set) var rotated: Timestamp?
    /// From when on it is refused; `nil` for never.
    public var expires: Timestamp?
    /// When it was revoked; a token that was is never accepted again.
    public internal(set) var revoked: Timestamp?
    /// What it allows.
    public var scopes: Set<Scope>
    /// The databases that it is for; `nil` for all.
    public var databases: [String]?

    /// A token that was rotated away.
    public struct Previous: Sendable, Hashable {
        /// The SHA-256 of the token, 32 bytes.
        public let digest: [UInt8]
        /// From when on it is refused.
        public let until: Timestamp
    }

    /// Whether a token is accepted.
    public enum State: String, Sendable, Hashable, CaseIterable {
        case active, expired, revoked
    }

    /// Whether the token is accepted at a moment.
    public func state(at now: Timestamp) -> State {
        if revoked != nil { return .revoked }
        return expires.map { $0 <= now } == true ? .expired : .active
    }

    /// Whom calls with the token are made for. Its identifier is the token's, so that limits and approvals are the token's own.
    public var principal: Principal {
        Principal(id: "token:\(id)", name: owner.isEmpty ? id : owner, scopes: scopes, databases: databases)
    }
}

/// What a new token shall be.
public struct TokenRequest: Sendable, Hashable {
    /// How long a token lives when nobody says otherwise.
    public static let defaultLifetime = Duration.seconds(90 * 86400)

    /// What it is for.
    public var note: String
    /// Who answers for it.
    public var owner: String
    /// From when on it is refused; `nil` for never.
    public var expires: Timestamp?
    /// What it allows.
    public var scopes: Set<Scope>
    /// The databases that it is for; `nil` for all.
    public var databases: [String]?

    /// Describes a token that reads, for 90 days.
    ///
    /// - Parameters:
    ///   - note: What it is for, at most 200 characters.
    ///   - owner: Who answers for it, at most 100 characters.
    ///   - expires: From when on it is refused; `nil` for never.
    ///   - scopes: What it allows.
    ///   - databases: The databases that it is for; `nil` for all.
    public init(
        note: String = "", owner: String = "", expires: Timestamp? = .now + defaultLifetime,
        scopes: Set<Scope> = [.read], databases: [String]? = nil
    ) {
        self.note = note
        self.owner = owner
        self.expires = expires
        self.scopes = scopes
        self.databases = databases
    }
}

extension TokenRecord: FileRecord {
    static var listName: String { "tokens" }
    static var keys: [String] {
        [
            "id", "note", "owner", "sha256", "previous_sha256", "previous_until", "created", "rotated", "expires",
            "revoked",
            "scopes",
            "databases",
        ]
    }
    static var header: String {
        "The tokens of postgres-agent, as SHA-256: a token itself is nowhere. agentctl token changes this file and\n"
            + "keeps none of your comments in it: say what a token is for in its note. Mode 600."
    }
    static var maximumCount: Int { 100_000 }
    var identities: [String] {
        [id, Digest.hexadecimal(digest)] + (previous.map { [Digest.hexadecimal($0.digest)] } ?? [])
    }

    init(_ record: YAMLRecord) throws(AccountError) {
        let id = try record.required("id")
        guard Self.isID(id) else {
            throw record.failure("an id is 1 to 64 letters, digits, - _ and .", at: record.fields["id"])
        }
        let created = try record.moment("created") ?? Timestamp(seconds: 0)
        guard let digest = Self.digest(try record.required("sha256")) else {
            throw record.failure("sha256 must be 64 hexadecimal digits", at: record.fields["sha256"])
        }
        var previous: Previous?
        if let text = try record.text("previous_sha256") {
            guard let digest = Self.digest(text), let until = try record.moment("previous_until") else {
                throw record.failure(
                    "previous_sha256 must be 64 hexadecimal digits, with previous_until",
                    at: record.fields["previous_sha256"])
            }
            previous = Previous(digest: digest, until: until)
        }
        let expiry = try record.required("expires")
        let databases = try record.list("databases")
        self.init(
            id: id, note: try record.text("note") ?? "", owner: try record.text("owner") ?? "", digest: digest,
            previous: previous, created: created, rotated: try record.moment("rotated"),
            expires: expiry == "never" ? nil : try record.moment("expires"),
            revoked: try record.moment("revoked"), scopes: try record.scopes(), databases: databases)
        try Self.check(note: note, owner: owner, databases: databases)
    }

    func write(to text: inout YAMLText) {
        text.field("id", id)
        if !note.isEmpty { text.field("note", note) }
        if !owner.isEmpty { text.field("owner", owner) }
        text.field("sha256", Digest.hexadecimal(digest))
        if let previous {
            text.field("previous_sha256", Digest.hexadecimal(previous.digest))
            text.field("previous_until", previous.until)
        }
        text.field("created", created)
        text.field("rotated", rotated)
        text.field("expires", expires?.text ?? "never")
        text.field("revoked", revoked)
        text.field("scopes", Scope.allCases.filter(scopes.contains).map(\.rawValue))
        text.field("databases", databases)
    }

    static func digest(_ hexadecimal: String) -> [UInt8]? {
        guard hexadecimal.utf8.count == 64 else { return nil }
        return Digest.bytes(hexadecimal: hexadecimal)
    }

    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (97...122).contains($0 | 32) || "-_.".utf8.contains($0)
            }
    }

    static func check(note: String, owner: String, databases: [String]?) throws(AccountError) {
        guard note.unicodeScalars.count <= 200 else { throw .invalid("a note has at most 200 characters") }
        guard owner.unicodeScalars.count <= 100 else { throw .invalid("an owner has at most 100 characters") }
        // Readers of YAML take it off the beginning of a text.
        guard ([note, owner] + (databases ?? [])).allSatisfy({ !$0.unicodeScalars.contains("\u{FEFF}") }) else {
            throw .invalid("a note, an owner or a database's name holds a byte order mark (U+FEFF)")
        }
        guard databases?.allSatisfy({ (1...200).contains($0.utf8.count) }) ?? true, databases?.count ?? 0 <= 1000 else {
            throw .invalid("a database's name has 1 to 200 bytes, and there are at most 1000 of them")
        }
    }

    /// Refuses rights that ``Principal`` would not grant, where they are given.
    static func check(scopes: Set<Scope>, databases: [String]?) throws(AccountError) {
        guard databases == nil || !scopes.contains(.admin) else {
            throw .invalid("the scope admin is for the whole server and cannot be bound to databases")
        }
    }
}
