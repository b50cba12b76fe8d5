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
        var name: String
        repeat {
            let number = UInt32.random(in: .min ... .max, using: &generator)
            let hex = String(number, radix: 16)
            name = kind.rawValue + "-" + String(repeating: "0", count: 8 - hex.count) + hex
        } while closes(text, name)
        return "<\(name)>\n\(text)\(text.utf8.last == 0x0A ? "" : "\n")</\(name)>"
    }

    /// Whether `text` holds the closing mark of `name`. A search over bytes: `String` has none without Foundation.
    private static func closes(_ text: String, _ name: String) -> Bool {
        let mark = Array("</\(name)".utf8)
        var matched = 0
        for byte in text.utf8 {
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
