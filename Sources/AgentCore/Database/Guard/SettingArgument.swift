internal import SQLClassifier

/// Reads the name of the setting out of a call of `current_setting`.
///
/// Only the plain spelling is understood: a string constant without escapes. Anything else could become any name when it
/// runs, and is not understood, which the guard takes for a refusal.
enum SettingArgument {
    /// The name of the setting.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - offset: where the function's name begins, in bytes.
    /// - Returns: nil when the argument is not a plain constant.
    static func read(_ sql: String, at offset: Int) -> String? {
        var rest = sql.utf8.dropFirst(offset)
        // The name itself: at most schema and function, plain or in double quotes without quotes inside.
        for part in 0..<2 {
            if part == 1 {
                guard rest.first == UInt8(ascii: ".") else { break }
                rest.removeFirst()
                skipBlanks(&rest)
            }
            if rest.first == UInt8(ascii: "\"") {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
                rest = rest[rest.index(after: end)...]
            } else {
                rest = rest.drop { isNameByte($0) }
            }
            skipBlanks(&rest)
        }
        guard rest.first == UInt8(ascii: "(") else { return nil }
        rest.removeFirst()
        skipBlanks(&rest)
        guard rest.first == UInt8(ascii: "'") else { return nil }
        rest.removeFirst()
        let name = rest.prefix { isNameByte($0) || $0 == UInt8(ascii: ".") }
        rest = rest.dropFirst(name.count)
        guard !name.isEmpty, rest.first == UInt8(ascii: "'") else { return nil }
        rest.removeFirst()
        skipBlanks(&rest)
        // A string that goes on over a newline, an operator or a cast to another type would change the name.
        guard let next = rest.first, next == UInt8(ascii: ")") || next == UInt8(ascii: ",") || isTextCast(rest) else {
            return nil
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// How many arguments a call has; nil when that cannot be told.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - offset: where the function's name begins, in bytes.
    static func argumentCount(_ sql: String, at offset: Int) -> Int? {
        LexemeReader.read(sql) { reader in
            var depth = 0
            var commas = 0
            var isEmpty = true
            while let token = reader.next() {
                guard token.range.lowerBound >= offset else { continue }
                switch token.kind {
                case .leftParenthesis: depth += 1
                case .rightParenthesis:
                    depth -= 1
                    if depth <= 0 { return depth < 0 ? nil : isEmpty ? 0 : commas + 1 }
                    continue
                case .word where depth == 1 && reader.name(of: token) == "variadic": return nil
                default:
                    let text = reader.text(of: token)
                    if text == "[" { depth += 1 }
                    if text == "]" { depth -= 1 }
                    if text == ",", depth == 1 { commas += 1 }
                    if depth == 0, token.kind != .dot, !token.isName { return nil }
                }
                if depth > 0, token.kind != .leftParenthesis || depth > 1 { isEmpty = false }
            }
            return nil
        }
    }

    private static func isTextCast(_ rest: Substring.UTF8View) -> Bool {
        var rest = rest
        for byte in "::text".utf8 {
            guard rest.first == byte else { return false }
            rest.removeFirst()
        }
        skipBlanks(&rest)
        return rest.first == UInt8(ascii: ")") || rest.first == UInt8(ascii: ",")
    }

    private static func skipBlanks(_ rest: inout Substring.UTF8View) {
        rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }
}
