internal import SQLClassifier

/// How the encoding of a database bears on names.
///
/// The guard reads a name in UTF-8 and compares it with the catalog's, which the server converts to UTF-8. In another
/// encoding the server may read the same text as another name: it cuts a name after 63 bytes of its own encoding
/// (`truncate_identifier`), folds letters beyond ASCII where a character is one byte (`downcase_identifier`), and may
/// convert two characters to one. A name of which the guard cannot be sure could be that of something refused.
enum NameEncoding: Sendable {
    /// UTF-8: what the guard reads is what the server reads.
    case utf8
    /// One byte a character, each for one character of Unicode.
    case singleByte
    /// Any other; `SQL_ASCII` too, where the server takes bytes for characters.
    case other

    /// - Parameter name: the server's `server_encoding`.
    init(server name: String) {
        let isSingleByte = ["LATIN", "WIN", "ISO_8859_", "KOI8"].contains { name.hasPrefix($0) }
        self = name == "UTF8" ? .utf8 : isSingleByte ? .singleByte : .other
    }

    /// The length of a name after which the guard may have cut it: a character has up to four bytes.
    private static let longestWhole = Identifier.maximumBytes - 4

    /// Whether the server reads a name as the guard does.
    ///
    /// - Parameters:
    ///   - name: the name as the guard reads it.
    ///   - isQuoted: whether it is quoted, so that its letters are not folded.
    func isCertain(_ name: String, isQuoted: Bool) -> Bool {
        switch self {
        case .utf8: return true
        case .singleByte:
            guard name.utf8.contains(where: { $0 >= 0x80 }) else { return true }
            guard name.utf8.count <= Self.longestWhole else { return false }
            return isQuoted || !name.unicodeScalars.contains { $0.value >= 0x80 && $0.properties.changesWhenLowercased }
        case .other: return name.utf8.allSatisfy { $0 < 0x80 }
        }
    }

    /// Whether the server reads all of these names as the guard does.
    func isCertain(_ names: [(name: String, isQuoted: Bool)]) -> Bool {
        names.allSatisfy { isCertain($0.name, isQuoted: $0.isQuoted) }
    }

    /// The first name in a text that the server may read as another one.
    func firstUncertain(in sql: String) -> (name: String, location: SourceLocation)? {
        if case .utf8 = self { return nil }
        guard sql.utf8.contains(where: { $0 >= 0x80 || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "&") }) else {
            return nil
        }
        return LexemeReader.read(sql) { reader in
            while let token = reader.next() {
                guard token.isName else { continue }
                let name = reader.name(of: token)
                if !isCertain(name, isQuoted: token.kind == .quotedName) {
                    return (name, reader.location(of: token.range.lowerBound))
                }
            }
            return nil
        }
    }
}
