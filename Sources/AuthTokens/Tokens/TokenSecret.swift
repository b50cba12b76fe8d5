/// The text of a token: `pga_`, 43 characters of base64url (256 random bits), `_`, and a checksum of six characters.
///
/// The prefix and the checksum are for scanners that look for leaked secrets: the pattern is
/// `pga_[A-Za-z0-9_-]{43}_[0-9A-Za-z]{6}`, and the last six characters are the CRC-32 (IEEE 802.3) of the 47 before the last
/// underscore, in base 62 with the digits `0-9A-Za-z`, most significant first.
public struct TokenSecret: Sendable, CustomStringConvertible, CustomReflectable {
    /// How every token begins.
    public static let prefix = "pga_"
    /// The length of a token, in characters.
    public static let length = 54
    /// The longest text that is looked up: imported tokens have forms of their own.
    public static let maximumBytes = 512

    /// The token itself. Show it once, keep it nowhere.
    public let text: String

    /// Makes a new token.
    public init() {
        let body = Self.prefix + Base64URL.encode(RandomBytes.make(32))
        text = body + "_" + Self.checksum(body)
    }

    /// The SHA-256 of the token: what is kept of it.
    public var digest: [UInt8] { Digest.sha256(text.utf8) }

    /// Whether a text has the form of a token and its checksum is right. It need not be known to anybody.
    public static func isWellFormed(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == length, bytes.starts(with: prefix.utf8), bytes[47] == UInt8(ascii: "_"),
            Base64URL.decode(bytes[4..<47])?.count == 32
        else { return false }
        return checksum(bytes[..<47]).utf8.elementsEqual(bytes[48...])
    }

    private static func checksum(_ text: String) -> String { checksum(Array(text.utf8)[...]) }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var rest = Int(CRC32.of(bytes))
        var text: [UInt8] = []
        for _ in 0..<6 {
            text.append(digits[rest % 62])
            rest /= 62
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    /// The prefix alone: a token has no place in a log.
    public var description: String { Self.prefix + "…" }

    /// Hides the text from `dump` and from reflection.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The cyclic redundancy check of IEEE 802.3 (reflected polynomial 0xEDB88320), as in zip and PNG.
enum CRC32 {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var value: UInt32 = ~0
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        return ~value
    }
}
