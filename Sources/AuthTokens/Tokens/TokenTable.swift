/// What becomes of a token that a caller shows.
public enum TokenVerdict: Sendable, Hashable {
    /// The token is good.
    case accepted(Principal, tokenID: String)
    /// It is not. Callers are told no more than that; the reason is for metrics and the log.
    case refused(TokenRefusal)
}

/// Why a token is refused.
public enum TokenRefusal: String, Sendable, Hashable, CaseIterable {
    /// No token, or one longer than any.
    case malformed
    /// Nobody made it.
    case unknown
    /// Its time is over.
    case expired
    /// It was taken back.
    case revoked
    /// All tokens are refused for the moment.
    case lockdown
}

/// Every token by its digest: the decision, without a file or a clock.
struct TokenTable: Sendable {
    /// The first 8 bytes of a digest find the entry, all of them are compared. What a caller learns of the first from timing is
    /// a digest's, which says nothing of a token (SHA-256 has no known preimages).
    private struct Entry {
        let digest: [UInt8]
        let record: Int32
        let until: Timestamp?
    }

    let records: [TokenRecord]
    private let principals: [Principal]
    private let entries: [UInt64: [Entry]]
    private let numbers: [String: Int32]
    /// What an unknown token is compared with, so that it costs what a known one does.
    private let decoy = [UInt8](repeating: 0, count: 32)

    init(_ records: [TokenRecord] = []) {
        self.records = records
        principals = records.map(\.principal)
        var entries: [UInt64: [Entry]] = [:]
        entries.reserveCapacity(records.count)
        for (index, record) in records.enumerated() {
            entries[Self.key(record.digest), default: []].append(
                Entry(digest: record.digest, record: Int32(index), until: nil))
            if let previous = record.previous {
                entries[Self.key(previous.digest), default: []].append(
                    Entry(digest: previous.digest, record: Int32(index), until: previous.until))
            }
        }
        self.entries = entries
        numbers = Dictionary(records.enumerated().map { ($1.id, Int32($0)) }) { first, _ in first }
    }

    /// The record of an id.
    func record(_ id: String) -> TokenRecord? { numbers[id].map { records[Int($0)] } }

    /// The verdict, and the number of the record that was used.
    func verify(_ text: String, at now: Timestamp) -> (verdict: TokenVerdict, record: Int?) {
        let isTooLong = text.utf8.count > TokenSecret.maximumBytes
        let digest = isTooLong ? decoy : Digest.sha256(text.utf8)
        var found: Entry?
        var isDecoyEqual = false
        if let candidates = entries[Self.key(digest)] {
            for entry in candidates where Digest.areEqual(entry.digest, digest) { found = entry }
        } else {
            isDecoyEqual = Digest.areEqual(decoy, digest)
        }
        guard !isTooLong, !isDecoyEqual, !text.isEmpty else { return (.refused(.malformed), nil) }
        guard let found else { return (.refused(.unknown), nil) }
        let record = records[Int(found.record)]
        switch record.state(at: now) {
        case .revoked: return (.refused(.revoked), nil)
        case .expired: return (.refused(.expired), nil)
        case .active: break
        }
        if let until = found.until, until <= now { return (.refused(.expired), nil) }
        return (.accepted(principals[Int(found.record)], tokenID: record.id), Int(found.record))
    }

    private static func key(_ digest: [UInt8]) -> UInt64 {
        digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
