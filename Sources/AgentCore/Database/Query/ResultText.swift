extension QueryResult {
    /// The header and the rows in COPY's text format: tab-separated, NULL as `\N`, `\t`, `\n`, `\r`, `\\`, `\b`, `\f`
    /// and `\v` escaped. Every row is one line and ends in a newline.
    public func copyText() -> String {
        var copy = self
        return String(unsafeUninitializedCapacity: copyTextBytes) { buffer in
            var writer = CopyTextWriter(buffer)
            copy.drainCopyText(to: &writer)
            return writer.count
        }
    }

    /// How many bytes ``copyText()`` has.
    var copyTextBytes: Int {
        var count = columns.reduce(0) { $0 + CopyTextWriter.escapedCount(Array($1.name.utf8)[...]) } + columns.count + 1
        var place = rows.start
        for _ in 0..<rows.count * rows.width {
            count += 1 + (rows.next(&place).map { CopyTextWriter.escapedCount($0) } ?? 2)
        }
        return count + rows.count
    }

    /// Writes what ``copyText()`` returns, and lets go of the rows meanwhile, so that a large result is not held twice.
    mutating func drainCopyText(to writer: inout CopyTextWriter) {
        for (index, column) in columns.enumerated() {
            if index > 0 { writer.write(0x09) }
            writer.write(escaping: Array(column.name.utf8)[...])
        }
        writer.write(0x0A)
        let width = rows.width
        guard width > 0 else {
            for _ in 0..<rows.count { writer.write(0x0A) }
            return
        }
        var column = 0
        rows.drain { cell in
            if column > 0 { writer.write(0x09) }
            if let cell {
                writer.write(escaping: cell)
            } else {
                writer.write(UInt8(ascii: "\\"))
                writer.write(UInt8(ascii: "N"))
            }
            column += 1
            guard column == width else { return }
            column = 0
            writer.write(0x0A)
        }
    }
}

/// Writes into the room of a text whose size is known before; what does not fit is left out.
struct CopyTextWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    /// What has been written.
    var written: UnsafeMutableBufferPointer<UInt8> { UnsafeMutableBufferPointer(rebasing: buffer[..<count]) }

    mutating func write(_ byte: UInt8) {
        guard count < buffer.count else { return }
        buffer[count] = byte
        count += 1
    }

    mutating func write(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { write(byte) }
    }

    /// Escapes as `CopyAttributeOutText` in PostgreSQL's `copyto.c` does.
    mutating func write(escaping value: ArraySlice<UInt8>) {
        value.withUnsafeBufferPointer { value in
            for byte in value {
                if let letter = Self.letter(of: byte) {
                    write(0x5C)
                    write(letter)
                } else {
                    write(byte)
                }
            }
        }
    }

    /// How many bytes ``write(escaping:)`` writes.
    static func escapedCount(_ value: ArraySlice<UInt8>) -> Int {
        value.withUnsafeBufferPointer { $0.reduce($0.count) { $0 + (letter(of: $1) == nil ? 0 : 1) } }
    }

    /// What stands behind the backslash for a byte; nil for one that stands for itself.
    @inline(__always)
    private static func letter(of byte: UInt8) -> UInt8? {
        // One compare for nearly every byte.
        if byte > 0x0D, byte != 0x5C { return nil }
        return switch byte {
        case 0x5C: 0x5C
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0B: UInt8(ascii: "v")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }
}
