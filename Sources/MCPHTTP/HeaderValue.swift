import MCPProtocol

/// Any text as the value of an HTTP header: as it is, or as `=?base64?…?=` (item 17).
package enum HeaderValue {
    private static let prefix = "=?base64?"
    private static let suffix = "?="

    /// The value of a header for a text. What would not survive the way as it is (controls, other than ASCII, spaces at an
    /// end, a text that looks encoded) is encoded.
    static func encode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { (0x20...0x7E).contains($0) }
        let hasEdges = bytes.first == 0x20 || bytes.last == 0x20
        guard !isPlain || hasEdges || isEncoded(text) else { return text }
        return prefix + Base64.encode(bytes) + suffix
    }

    /// The text of a header's value.
    ///
    /// - Returns: `nil` when the value says it is encoded and is not, or not in the one way that an encoder writes it.
    static func decode(_ value: String) -> String? {
        let trimmed = trim(value)
        guard isEncoded(trimmed) else { return trimmed }
        let payload = String(trimmed.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)) ?? ""
        guard let bytes = Base64.decode(payload), Base64.encode(bytes) == payload else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The value without the white space around it (RFC 9110, section 5.5).
    package static func trim(_ value: String) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let view = value.utf8
        guard let first = view.firstIndex(where: { !isSpace($0) }), let last = view.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(value[first...last])
    }

    private static func isEncoded(_ text: String) -> Bool {
        text.utf8.count >= prefix.utf8.count + suffix.utf8.count && text.hasPrefix(prefix) && text.hasSuffix(suffix)
    }
}
