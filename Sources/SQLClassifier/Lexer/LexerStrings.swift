/// Strings, quoted names and dollar quotes.
extension Lexer {
    /// `'…'`, `B'…'` and `X'…'`, with their continuations. Only in the first are two quotes one; in the others they end
    /// one literal and begin another.
    mutating func plainString(_ start: Int, kind: Token.Kind, contents: Int, doubling: Bool) -> Token {
        position = contents
        while position < count {
            if bytes[position] != UInt8(ascii: "'") {
                position += 1
            } else if doubling, peek(1) == UInt8(ascii: "'") {
                position += 2
            } else {
                position += 1
                if !continues() { return Token(kind, start, position) }
            }
        }
        return stop(.unterminated, "The string that begins here does not end.", at: start)
    }

    /// `E'…'`: a backslash escapes, in continuations too.
    mutating func escapeString(_ start: Int) -> Token {
        position = start + 2
        while position < count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\\") {
                guard position + 1 < count else { break }
                if let message = skipEscape() { return stop(.invalidEscape, message, at: position) }
            } else if byte != UInt8(ascii: "'") {
                position += 1
            } else if peek(1) == UInt8(ascii: "'") {
                position += 2
            } else {
                position += 1
                if !continues() { return Token(.string, start, position) }
            }
        }
        return stop(.unterminated, "The string that begins here does not end.", at: start)
    }

    /// Steps over a backslash and what it escapes; at a fault stays and returns the message.
    private mutating func skipEscape() -> String? {
        switch peek(1) {
        case UInt8(ascii: "u"): return skipUnicodeEscape(digits: 4)
        case UInt8(ascii: "U"): return skipUnicodeEscape(digits: 8)
        case UInt8(ascii: "x") where peek(2).isHexDigit:
            let length = peek(3).isHexDigit ? 2 : 1
            var value: UInt32 = 0
            for index in 0..<length { value = value * 16 + peek(2 + index).hexValue }
            if value == 0 { return "The escape sequence stands for a NUL byte." }
            position += 2 + length
        case let byte where byte.isOctalDigit:
            var length = 0
            var value: UInt32 = 0
            while length < 3, peek(1 + length).isOctalDigit {
                value = value * 8 + UInt32(peek(1 + length) - 0x30)
                length += 1
            }
            if value & 0xFF == 0 { return "The escape sequence stands for a NUL byte." }
            position += 1 + length
        default: position += 2
        }
        return nil
    }

    private mutating func skipUnicodeEscape(digits: Int) -> String? {
        guard let first = hexadecimal(at: position + 2, digits: digits) else {
            return "The Unicode escape is not \\uXXXX or \\UXXXXXXXX."
        }
        if first & 0xFFFF_FC00 == 0xDC00 { return "The Unicode surrogate has no partner." }
        if first & 0xFFFF_FC00 == 0xD800 {
            let partner = position + 2 + digits
            var second: UInt32?
            var length = 0
            if partner + 1 < count, bytes[partner] == UInt8(ascii: "\\") {
                length = bytes[partner + 1] == UInt8(ascii: "u") ? 4 : bytes[partner + 1] == UInt8(ascii: "U") ? 8 : 0
                if length > 0 { second = hexadecimal(at: partner + 2, digits: length) }
            }
            guard let second, second & 0xFFFF_FC00 == 0xDC00 else { return "The Unicode surrogate has no partner." }
            position = partner + 2 + length
            return nil
        }
        if first == 0 || first > 0x10FFFF { return "The Unicode escape stands for no character." }
        position += 2 + digits
        return nil
    }

    func hexadecimal(at start: Int, digits: Int) -> UInt32? {
        guard start + digits <= count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + digits {
            guard bytes[index].isHexDigit else { return nil }
            value = value << 4 | bytes[index].hexValue
        }
        return value
    }

    /// After a closing quote: whether white space with a line break, in which line comments may stand, and then a quote
    /// follow, so that the literal goes on. Moves behind that quote if so, else stays.
    private mutating func continues() -> Bool {
        let end = position
        var newline = false
        while position < count {
            let byte = bytes[position]
            if byte.isSpace {
                newline = newline || byte.isNewline
                position += 1
            } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
                skipLineComment()
            } else {
                break
            }
        }
        if newline, position < count, bytes[position] == UInt8(ascii: "'") {
            position += 1
            return true
        }
        position = end
        return false
    }

    /// `"…"`. A name of no length is an error for the server.
    mutating func quotedName(_ start: Int) -> Token {
        guard skipQuotedName(from: start + 1) else {
            return stop(.unterminated, "The quoted name that begins here does not end.", at: start)
        }
        if position - start == 2 { return stop(.invalidToken, "A quoted name of no length stands here.", at: start) }
        return Token(.quotedName, start, position)
    }

    private mutating func skipQuotedName(from contents: Int) -> Bool {
        position = contents
        while position < count {
            if bytes[position] != UInt8(ascii: "\"") {
                position += 1
            } else if peek(1) == UInt8(ascii: "\"") {
                position += 2
            } else {
                position += 1
                return true
            }
        }
        return false
    }

    /// `U&"…"`, with UESCAPE. The token ends behind the escape character's literal.
    mutating func unicodeName(_ start: Int) -> Token {
        guard skipQuotedName(from: start + 3) else {
            return stop(.unterminated, "The quoted name that begins here does not end.", at: start)
        }
        if position - start == 4 { return stop(.invalidToken, "A quoted name of no length stands here.", at: start) }
        let contents = start + 3..<position - 1
        let escape = unicodeEscape()
        if fault != nil { return Token(.end, count, count) }
        if let place = UnicodeEscapes.fault(bytes, contents, escape: escape) {
            return stop(.invalidEscape, "The Unicode escape in the quoted name is not valid.", at: place)
        }
        return Token(.unicodeName, start, position)
    }

    /// `U&'…'`, with UESCAPE.
    mutating func unicodeString(_ start: Int) -> Token {
        let token = plainString(start, kind: .string, contents: start + 3, doubling: true)
        if token.kind == .end { return token }
        let contents = start + 3..<position - 1
        let escape = unicodeEscape()
        if fault != nil { return Token(.end, count, count) }
        // With continuations the quotes and the space between lie in this range too; neither can be part of an escape,
        // and an escape that is cut in two by them is refused here, as it must be.
        if let place = UnicodeEscapes.fault(bytes, contents, escape: escape) {
            return stop(.invalidEscape, "The Unicode escape in the string is not valid.", at: place)
        }
        return Token(.string, start, position)
    }

    /// The escape character: a backslash, or what UESCAPE says.
    private mutating func unicodeEscape() -> UInt8 {
        let end = position
        let word = next()
        guard word.kind == .word, word.keyword == .uescape else {
            position = end
            fault = nil
            return UInt8(ascii: "\\")
        }
        let literal = next()
        // A plain literal of one character; any other spelling of one is legal but not worth the risk.
        guard literal.kind == .string, literal.end - literal.start == 3, bytes[literal.start] == UInt8(ascii: "'")
        else {
            _ = stop(.invalidEscape, "UESCAPE is not followed by a plain string of one character.", at: word.start)
            return 0
        }
        let escape = bytes[literal.start + 1]
        if escape.isHexDigit || escape.isSpace || escape >= 0x80 || escape == UInt8(ascii: "+")
            || escape == UInt8(ascii: "'") || escape == UInt8(ascii: "\"")
        {
            _ = stop(.invalidEscape, "The escape character of UESCAPE is not valid.", at: literal.start)
        }
        return escape
    }

    /// `$1`, or `$tag$…$tag$`.
    mutating func dollar(_ start: Int) -> Token {
        if peek(1).isDigit {
            position += 1
            while position < count, bytes[position].isDigit { position += 1 }
            return Token(.parameter, start, position)
        }
        var end = start + 1
        if end < count, bytes[end].isIdentifierStart {
            while end < count, bytes[end].isTagPart { end += 1 }
        }
        guard end < count, bytes[end] == UInt8(ascii: "$") else {
            return stop(.invalidToken, "A '$' stands here that begins neither a parameter nor a quote.", at: start)
        }
        let length = end + 1 - start
        position = end + 1
        while position < count {
            guard bytes[position] == UInt8(ascii: "$") else {
                position += 1
                continue
            }
            var index = 1
            while index < length, position + index < count, bytes[position + index] == bytes[start + index] {
                index += 1
            }
            if index == length {
                position += length
                return Token(.string, start, position)
            }
            // A tag holds no dollar but its first and last, so the next candidate is not before the byte that differs.
            position += index
        }
        return stop(.unterminated, "The dollar quote that begins here does not end.", at: start)
    }
}
