/// The file of tokens, as an administrator changes it: each change is read, made and written whole, alone among all
/// processes, and is durable when it returns.
public struct TokenFile: Sendable {
    /// The file.
    public var path: String { file.path }
    private let file: RecordFile<TokenRecord>

    /// Names a file; nothing is read yet.
    ///
    /// - Parameter path: The file; the first token makes it, at mode 600.
    public init(path: String) {
        file = RecordFile(path)
    }

    /// Reads every token.
    ///
    /// - Throws: ``AccountError`` when the file is missing, readable by others, or not as it must be, with the place.
    public func load() throws(AccountError) -> [TokenRecord] {
        try file.load()
    }

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - request: What it shall be.
    ///   - now: The present.
    /// - Returns: What is kept, and the token, which is nowhere else.
    /// - Throws: ``AccountError`` for a text that is too long, an expiry in the past, or a file that cannot be changed.
    public func create(
        _ request: TokenRequest, at now: Timestamp = .now
    ) throws(AccountError) -> (record: TokenRecord, token: TokenSecret) {
        let token = TokenSecret()
        return (try add(request, digest: token.digest, at: now), token)
    }

    /// Takes over tokens of another product by the SHA-256 of their texts: whoever has one uses it as before.
    ///
    /// - Parameters:
    ///   - digests: 32 bytes each; what is there already is left as it is.
    ///   - request: What each of them shall be.
    ///   - now: The present.
    /// - Returns: Those that were new.
    /// - Throws: ``AccountError``; nothing is changed then.
    public func importTokens(
        digests: [[UInt8]], _ request: TokenRequest, at now: Timestamp = .now
    ) throws(AccountError) -> [TokenRecord] {
        try Self.check(request, now)
        guard digests.allSatisfy({ $0.count == 32 }) else { throw .invalid("a SHA-256 has 32 bytes") }
        return try file.update { (records) throws(AccountError) -> [TokenRecord] in
            var known = Set(records.flatMap { [$0.digest] + ($0.previous.map { [$0.digest] } ?? []) })
            var added: [TokenRecord] = []
            for digest in digests where known.insert(digest).inserted {
                added.append(Self.record(request, digest, now))
            }
            records += added
            return added
        }
    }

    /// Revokes a token for good. One that is revoked already stays as it is.
    ///
    /// - Parameters:
    ///   - id: The token.
    ///   - now: The present.
    /// - Throws: ``AccountError`` when there is no such token, or the file cannot be changed.
    @discardableResult
    public func revoke(id: String, at now: Timestamp = .now) throws(AccountError) -> TokenRecord {
        try change(id) { (record) throws(AccountError) in
            if record.revoked == nil { record.revoked = now }
            record.previous = nil
        }
    }

    /// Revokes every token that is not yet revoked and for which `condition` holds.
    ///
    /// - Returns: Those that were revoked now.
    @discardableResult
    public func revokeAll(
        at now: Timestamp = .now, where condition: (TokenRecord) -> Bool
    ) throws(AccountError) -> [TokenRecord] {
        try file.update { records in
            var revoked: [TokenRecord] = []
            for index in records.indices where records[index].revoked == nil && condition(records[index]) {
                records[index].revoked = now
                records[index].previous = nil
                revoked.append(records[index])
            }
            return revoked
        }
    }

    /// Gives a token a new text; the old one is accepted for a while longer, so that its users can change over.
    ///
    /// - Parameters:
    ///   - id: The token.
    ///   - overlap: How long the old text is accepted; zero ends it at once.
    ///   - expires: The new expiry, `.some(nil)` for never; by default the token lives as long again as it was made for.
    ///   - now: The present.
    /// - Returns: What is kept, and the new token.
    /// - Throws: ``AccountError`` when there is no such token, or it is revoked.
    public func rotate(
        id: String, overlap: Duration = .seconds(86400), expires: Timestamp?? = nil, at now: Timestamp = .now
    ) throws(AccountError) -> (record: TokenRecord, token: TokenSecret) {
        let token = TokenSecret()
        guard overlap >= .zero, overlap <= .seconds(366 * 86400) else { throw .invalid("an overlap is at most a year") }
        let record = try change(id) { (record) throws(AccountError) in
            guard record.revoked == nil else { throw .invalid("\(id) is revoked; make a new token instead") }
            // An expired token must not live again in its old text.
            let end = min(now + overlap, record.expires ?? now + overlap)
            record.previous = end > now ? TokenRecord.Previous(digest: record.digest, until: end) : nil
            record.digest = token.digest
            if let expires {
                record.expires = expires
            } else if let old = record.expires {
                let lifetime = max(old.seconds - (record.rotated ?? record.created).seconds, 60)
                record.expires = now + .seconds(min(lifetime, TokenRequest.defaultLifetime.components.seconds))
            }
            if let expiry = record.expires, expiry <= now { throw .invalid("the expiry is in the past") }
            record.rotated = now
        }
        return (record, token)
    }

    /// Changes the note, owner, expiry, scopes or databases of a token.
    @discardableResult
    public func change(
        _ id: String, _ body: (inout TokenRecord) throws(AccountError) -> Void
    ) throws(AccountError) -> TokenRecord {
        try file.update { (records) throws(AccountError) -> TokenRecord in
            guard let index = records.firstIndex(where: { $0.id == id }) else {
                throw AccountError(.unknown, "there is no token \(id)")
            }
            try body(&records[index])
            return records[index]
        }
    }

    private func add(_ request: TokenRequest, digest: [UInt8], at now: Timestamp) throws(AccountError) -> TokenRecord {
        try Self.check(request, now)
        return try file.update { records in
            let record = Self.record(request, digest, now)
            records.append(record)
            return record
        }
    }

    private static func record(_ request: TokenRequest, _ digest: [UInt8], _ now: Timestamp) -> TokenRecord {
        TokenRecord(
            id: "tk_" + Digest.hexadecimal(RandomBytes.make(6)), note: request.note, owner: request.owner,
            digest: digest,
            previous: nil, created: now, expires: request.expires, revoked: nil, scopes: request.scopes,
            databases: request.databases)
    }

    private static func check(_ request: TokenRequest, _ now: Timestamp) throws(AccountError) {
        try TokenRecord.check(note: request.note, owner: request.owner, databases: request.databases)
        guard !request.scopes.isEmpty else { throw .invalid("a token without a scope allows nothing") }
        try TokenRecord.check(scopes: request.scopes, databases: request.databases)
        if let expiry = request.expires, expiry <= now { throw .invalid("the expiry is in the past") }
    }
}
