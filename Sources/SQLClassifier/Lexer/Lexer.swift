/// PostgreSQL's scanner (`src/backend/parser/scan.l`, versions 14 to 18, `standard_conforming_strings = on`), over the
/// bytes of the text and without allocation.
///
/// Every byte is read a fixed number of times, so that time is linear. Where versions read a text differently and more
/// than one reading is valid SQL, the lexer stops with a fault.
struct Lexer {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    let keywords = KeywordTable.shared
    var position = 0
    /// Up to here there are only signs that each are a token, found once so that a long row of them is not read again
    /// for each.
    private var signRunEnd = 0
    /// What stopped the lexer. From then on every token is the end.
    var fault: LexicalFault?

    init(_ text: UnsafeBufferPointer<UInt8>, empty: UnsafePointer<UInt8>) {
        bytes = text.baseAddress ?? empty
        count = text.count
    }

    /// The next token.
    mutating func next() -> Token {
        skipSpaceAndComments()
        guard fault == nil, position < count else { return Token(.end, count, count) }
        let start = position
        let byte = bytes[start]
        if byte.isIdentifierStart { return word(start, byte) }
        if byte.isDigit { return number(start) }
        switch byte {
        case UInt8(ascii: "("): return single(.leftParenthesis)
        case UInt8(ascii: ")"): return single(.rightParenthesis)
        case UInt8(ascii: "["): return single(.leftBracket)
        case UInt8(ascii: "]"): return single(.rightBracket)
        case UInt8(ascii: ","): return single(.comma)
        case UInt8(ascii: ";"): return single(.semicolon)
        case UInt8(ascii: "'"): return plainString(start, kind: .string, contents: start + 1, doubling: true)
        case UInt8(ascii: "\""): return quotedName(start)
        case UInt8(ascii: "$"): return dollar(start)
        case UInt8(ascii: "."):
            if peek(1).isDigit { return number(start) }
            if peek(1) == UInt8(ascii: ".") {
                position += 2
                return Token(.dotDot, start, position)
            }
            return single(.dot)
        case UInt8(ascii: ":"):
            let kind: Token.Kind =
                switch peek(1) {
                case UInt8(ascii: ":"): .typecast
                case UInt8(ascii: "="): .colonEquals
                default: .colon
                }
            position += kind == .colon ? 1 : 2
            return Token(kind, start, position)
        default:
            if byte.isOperator { return operatorToken(start) }
            return stop(.invalidToken, "The character \(Self.show(byte)) has no meaning in SQL.", at: start)
        }
    }

    /// The byte so many places ahead, or 0 at the end: a NUL byte never gets this far.
    @inline(__always)
    func peek(_ distance: Int) -> UInt8 { position + distance < count ? bytes[position + distance] : 0 }

    mutating func stop(_ code: Reason.Code, _ message: String, at offset: Int) -> Token {
        if fault == nil { fault = LexicalFault(code: code, message: message, offset: offset) }
        position = count
        return Token(.end, count, count)
    }

    @inline(__always)
    private mutating func single(_ kind: Token.Kind) -> Token {
        position += 1
        return Token(kind, position - 1, position)
    }

    private mutating func skipSpaceAndComments() {
        while position < count {
            let byte = bytes[position]
            if byte.isSpace {
                position += 1
            } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
                skipLineComment()
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                skipBlockComment()
            } else {
                return
            }
        }
    }

    /// `--` ends at a line feed or at a carriage return.
    mutating func skipLineComment() {
        while position < count, !bytes[position].isNewline { position += 1 }
    }

    private mutating func skipBlockComment() {
        let start = position
        position += 2
        var depth = 1
        while position < count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                position += 2
                depth -= 1
                if depth == 0 { return }
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                position += 2
                depth += 1
            } else {
                position += 1
            }
        }
        _ = stop(.unterminated, "The comment that begins here with /* does not end.", at: start)
    }

    @inline(__always)
    private mutating func word(_ start: Int, _ first: UInt8) -> Token {
        switch first {
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
            if peek(1) == UInt8(ascii: "'") { return escapeString(start) }
        case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "x"), UInt8(ascii: "X"):
            if peek(1) == UInt8(ascii: "'") {
                return plainString(start, kind: .bits, contents: start + 2, doubling: false)
            }
        case UInt8(ascii: "n"), UInt8(ascii: "N"):
            // The scanner yields the keyword NCHAR and then the string.
            if peek(1) == UInt8(ascii: "'") {
                position += 1
                return Token(.word, start, position, keyword: .nchar)
            }
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            if peek(1) == UInt8(ascii: "&") {
                if peek(2) == UInt8(ascii: "'") { return unicodeString(start) }
                if peek(2) == UInt8(ascii: "\"") { return unicodeName(start) }
            }
        default: break
        }
        return plainWord(start)
    }

    @inline(__always)
    mutating func plainWord(_ start: Int) -> Token {
        var end = start + 1
        while end < count, bytes[end].isIdentifierPart { end += 1 }
        position = end
        return Token(
            .word, start, end, keyword: keywords.find(bytes + start, length: end - start, readable: count - start))
    }

    /// An operator is as long as it can be, but stops before a comment, and does not end in + or - unless it holds a
    /// character that the standard's operators do not have.
    private mutating func operatorToken(_ start: Int) -> Token {
        if start < signRunEnd {
            position = start + 1
            return Token(.operator, start, position)
        }
        var end = start
        while end < count, bytes[end].isOperator {
            if end > start, end + 1 < count {
                let second = bytes[end + 1]
                if bytes[end] == UInt8(ascii: "-"), second == UInt8(ascii: "-") { break }
                if bytes[end] == UInt8(ascii: "/"), second == UInt8(ascii: "*") { break }
            }
            end += 1
        }
        if end - start > 1, Self.isSign(bytes[end - 1]) {
            var free = false
            var index = start
            while index < end - 1, !free {
                free = bytes[index].isNonStandardOperator
                index += 1
            }
            if !free {
                signRunEnd = end
                repeat { end -= 1 } while end - start > 1 && Self.isSign(bytes[end - 1])
            }
        }
        position = end
        if end - start == 2, bytes[start] == UInt8(ascii: "="), bytes[start + 1] == UInt8(ascii: ">") {
            return Token(.arrow, start, end)
        }
        return Token(.operator, start, end)
    }

    @inline(__always)
    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }

    /// A byte for a message; never a control character.
    static func show(_ byte: UInt8) -> String {
        if byte > 0x20, byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "0x\(digits.count < 2 ? "0" : "")\(digits)"
    }
}
