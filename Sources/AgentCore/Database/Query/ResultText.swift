extension QueryResult {
    /// The header and the rows in COPY's text format: tab-separated, NULL as `\N`, `\t`, `\n`, `\r`, `\\`, `\b`, `\f`
    /// and `\v` escaped. Every row is one line and ends in a newline.
    public func copyText() -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(copyTextBytes)
        appendCopyText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// About how many bytes ``copyText()`` has; more when many characters are escaped.
    var copyTextBytes: Int { rows.byteCount + rows.count * (rows.width + 1) + 64 * columns.count }

    /// Appends what ``copyText()`` returns.
    func appendCopyText(to bytes: inout [UInt8]) {
        for (index, column) in columns.enumerated() {
            if index > 0 { bytes.append(0x09) }
            Self.appendEscaped(Array(column.name.utf8)[...], to: &bytes)
        }
        bytes.append(0x0A)
        for row in 0..<rows.count {
            for column in 0..<rows.width {
                if column > 0 { bytes.append(0x09) }
                if let cell = rows.cell(row, column) {
                    Self.appendEscaped(cell, to: &bytes)
                } else {
                    bytes.append(contentsOf: [0x5C, 0x4E])
                }
            }
            bytes.append(0x0A)
        }
    }

    /// Escapes as `CopyAttributeOutText` in PostgreSQL's `copyto.c` does.
    private static func appendEscaped(_ value: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        for byte in value {
            switch byte {
            case 0x5C: bytes.append(contentsOf: [0x5C, 0x5C])
            case 0x08: bytes.append(contentsOf: [0x5C, UInt8(ascii: "b")])
            case 0x09: bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
            case 0x0A: bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
            case 0x0B: bytes.append(contentsOf: [0x5C, UInt8(ascii: "v")])
            case 0x0C: bytes.append(contentsOf: [0x5C, UInt8(ascii: "f")])
            case 0x0D: bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
            default: bytes.append(byte)
            }
        }
    }
}
