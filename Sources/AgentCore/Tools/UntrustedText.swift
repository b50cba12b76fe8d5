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
        framed(after: "", bytes: text.utf8.count, as: kind, using: &generator) { $0.write(text.utf8) }
    }

    /// A text of the agent's own and then a framed one, written in one go to where it stays: a large result is held once and
    /// not once for each step that adds a line to it.
    ///
    /// - Parameters:
    ///   - lead: What comes before the first mark.
    ///   - count: The most bytes that will be written.
    ///   - kind: The word in the marks.
    ///   - write: Writes the text, of any content, as UTF-8.
    static func framed(
        after lead: String, bytes count: Int, as kind: Kind = .data, write: (inout CopyTextWriter) -> Void
    ) -> String {
        var generator = SystemRandomNumberGenerator()
        return framed(after: lead, bytes: count, as: kind, using: &generator, write: write)
    }

    private static func framed(
        after lead: String, bytes count: Int, as kind: Kind, using generator: inout some RandomNumberGenerator,
        write: (inout CopyTextWriter) -> Void
    ) -> String {
        // A name has the same length each time.
        var name = name(kind, &generator)
        let size = lead.utf8.count + count + 2 * name.utf8.count + 8
        return String(unsafeUninitializedCapacity: size) { buffer in
            var writer = CopyTextWriter(buffer)
            writer.write(lead.utf8)
            let opening = writer.count + 1
            writer.write("<\(name)>\n".utf8)
            let start = writer.count
            write(&writer)
            while closes(writer.written[start...], name) {
                name = Self.name(kind, &generator)
                for (index, byte) in name.utf8.enumerated() { buffer[opening + index] = byte }
            }
            if writer.count == start || writer.written.last != 0x0A { writer.write(0x0A) }
            writer.write("</\(name)>".utf8)
            return writer.count
        }
    }

    private static func name(_ kind: Kind, _ generator: inout some RandomNumberGenerator) -> String {
        let hex = String(UInt32.random(in: .min ... .max, using: &generator), radix: 16)
        return kind.rawValue + "-" + String(repeating: "0", count: 8 - hex.count) + hex
    }

    /// Whether `text` holds the closing mark of `name`.
    private static func closes(_ text: Slice<UnsafeMutableBufferPointer<UInt8>>, _ name: String) -> Bool {
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
