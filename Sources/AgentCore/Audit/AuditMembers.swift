internal import AuthTokens
internal import MCPProtocol

/// The members of a line, as JSON text without braces.
struct AuditMembers {
    private(set) var bytes: [UInt8]

    init(_ event: AuditEvent, time: UTCTime = .now) {
        bytes = event.opening
        add("time", time.description)
    }

    /// Adds a text, cut to so many bytes.
    mutating func add(_ key: String, _ text: String?, atMost limit: Int = 1024) {
        guard let text else { return }
        add(key, .string(Self.cut(text, to: limit)))
    }

    mutating func add(_ key: String, _ number: Int) { add(key, .integer(Int64(number))) }

    mutating func add(_ key: String, _ value: JSONValue) {
        bytes.append(UInt8(ascii: ","))
        JSONValue.string(key).serialize(into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        let start = bytes.count
        value.serialize(into: &bytes)
        escapeLineEnds(from: start)
    }

    /// Escapes U+0085, U+2028 and U+2029, which JSON allows within texts and some readers take for the end of a line.
    private mutating func escapeLineEnds(from start: Int) {
        guard bytes[start...].contains(where: { $0 == 0xC2 || $0 == 0xE2 }) else { return }
        let text = bytes[start...]
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.count + 16)
        var position = text.startIndex
        while position < text.endIndex {
            let rest = text[position...]
            if rest.starts(with: [0xC2, 0x85]) {
                escaped.append(contentsOf: "\\u0085".utf8)
                position += 2
            } else if rest.starts(with: [0xE2, 0x80, 0xA8]) || rest.starts(with: [0xE2, 0x80, 0xA9]) {
                escaped.append(contentsOf: (text[position + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8)
                position += 3
            } else {
                escaped.append(text[position])
                position += 1
            }
        }
        bytes.replaceSubrange(start..., with: escaped)
    }

    /// The start of a text that is no longer than `limit` bytes and ends with a whole character.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: limit)
        while end > text.startIndex, !text.utf8[end].isCharacterStart { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }
}

extension UInt8 {
    /// Whether a character may begin with this byte in UTF-8.
    fileprivate var isCharacterStart: Bool { self & 0xC0 != 0x80 }
}

extension AuditMembers {
    /// The most of a statement that is kept, in bytes.
    static let longestStatement = 64 << 10

    /// The record of a call.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - isAboutToRun: Whether it is a write that has not run yet.
    ///   - text: How much of the statement is kept.
    init(_ call: GuardedCall, isAboutToRun: Bool = false, text: AuditConfiguration.StatementText) {
        self.init(isAboutToRun ? .write : .call, time: call.start)
        let origin = call.origin
        if !origin.requestID.isEmpty { add("requestId", origin.requestID) }
        add("principal", origin.principal?.id)
        add("principalName", origin.principal.flatMap { $0.name == $0.id ? nil : $0.name })
        add("tokenId", origin.tokenID)
        add("client", origin.client)
        if !origin.tool.isEmpty { add("tool", origin.tool) }
        add("database", call.database)
        add("verdict", call.verdict.rawValue)
        add("kinds", .array(call.kinds.prefix(50).map { .string(Self.cut($0, to: 100)) }))
        addStatement(call.sql, text)
        add("subject", call.subject.map { StatementMask.masked(text: $0) })
        add("approvalId", call.approvalID)
        add("answeredBy", call.answerer?.principal)
        add("answeredByTokenId", call.answerer?.tokenID)
        guard !isAboutToRun else { return }
        add("outcome", call.outcome.rawValue)
        add("reason", call.reason)
        add("sqlstate", call.sqlState, atMost: 20)
        add("rows", call.rows)
        add("bytes", call.bytes)
        let (seconds, attoseconds) = call.duration.components
        add("durationUs", .integer(seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000))
    }

    private mutating func addStatement(_ sql: String, _ text: AuditConfiguration.StatementText) {
        guard !sql.isEmpty else { return }
        switch text {
        case .none: break
        case .digest: add("sqlSha256", Digest.hexadecimal(Digest.sha256(sql.utf8)))
        case .full:
            let masked = StatementMask.masked(sql)
            add("sql", .string(Self.cut(masked.text, to: Self.longestStatement)))
            if masked.text.utf8.count > Self.longestStatement {
                add("sqlBytes", sql.utf8.count)
                // Of a text with a password in it, a digest would let the password be guessed and the guess be checked.
                if !masked.hidAnything { add("sqlSha256", Digest.hexadecimal(Digest.sha256(sql.utf8))) }
            }
        }
    }
}
