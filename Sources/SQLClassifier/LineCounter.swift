/// Turns offsets into lines and columns. Offsets that come in ascending order cost one pass over the text in all.
struct LineCounter {
    private let bytes: UnsafePointer<UInt8>
    private let count: Int
    private var offset = 0
    private var line = 1
    private var column = 1

    private var marked = (offset: 0, line: 1, column: 1)

    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Remembers the place reached, so that going back to an offset behind it does not begin at the start of the text.
    mutating func mark() { marked = (offset, line, column) }

    /// The location of an offset.
    mutating func location(of target: Int) -> SourceLocation {
        if target < offset { (offset, line, column) = target < marked.offset ? (0, 1, 1) : marked }
        let end = min(target, count)
        while offset < end {
            // Eight bytes at once, as long as all are ASCII and none is a line end (nor anything else below 0x10).
            while offset + 8 <= end {
                let word = UnsafeRawPointer(bytes + offset).loadUnaligned(as: UInt64.self)
                if (word | ((word &- 0x1010_1010_1010_1010) & ~word)) & 0x8080_8080_8080_8080 != 0 { break }
                offset += 8
                column += 8
            }
            guard offset < end else { break }
            let byte = bytes[offset]
            offset += 1
            if byte.isNewline {
                // The two bytes of CR LF are one line end; the count goes up at the second.
                if byte == 0x0D, offset < count, bytes[offset] == 0x0A { continue }
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return SourceLocation(offset: target, line: line, column: column)
    }
}
