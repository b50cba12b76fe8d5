extension JSONValue {
    /// The value as compact JSON text on one line: control characters are escaped, so no raw newline is ever part of it.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        // Most messages fit.
        writer.bytes.reserveCapacity(1024)
        writer.write(self)
        return writer.bytes
    }

    /// Hands over the value as compact JSON text in pieces, so that of a large value no copy is held as text.
    ///
    /// - Parameter body: Takes a piece.
    func serialize(inPieces body: @escaping ([UInt8]) -> Void) {
        var writer = JSONWriter(takePiece: body)
        writer.bytes.reserveCapacity(2 * JSONWriter.pieceBytes)
        writer.write(self)
        body(writer.bytes)
    }

    /// Whether the texts in the value have more bytes together than so many.
    func isLonger(than limit: Int) -> Bool {
        var left = limit
        return !fits(&left)
    }

    private func fits(_ left: inout Int) -> Bool {
        switch self {
        case .null, .bool, .integer, .number: left -= 8
        case .string(let text): left -= text.utf8.count
        case .array(let elements): for element in elements where !element.fits(&left) { return false }
        case .object(let object): for (_, value) in object where !value.fits(&left) { return false }
        }
        return left >= 0
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
    /// When what was written is handed over.
    static let pieceBytes = 64 << 10

    var bytes: [UInt8] = []
    /// Takes what was written so far; without it everything is kept.
    var takePiece: (([UInt8]) -> Void)?

    private mutating func handOver() {
        guard let takePiece, bytes.count >= Self.pieceBytes else { return }
        takePiece(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

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
                if takePiece != nil { handOver() }
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
            if source.count <= 256, Self.standsAsItIs(source) {
                bytes.append(contentsOf: source)
                return
            }
            // A long text gets its room at once: growing by doubling would hold it three times for a moment.
            if takePiece == nil, source.count > 1 << 16 {
                let escapes = source.reduce(0) { $0 + ($1 >= 0x20 && $1 != 0x22 && $1 != 0x5C && $1 != 0x7F ? 0 : 1) }
                let others = source.reduce(0) { $0 + ($1 < 0x08 || ($1 >= 0x0E && $1 < 0x20) || $1 == 0x7F ? 4 : 0) }
                bytes.reserveCapacity(bytes.count + source.count + escapes + others + 4096)
            }
            var run = 0
            var position = 0
            while position < source.count {
                if position - run >= Self.pieceBytes {
                    bytes.append(contentsOf: source[run..<position])
                    run = position
                    handOver()
                }
                // Nearly every text is nearly all of what stands as it is: eight bytes are looked at together.
                if source.count - position >= 8, Self.standsAsItIs(source, at: position) {
                    position += 8
                    continue
                }
                let byte = source[position]
                position += 1
                if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte != 0x7F { continue }
                bytes.append(contentsOf: source[run..<(position - 1)])
                escape(byte)
                run = position
                if bytes.count >= Self.pieceBytes { handOver() }
            }
            bytes.append(contentsOf: source[run...])
            handOver()
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether nothing of a text has to be escaped.
    private static func standsAsItIs(_ source: UnsafeBufferPointer<UInt8>) -> Bool {
        var position = 0
        while source.count - position >= 8 {
            guard standsAsItIs(source, at: position) else { return false }
            position += 8
        }
        return source[position...].allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }
    }

    /// Whether none of the eight bytes from a position on has to be escaped. There must be eight.
    private static func standsAsItIs(_ source: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
        let word = UnsafeRawBufferPointer(source).loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        // The highest bit of a byte is set where the byte was 0, by "Determine if a word has a zero byte" and "a byte less
        // than n" of Anderson's Bit Twiddling Hacks: none is missed.
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
        let found =
            ((word &- ones &* 0x20) & ~word) | zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C))
            | zeros(word ^ (ones &* 0x7F))
        return found & (ones &* 0x80) == 0
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
