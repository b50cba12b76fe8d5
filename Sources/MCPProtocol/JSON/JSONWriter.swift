extension JSONValue {
    /// The value as compact JSON text on one line: control characters are escaped, so no raw newline is ever part of it.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// Appends the value as compact JSON text.
    public func serialize(into bytes: inout [UInt8]) {
        var writer = JSONWriter()
        swap(&writer.bytes, &bytes)
        writer.write(self)
        swap(&writer.bytes, &bytes)
    }
}

/// Appends JSON text to a buffer.
struct JSONWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(true): append("true")
        case .bool(false): append("false")
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        case .number(let number): bytes.append(contentsOf: number.literal.utf8)
        case .string(let text): write(string: text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object): write(object)
        }
    }

    mutating func write(_ object: JSONObject) {
        bytes.append(UInt8(ascii: "{"))
        for position in object.indices {
            let (key, value) = object[position]
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            write(string: key)
            bytes.append(UInt8(ascii: ":"))
            write(value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func write(string: String) {
        var text = string
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { source in
            // A long text gets its room at once: growing by doubling would hold it three times for a moment.
            if source.count > 1 << 16 {
                let escapes = source.reduce(0) { $0 + ($1 >= 0x20 && $1 != 0x22 && $1 != 0x5C && $1 != 0x7F ? 0 : 1) }
                let others = source.reduce(0) { $0 + ($1 < 0x08 || ($1 >= 0x0E && $1 < 0x20) || $1 == 0x7F ? 4 : 0) }
                bytes.reserveCapacity(bytes.count + source.count + escapes + others + 4096)
            }
            var run = 0
            for position in source.indices {
                let byte = source[position]
                // One compare for nearly every byte of nearly every text.
                if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte != 0x7F { continue }
                bytes.append(contentsOf: source[run..<position])
                escape(byte)
                run = position + 1
            }
            bytes.append(contentsOf: source[run...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            append("u00")
            bytes.append(Self.hex(byte >> 4))
            bytes.append(Self.hex(byte & 0xF))
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? 0x30 + digit : 0x61 + digit - 10
    }

    private mutating func append(_ word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
