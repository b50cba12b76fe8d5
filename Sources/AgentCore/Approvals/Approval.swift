public import AuthTokens
internal import MCPProtocol

/// What a person is asked about, and what the answer holds for: this text, on this database, for this principal, now, once.
///
/// It says nothing of the answer itself: whoever hands one to ``Database/write(_:approval:onProgress:)`` vouches that a person said yes.
/// None can be made but by the ``ApprovalDesk``, and outside of the process it travels sealed.
public struct Approval: Sendable, Hashable {
    /// SHA-256 of the exact bytes of the SQL.
    let digest: [UInt8]
    /// The configured name of the database.
    public let database: String
    /// Whether it is for a dry run.
    public let isDryRun: Bool
    /// The id of the principal that asked for the write.
    public let principal: String
    /// When the question was made.
    public let issued: Timestamp
    /// From when on it is good for nothing.
    public let expires: Timestamp
    /// 128 random bits, spent by the first use.
    let nonce: [UInt8]

    /// How long a person has for the answer.
    public static let lifetime: Duration = .seconds(300)
    static let nonceBytes = 16

    /// What names it in records and addresses; no secret, and of no use without the seal.
    public var id: String { Digest.hexadecimal(nonce) }

    init(
        digest: [UInt8], database: String, isDryRun: Bool, principal: String, issued: Timestamp, expires: Timestamp,
        nonce: [UInt8]
    ) {
        self.digest = digest
        self.database = database
        self.isDryRun = isDryRun
        self.principal = principal
        self.issued = issued
        self.expires = expires
        self.nonce = nonce
    }

    /// Decides whether the approval is for a write, its single use aside.
    ///
    /// - Parameters:
    ///   - sql: the text that is about to run.
    ///   - database: the name of the database.
    ///   - isDryRun: whether it will be rolled back.
    ///   - principal: the id of who asks.
    ///   - now: the time.
    /// - Returns: why not; nil when it is.
    func refusal(
        sql: String, database: String, isDryRun: Bool, principal: String, now: Timestamp
    ) -> ApprovalError? {
        // What makes it worthless comes first: a stolen or old one must not bring up a question.
        if self.principal != principal { return .otherPrincipal }
        // One from the future is as wrong as an old one: a clock was set back.
        if now >= expires || now < issued - .seconds(5) { return .expired }
        if self.database != database { return .otherDatabase }
        if self.isDryRun != isDryRun { return .otherStatement }
        if !Digest.areEqual(digest, Digest.sha256(sql.utf8)) { return .otherStatement }
        return nil
    }
}

extension Approval {
    var json: JSONValue {
        [
            "digest": .string(Digest.hexadecimal(digest)), "database": .string(database), "dryRun": .bool(isDryRun),
            "principal": .string(principal), "issued": .integer(issued.seconds), "expires": .integer(expires.seconds),
            "nonce": .string(id),
        ]
    }

    /// The approval as bytes, to be sealed.
    var encoded: [UInt8] { json.serialized() }

    /// Reads what ``encoded`` wrote.
    init?(encoded bytes: [UInt8]) {
        guard let json = try? JSONValue.parse(bytes) else { return nil }
        self.init(json)
    }

    init?(_ json: JSONValue) {
        guard let digest = json["digest"]?.string.flatMap({ Digest.bytes(hexadecimal: $0) }), digest.count == 32,
            let database = json["database"]?.string, let isDryRun = json["dryRun"]?.bool,
            let principal = json["principal"]?.string, let issued = json["issued"]?.int,
            let expires = json["expires"]?.int,
            let nonce = json["nonce"]?.string.flatMap({ Digest.bytes(hexadecimal: $0) }),
            nonce.count == Self.nonceBytes
        else { return nil }
        self.init(
            digest: digest, database: database, isDryRun: isDryRun, principal: principal,
            issued: Timestamp(seconds: Int64(issued)), expires: Timestamp(seconds: Int64(expires)), nonce: nonce)
    }
}
