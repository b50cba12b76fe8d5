/// Shortens what a tool answered for the model. The frames around what comes from a database stay closed, so that what is cut
/// cannot make the rest look like the agent's own words.
enum ResultCut {
    /// What a text is cut to.
    struct Cut: Equatable {
        /// The text.
        var text: String
        /// The lines within the last frame that are left, when it was cut within one.
        var framedLines: Int?
    }

    /// Cuts at the end of a line.
    ///
    /// - Parameters:
    ///   - text: A tool's answer.
    ///   - most: The most bytes, the closing mark aside.
    /// - Returns: nil when it is short enough. In linear time.
    static func cut(_ text: String, to most: Int) -> Cut? {
        guard text.utf8.count > most else { return nil }
        var kept = ""
        var open: Substring?
        var lines = 0
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.utf8.firstIndex(of: 0x0A)
            let line = rest[..<(end ?? rest.endIndex)]
            if kept.utf8.count + line.utf8.count + 1 > most {
                // A line that is longer than all the room is cut within, or there would be nothing to see.
                if kept.utf8.count < most / 2 { kept += prefix(line, most - kept.utf8.count - 4) + " …\n" }
                break
            }
            kept += line
            kept += "\n"
            if let name = open {
                lines += 1
                if line == "</\(name)>" { open = nil }
            } else if let name = mark(line) {
                open = name
                lines = 0
            }
            rest = end.map { rest[rest.utf8.index(after: $0)...] } ?? rest[rest.endIndex...]
        }
        if let open { kept += "</\(open)>\n" }
        return Cut(text: kept, framedLines: open == nil ? nil : lines)
    }

    /// The first line, for a result that is old: it is the agent's own, and says what there was.
    ///
    /// - Returns: nil when the text is short anyway.
    static func line(_ text: String) -> String? {
        guard text.utf8.count > 300 else { return nil }
        let first = text.prefix { $0 != "\n" && $0 != "\r\n" }
        return prefix(first, 200) + " [The rest is left out to save room; make the call again if it is needed.]"
    }

    /// So many bytes of a text, and no part of a character.
    static func prefix(_ text: Substring, _ most: Int) -> String {
        guard text.utf8.count > most else { return String(text) }
        var kept = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > most { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }

    /// The name in a line that opens a frame.
    private static func mark(_ line: Substring) -> Substring? {
        guard line.hasPrefix("<"), line.hasSuffix(">") else { return nil }
        let name = line.dropFirst().dropLast()
        let kinds: [UntrustedText.Kind] = [.data, .message, .request]
        return kinds.contains { name.hasPrefix($0.rawValue + "-") } ? name : nil
    }
}
