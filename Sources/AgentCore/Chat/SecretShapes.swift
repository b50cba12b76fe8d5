/// Texts that are secrets by their shape, whatever stands around them: the tokens of this program and of well-known services, and
/// private keys.
package enum SecretShapes {
    /// What stands in the place of what was hidden, as the ``StatementMask`` writes it.
    static let mark = "***"

    /// What a token begins with, and what else it has.
    private struct Shape {
        let prefix: [UInt8]
        /// The least bytes behind the prefix; they are letters, digits, `_` and `-`.
        let least: Int
        /// Whether a digit has to be among them, since words could begin so as well.
        var needsDigit = true

        init(_ prefix: String, _ least: Int, needsDigit: Bool = true) {
            self.prefix = Array(prefix.utf8)
            self.least = least
            self.needsDigit = needsDigit
        }
    }

    /// The prefixes that the services document for scanners of secrets, and our own (`pga_`).
    private static let shapes = [
        Shape("pga_", 20), Shape("sk-", 20), Shape("sk_live_", 16), Shape("rk_live_", 16), Shape("AKIA", 16),
        Shape("ASIA", 16), Shape("AIza", 30), Shape("ghp_", 20), Shape("gho_", 20), Shape("ghs_", 20),
        Shape("ghu_", 20), Shape("github_pat_", 20), Shape("glpat-", 20), Shape("xoxb-", 10), Shape("xoxp-", 10),
        Shape("xapp-", 10), Shape("npm_", 30), Shape("hf_", 30), Shape("hvs.", 20),
    ]
    private static let jwt = Array("eyJ".utf8)
    private static let scram = Array("SCRAM-SHA-256$".utf8)
    private static let pemBegin = Array("-----BEGIN ".utf8)
    private static let pemKey = Array("PRIVATE KEY".utf8)
    private static let pemEnd = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    /// The text without them. In linear time.
    static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var copied = 0
        var position = 0
        while position < bytes.count {
            guard isBeginning(position, of: bytes), let end = end(of: bytes[...], from: position) else {
                position += 1
                continue
            }
            output += bytes[copied..<position]
            output += mark.utf8
            position = end
            copied = end
        }
        guard copied > 0 else { return text }
        output += bytes[copied...]
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether a text holds one. In linear time.
    package static func areIn(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.indices.contains { isBeginning($0, of: bytes) && end(of: bytes[...], from: $0) != nil }
    }

    /// Whether something may begin here: no token begins within what could be another one, which keeps the time linear.
    private static func isBeginning(_ position: Int, of bytes: [UInt8]) -> Bool {
        guard position > 0 else { return true }
        let before = bytes[position - 1]
        return bytes[position] == UInt8(ascii: "-") || !isWord(before) && before != UInt8(ascii: "-")
    }

    /// Where the secret ends that begins here; nil when none does.
    private static func end(of bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
        let rest = bytes[start...]
        switch bytes[start] {
        case UInt8(ascii: "-"): return endOfKey(rest)
        case UInt8(ascii: "e"): return endOfSignedToken(rest)
        case UInt8(ascii: "S"):
            return rest.starts(with: scram)
                ? start + scram.count
                    + run(rest.dropFirst(scram.count)) {
                        isBase64($0) || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: ":")
                    } : nil
        default:
            for shape in shapes where rest.starts(with: shape.prefix) {
                let body = rest.dropFirst(shape.prefix.count)
                let length = run(body, isToken)
                guard length >= shape.least, !shape.needsDigit || body.prefix(length).contains(where: isDigit) else {
                    continue
                }
                return start + shape.prefix.count + length
            }
            return nil
        }
    }

    /// A private key in PEM, up to its end or that of the text.
    private static func endOfKey(_ rest: ArraySlice<UInt8>) -> Int? {
        guard rest.starts(with: pemBegin) else { return nil }
        // The label is short: "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY".
        let label = rest.dropFirst(pemBegin.count).prefix(60)
        guard let key = first(pemKey, in: label), let close = first(dashes, in: rest[key...].prefix(60)) else {
            return nil
        }
        guard let end = first(pemEnd, in: rest[(close + dashes.count)...]) else { return rest.endIndex }
        let behind = rest[(end + pemEnd.count)...]
        return first(dashes, in: behind.prefix(60)).map { $0 + dashes.count } ?? end
    }

    /// A JSON Web Token (RFC 7519): three parts of base64url, the first of which is a JSON object.
    private static func endOfSignedToken(_ rest: ArraySlice<UInt8>) -> Int? {
        guard rest.starts(with: jwt) else { return nil }
        var position = rest.startIndex
        for part in 0..<3 {
            let length = run(rest[position...], isToken)
            guard part == 2 || length >= 8 else { return nil }
            position += length
            guard part < 2 else { break }
            guard position < rest.endIndex, rest[position] == UInt8(ascii: ".") else { return nil }
            position += 1
        }
        return position
    }

    private static func first(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var position = bytes.startIndex
        while position + pattern.count <= bytes.endIndex {
            if bytes[position] == pattern[0], bytes[position...].starts(with: pattern) { return position }
            position += 1
        }
        return nil
    }

    private static func run(_ bytes: ArraySlice<UInt8>, _ belongs: (UInt8) -> Bool) -> Int {
        bytes.prefix(while: belongs).count
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte >= 0x80
    }
    private static func isToken(_ byte: UInt8) -> Bool { byte < 0x80 && isWord(byte) || byte == UInt8(ascii: "-") }
    private static func isBase64(_ byte: UInt8) -> Bool {
        isToken(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
    }
}
