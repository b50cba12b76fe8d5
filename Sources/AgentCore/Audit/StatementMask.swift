/// Takes passwords out of a statement before it is kept.
///
/// Hidden are a string after a word that ends in `password`, `passwd`, `pwd`, `passphrase` or `secret` (`PASSWORD 'x'`,
/// `OPTIONS (password 'x')`, `rolpassword = 'x'`), the value of such a word within a string or comment
/// (`'host=h password=x'`), and the password of a URL there (`'postgres://user:x@host'`). A secret that no such word
/// announces, as an argument of `crypt`, is not known for one.
///
/// Only what is inside of strings and comments is ever hidden, as PostgreSQL's lexer sees them: code cannot be kept out of
/// the record by a word that is put before it, unless it runs a string as code.
struct StatementMask {
    /// What stands in the place of what was hidden.
    private static let mark = Array("***".utf8)
    private static let words = ["password", "passwd", "pwd", "passphrase", "secret"].map { Array($0.utf8) }
    /// How deep dollar-quoted bodies are looked into.
    private static let deepest = 6

    /// The statement without what looks like a password.
    ///
    /// - Parameter sql: The statement.
    /// - Returns: The text, and whether anything was hidden. In linear time.
    static func masked(_ sql: String) -> (text: String, hidAnything: Bool) {
        var mask = StatementMask(bytes: Array(sql.utf8))
        mask.output.reserveCapacity(mask.bytes.count)
        mask.code(0..<mask.bytes.count, depth: 0)
        return (String(decoding: mask.output, as: UTF8.self), mask.hidAnything)
    }

    /// A text that is no statement without what looks like a password.
    ///
    /// - Parameter text: For example the address of a resource.
    static func masked(text: String) -> String {
        var mask = StatementMask(bytes: Array(text.utf8))
        mask.text(0..<mask.bytes.count)
        return String(decoding: mask.output, as: UTF8.self)
    }

    private let bytes: [UInt8]
    private var output: [UInt8] = []
    private var hidAnything = false

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func copy(_ range: Range<Int>) { output.append(contentsOf: bytes[range]) }

    private mutating func hide(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        output.append(contentsOf: Self.mark)
        hidAnything = true
    }

    // MARK: Code

    /// Masks statements. `isAnnounced`: whether the last word asks for a secret, and only blanks, comments and signs of
    /// assignment came since.
    private mutating func code(_ range: Range<Int>, depth: Int) {
        var position = range.lowerBound
        var isAnnounced = false
        while position < range.upperBound {
            let byte = bytes[position]
            if let string = string(at: position, in: range) {
                copy(position..<string.body.lowerBound)
                let wasHidden = isAnnounced
                if isAnnounced {
                    hide(string.body)
                    isAnnounced = false
                } else if string.isDollarQuoted, depth < Self.deepest {
                    code(string.body, depth: depth + 1)
                } else {
                    text(string.body)
                    // set_config('app.password', 'x')
                    isAnnounced = announces(string.body)
                }
                copy(string.body.upperBound..<string.end)
                position = string.end
                // A string that goes on after a line end is the same string to the server.
                if wasHidden { isAnnounced = continues(at: position, in: range) }
            } else if let end = endOfComment(at: position, in: range) {
                text(position..<end)
                position = end
            } else if Self.isWord(byte) {
                let start = position
                while position < range.upperBound, Self.isWord(bytes[position]) { position += 1 }
                copy(start..<position)
                isAnnounced = announces(start..<position)
            } else {
                switch byte {
                case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ">"), UInt8(ascii: ","), UInt8(ascii: "\""):
                    break
                default: if !Self.isBlank(byte) { isAnnounced = false }
                }
                copy(position..<(position + 1))
                position += 1
            }
        }
    }

    private func continues(at start: Int, in range: Range<Int>) -> Bool {
        var next = start
        var hasLineEnd = false
        while next < range.upperBound, Self.isBlank(bytes[next]) {
            hasLineEnd = hasLineEnd || bytes[next] == 0x0A || bytes[next] == 0x0D
            next += 1
        }
        return hasLineEnd && next < range.upperBound && bytes[next] == UInt8(ascii: "'")
    }

    // MARK: Strings and comments

    /// Masks what is said in a string or a comment: values after a word, and URLs.
    private mutating func text(_ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let start = position
            if Self.isWord(bytes[position]) {
                while position < range.upperBound, Self.isWord(bytes[position]) { position += 1 }
                copy(start..<position)
                guard announces(start..<position), let value = value(after: position, in: range) else { continue }
                copy(position..<value.lowerBound)
                hide(value)
                position = value.upperBound
            } else if bytes[position] == UInt8(ascii: ":"), follows(position + 1, "//", in: range) {
                position += 3
                copy(start..<position)
                guard let password = passwordOfURL(position, in: range) else { continue }
                copy(position..<password.lowerBound)
                hide(password)
                position = password.upperBound
            } else {
                position += 1
                copy(start..<position)
            }
        }
    }

    /// The value after a word: `password=x`, `password = 'a b'`, `password ''x''`, `"password": "x"`.
    private func value(after word: Int, in range: Range<Int>) -> Range<Int>? {
        var next = word
        var isAssigned = false
        while next < range.upperBound {
            switch bytes[next] {
            case UInt8(ascii: "="), UInt8(ascii: ":"): isAssigned = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard let quoted = quoted(at: next, in: range) else { return nil }
                // `"password": …`: the quote ends the word.
                if !isAssigned, next == word, bytes[next] == UInt8(ascii: "\"") { break }
                return quoted
            case let byte where Self.isBlank(byte): break
            default:
                guard isAssigned else { return nil }
                var end = next
                while end < range.upperBound, !Self.endsValue(bytes[end]) { end += 1 }
                return next..<end
            }
            next += 1
        }
        return nil
    }

    /// What is between quotes, which may be doubled or escaped since they stand in a string already.
    private func quoted(at start: Int, in range: Range<Int>) -> Range<Int>? {
        let quote = bytes[start]
        var body = start
        while body < range.upperBound, bytes[body] == quote { body += 1 }
        var end = body
        while end < range.upperBound, bytes[end] != quote {
            end += bytes[end] == UInt8(ascii: "\\") && end + 1 < range.upperBound ? 2 : 1
        }
        return body..<min(end, range.upperBound)
    }

    /// What stands between the first colon and the last `@` of the authority of a URL.
    private func passwordOfURL(_ start: Int, in range: Range<Int>) -> Range<Int>? {
        var end = start
        var colon: Int?
        var at: Int?
        while end < range.upperBound, !Self.isBlank(bytes[end]), !Self.endsAuthority(bytes[end]) {
            if bytes[end] == UInt8(ascii: ":"), colon == nil { colon = end }
            if bytes[end] == UInt8(ascii: "@") { at = end }
            end += 1
        }
        guard let colon, let at, colon < at else { return nil }
        return (colon + 1)..<at
    }

    // MARK: Tokens

    private struct StringToken {
        var body: Range<Int>
        var end: Int
        var isDollarQuoted = false
    }

    /// The string that begins here: `'…'`, `E'…'`, `U&'…'`, `$tag$…$tag$`.
    private func string(at start: Int, in range: Range<Int>) -> StringToken? {
        let byte = bytes[start]
        // A prefix or a dollar within a name belongs to the name.
        let isInName =
            start > range.lowerBound && (Self.isWord(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "$"))
        if byte == UInt8(ascii: "$") { return isInName ? nil : dollarQuoted(at: start, in: range) }
        if byte == UInt8(ascii: "'") { return quotedString(at: start, escapes: false, in: range) }
        guard !isInName else { return nil }
        switch byte | 0x20 {
        case UInt8(ascii: "e") where follows(start + 1, "'", in: range):
            return quotedString(at: start + 1, escapes: true, in: range)
        case UInt8(ascii: "u") where follows(start + 1, "&'", in: range):
            return quotedString(at: start + 2, escapes: false, in: range)
        default: return nil
        }
    }

    private func quotedString(at quote: Int, escapes: Bool, in range: Range<Int>) -> StringToken {
        var end = quote + 1
        while end < range.upperBound {
            if escapes, bytes[end] == UInt8(ascii: "\\") {
                end += 2
            } else if bytes[end] != UInt8(ascii: "'") {
                end += 1
            } else if follows(end + 1, "'", in: range) {
                end += 2
            } else {
                return StringToken(body: (quote + 1)..<end, end: end + 1)
            }
        }
        return StringToken(body: (quote + 1)..<range.upperBound, end: range.upperBound)
    }

    private func dollarQuoted(at start: Int, in range: Range<Int>) -> StringToken? {
        var tagEnd = start + 1
        while tagEnd < range.upperBound, Self.isWord(bytes[tagEnd]) { tagEnd += 1 }
        // $1 is a parameter.
        guard tagEnd < range.upperBound, bytes[tagEnd] == UInt8(ascii: "$"),
            !(0x30...0x39).contains(bytes[start + 1])
        else { return nil }
        let tag = bytes[start...tagEnd]
        var next = tagEnd + 1
        while next + tag.count <= range.upperBound {
            if bytes[next] == UInt8(ascii: "$"), bytes[next..<(next + tag.count)].elementsEqual(tag) {
                return StringToken(body: (tagEnd + 1)..<next, end: next + tag.count, isDollarQuoted: true)
            }
            next += 1
        }
        return StringToken(body: (tagEnd + 1)..<range.upperBound, end: range.upperBound, isDollarQuoted: true)
    }

    /// Where the comment ends that begins here. Comments nest.
    private func endOfComment(at start: Int, in range: Range<Int>) -> Int? {
        var end = start
        if follows(start, "--", in: range) {
            while end < range.upperBound, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            return end
        }
        guard follows(start, "/*", in: range) else { return nil }
        var depth = 0
        while end < range.upperBound {
            if follows(end, "/*", in: range) {
                depth += 1
                end += 2
            } else if follows(end, "*/", in: range) {
                depth -= 1
                end += 2
                if depth == 0 { return end }
            } else {
                end += 1
            }
        }
        return range.upperBound
    }

    private func announces(_ range: Range<Int>) -> Bool {
        Self.words.contains { word in
            range.count >= word.count
                && zip(bytes[(range.upperBound - word.count)..<range.upperBound], word).allSatisfy { $0 | 0x20 == $1 }
        }
    }

    private func follows(_ start: Int, _ text: StaticString, in range: Range<Int>) -> Bool {
        let count = text.utf8CodeUnitCount
        guard start + count <= range.upperBound else { return false }
        for offset in 0..<count where bytes[start + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...0xFF: true
        default: false
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func endsValue(_ byte: UInt8) -> Bool {
        isBlank(byte) || [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "&"), UInt8(ascii: ";")].contains(byte)
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "/")
    }
}
