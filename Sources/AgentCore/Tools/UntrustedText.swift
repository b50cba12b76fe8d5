/// Text that somebody else wrote (rows, names and comments of a database, messages of a server, the words of a person in a
/// prompt), framed so that a model can tell it from what the agent says.
///
/// The marks carry a number drawn for this one text. Whoever wrote a row cannot know it, so no row can close the frame
/// and go on as the agent; and a text that holds the number by chance gets another one.
struct UntrustedText {
    /// The word in the marks.
    enum Kind: String {
        case data = "untrusted-data"
        case message = "untrusted-message"
        case request = "user-request"
    }

    /// Puts `text` between marks, each on a line of its own.
    ///
    /// - Parameters:
    ///   - text: The text, of any content.
    ///   - kind: The word in the marks.
    static func framed(_ text: String, as kind: Kind = .data) -> String {
        var generator = SystemRandomNumberGenerator()
        return framed(text, as: kind, using: &generator)
    }

    /// As ``framed(_:as:)``, with the numbers of `generator`.
    static func framed(
        _ text: String, as kind: Kind, using generator: inout some RandomNumberGenerator
    ) -> String {
        framed(after: "", bytes: text.utf8.count, as: kind, using: &generator) { $0.append(contentsOf: text.utf8) }
    }

    /// A text of the agent's own and then a framed one, in one piece: a large result is held once and not once for each
    /// step that adds a line to it.
    ///
    /// - Parameters:
    ///   - lead: What comes before the first mark.
    ///   - count: About how many bytes will be appended.
    ///   - kind: The word in the marks.
    ///   - append: Appends the text, of any content, as UTF-8.
    static func framed(
        after lead: String, bytes count: Int, as kind: Kind = .data, append: (inout [UInt8]) -> Void
    ) -> String {
        var generator = SystemRandomNumberGenerator()
        return framed(after: lead, bytes: count, as: kind, using: &generator, append: append)
    }

    private static func framed(
        after lead: String, bytes count: Int, as kind: Kind, using generator: inout some RandomNumberGenerator,
        append: (inout [UInt8]) -> Void
    ) -> String {
        var name = name(kind, &generator)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lead.utf8.count + count + 2 * name.utf8.count + 8)
        bytes.append(contentsOf: lead.utf8)
        let nameStart = bytes.count + 1
        bytes.append(contentsOf: "<\(name)>\n".utf8)
        let start = bytes.count
        append(&bytes)
        while closes(bytes[start...], name) {
            name = Self.name(kind, &generator)
            // A name has the same length each time.
            bytes.replaceSubrange(nameStart..<nameStart + name.utf8.count, with: name.utf8)
        }
        if bytes.count == start || bytes.last != 0x0A { bytes.append(0x0A) }
        bytes.append(contentsOf: "</\(name)>".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func name(_ kind: Kind, _ generator: inout some RandomNumberGenerator) -> String {
        let hex = String(UInt32.random(in: .min ... .max, using: &generator), radix: 16)
        return kind.rawValue + "-" + String(repeating: "0", count: 8 - hex.count) + hex
    }

    /// Whether `text` holds the closing mark of `name`.
    private static func closes(_ text: ArraySlice<UInt8>, _ name: String) -> Bool {
        let mark = Array("</\(name)".utf8)
        var matched = 0
        for byte in text {
            if byte == mark[matched] {
                matched += 1
                if matched == mark.count { return true }
            } else {
                // The first byte, <, stands nowhere else in the mark, so nothing longer can have begun.
                matched = byte == mark[0] ? 1 : 0
            }
        }
        return false
    }
}
