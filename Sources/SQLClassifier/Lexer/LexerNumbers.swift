/// Numbers of every version. Until version 14 letters directly behind a number begin a new token; 15 refuses them; from
/// 16 on `0x1F`, `0o17`, `0b11` and `1_000` are numbers.
extension Lexer {
    mutating func number(_ start: Int) -> Token {
        let classic = endOfClassicNumber(start)
        let modern = endOfModernNumber(start)
        guard modern > classic else {
            // What follows is lexed anew, as 14 does it; later versions refuse it, so no other reading is valid.
            position = classic
            return Token(.number, start, classic)
        }
        if modern < count {
            let byte = bytes[modern]
            if byte == UInt8(ascii: "$") {
                // 1_000$a$: to 14 a name with dollars in it, to 16 the beginning of a dollar quote.
                return stop(
                    .invalidToken, "The number here is read differently by different versions of PostgreSQL.", at: start
                )
            }
            if byte.isIdentifierPart {
                position = classic
                return Token(.number, start, classic)
            }
        }
        position = modern
        return Token(.number, start, modern)
    }

    /// Digits, a fraction, an exponent. `1..10` is 1, two dots, 10.
    private func endOfClassicNumber(_ start: Int) -> Int {
        var end = skipDigits(start)
        if end < count, bytes[end] == UInt8(ascii: "."), !(end + 1 < count && bytes[end + 1] == UInt8(ascii: ".")) {
            end = skipDigits(end + 1)
        }
        return exponent(end, underscores: false)
    }

    private func endOfModernNumber(_ start: Int) -> Int {
        if bytes[start] == UInt8(ascii: "0"), start + 1 < count {
            let isDigit: (@Sendable (UInt8) -> Bool)? =
                switch bytes[start + 1] | 0x20 {
                case UInt8(ascii: "x"): { $0.isHexDigit }
                case UInt8(ascii: "o"): { $0.isOctalDigit }
                case UInt8(ascii: "b"): { $0 == 0x30 || $0 == 0x31 }
                default: nil
                }
            if let isDigit {
                let end = skip(start + 2, leadingUnderscore: true, isDigit)
                return end > start + 2 ? end : start + 1
            }
        }
        var end = start
        if bytes[start].isDigit { end = skip(start, leadingUnderscore: false) { $0.isDigit } }
        if end < count, bytes[end] == UInt8(ascii: "."), !(end + 1 < count && bytes[end + 1] == UInt8(ascii: ".")) {
            end = skip(end + 1, leadingUnderscore: false) { $0.isDigit }
        }
        return exponent(end, underscores: true)
    }

    private func exponent(_ start: Int, underscores: Bool) -> Int {
        guard start < count, bytes[start] | 0x20 == UInt8(ascii: "e") else { return start }
        var digits = start + 1
        if digits < count, bytes[digits] == UInt8(ascii: "+") || bytes[digits] == UInt8(ascii: "-") { digits += 1 }
        guard digits < count, bytes[digits].isDigit else { return start }
        return underscores ? skip(digits, leadingUnderscore: false) { $0.isDigit } : skipDigits(digits)
    }

    private func skipDigits(_ start: Int) -> Int {
        var end = start
        while end < count, bytes[end].isDigit { end += 1 }
        return end
    }

    /// Digits with single underscores between them.
    private func skip(_ start: Int, leadingUnderscore: Bool, _ isDigit: (UInt8) -> Bool) -> Int {
        var end = start
        while end < count {
            if isDigit(bytes[end]) {
                end += 1
            } else if bytes[end] == UInt8(ascii: "_"), leadingUnderscore || end > start, end + 1 < count,
                isDigit(bytes[end + 1])
            {
                end += 2
            } else {
                break
            }
        }
        return end
    }
}
