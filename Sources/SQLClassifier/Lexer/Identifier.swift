/// The rules by which PostgreSQL compares and prints names.
public enum Identifier {
    /// The longest name that the server keeps, in bytes (`NAMEDATALEN - 1`).
    public static let maximumBytes = 63

    /// A name as it must be written in SQL, quoted when it has to be, as the server's `quote_ident` does it.
    ///
    /// - Parameter name: the name.
    /// - Returns: the name itself when it is a plain lower-case identifier and no keyword but an unreserved one, else
    ///   the name in double quotes.
    public static func quote(_ name: String) -> String {
        var copy = name
        let plain = copy.withUTF8 { bytes -> Bool in
            guard let base = bytes.baseAddress, let first = bytes.first else { return false }
            guard first &- 0x61 < 26 || first == 0x5F else { return false }
            for byte in bytes where !(byte &- 0x61 < 26 || byte == 0x5F || byte.isDigit) { return false }
            let keyword = KeywordTable.shared.find(base, length: bytes.count)
            return KeywordTable.shared.category(of: keyword) == .unreserved
        }
        if plain { return name }
        var quoted = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.append("\"")
        return quoted
    }

    /// An unquoted name as the server compares it: ASCII letters in lower case, cut to 63 bytes at a character.
    ///
    /// The server folds other letters only when its encoding has one byte to a character; this is the rule of UTF-8.
    ///
    /// - Parameter name: the name as written, without quotes.
    /// - Returns: the folded name.
    public static func fold(_ name: String) -> String {
        var copy = name
        return copy.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return "" }
            return folded(base, 0..<bytes.count)
        }
    }

    /// The name that a token spells, as the server compares it.
    static func name(of token: Token, in bytes: UnsafePointer<UInt8>) -> String {
        switch token.kind {
        case .quotedName: unquoted(bytes, token.start + 1..<token.end - 1)
        case .unicodeName: unescaped(bytes, token)
        default: folded(bytes, token.start..<token.end)
        }
    }

    private static func folded(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) -> String {
        let range = truncated(bytes, range)
        return String(unsafeUninitializedCapacity: range.count) { buffer in
            for index in 0..<range.count {
                let byte = bytes[range.lowerBound + index]
                buffer[index] = byte &- 0x41 < 26 ? byte | 0x20 : byte
            }
            return range.count
        }
    }

    private static func unquoted(_ bytes: UnsafePointer<UInt8>, _ contents: Range<Int>) -> String {
        var name: [UInt8] = []
        name.reserveCapacity(min(contents.count, maximumBytes + 4))
        var index = contents.lowerBound
        // A few bytes more than a name can have, so that the cut falls at a character.
        while index < contents.upperBound, name.count < maximumBytes + 4 {
            name.append(bytes[index])
            index += bytes[index] == UInt8(ascii: "\"") ? 2 : 1
        }
        return truncated(name)
    }

    private static func unescaped(_ bytes: UnsafePointer<UInt8>, _ token: Token) -> String {
        // The token ends with its name, or with UESCAPE and a literal of one character, as the lexer has made sure.
        var end = token.end
        var escape = UInt8(ascii: "\\")
        if bytes[end - 1] == UInt8(ascii: "'") {
            escape = bytes[end - 2]
            end -= 3
            var index = token.start + 3
            // The closing quote is the first one that is not doubled.
            while index < end, !(bytes[index] == UInt8(ascii: "\"") && bytes[index + 1] != UInt8(ascii: "\"")) {
                index += bytes[index] == UInt8(ascii: "\"") ? 2 : 1
            }
            end = index + 1
        }
        return truncated(UnicodeEscapes.resolve(bytes, token.start + 3..<end - 1, escape: escape))
    }

    private static func truncated(_ name: [UInt8]) -> String {
        name.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return "" }
            let range = truncated(base, 0..<buffer.count)
            return String(decoding: UnsafeBufferPointer(start: base, count: range.count), as: UTF8.self)
        }
    }

    private static func truncated(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
        guard range.count > maximumBytes else { return range }
        var end = range.lowerBound + maximumBytes
        while end > range.lowerBound, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return range.lowerBound..<end
    }
}
