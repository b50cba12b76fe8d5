extension JSONValue {
    /// Reads one JSON text (RFC 8259), strictly: duplicate keys, bytes that are not UTF-8, lone surrogates, raw control
    /// characters and text after the value are errors. Time is linear in the number of bytes.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - limits: bounds on size and nesting.
    /// - Throws: ``JSONParseError`` with the place of the first error.
    public static func parse(
        _ bytes: some Sequence<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONParseError) -> JSONValue {
        let result = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONParseError) in try parse(buffer: buffer, limits: limits) }
        }
        if let result { return try result.get() }
        let copy = [UInt8](bytes)
        let copied = copy.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONParseError) in try parse(buffer: buffer, limits: limits) }
        }
        return try copied.get()
    }

    /// Reads one JSON text from a string.
    ///
    /// - Throws: ``JSONParseError`` with the place of the first error.
    public static func parse(
        _ text: String, limits: JSONLimits = JSONLimits()
    ) throws(JSONParseError) -> JSONValue {
        try parse(text.utf8, limits: limits)
    }

    /// Reads one JSON text from memory.
    ///
    /// - Throws: ``JSONParseError`` with the place of the first error.
    public static func parse(
        buffer: UnsafeBufferPointer<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes: buffer, limits: limits)
        return try parser.parseText()
    }
}

/// A recursive reader; ``JSONLimits/maximumDepth`` bounds the recursion.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseText() throws(JSONParseError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else {
            throw error(.limit("a text of more than \(limits.maximumBytes) bytes"), at: 0)
        }
        skipSpace()
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error(.trailingText, at: position) }
        return value
    }

    private func error(_ reason: JSONParseError.Reason, at offset: Int) -> JSONParseError {
        JSONParseError(reason, at: offset, in: bytes)
    }

    private func unexpected() -> JSONParseError {
        position < bytes.count
            ? error(.unexpected(byte: bytes[position]), at: position) : error(.unexpectedEnd, at: position)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func parseValue(depth: Int) throws(JSONParseError) -> JSONValue {
        guard position < bytes.count else { throw unexpected() }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw unexpected()
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == word.utf8Start[offset] else { throw unexpected() }
            position += 1
        }
        return value
    }

    private mutating func enter(_ depth: Int) throws(JSONParseError) {
        guard depth < limits.maximumDepth else {
            throw error(.limit("nesting deeper than \(limits.maximumDepth)"), at: position)
        }
        position += 1
        skipSpace()
    }

    private mutating func parseArray(depth: Int) throws(JSONParseError) -> [JSONValue] {
        try enter(depth)
        var elements: [JSONValue] = []
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try parseValue(depth: depth + 1))
            skipSpace()
            guard position < bytes.count else { throw unexpected() }
            switch bytes[position] {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
            case UInt8(ascii: "]"):
                position += 1
                return elements
            default: throw unexpected()
            }
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONParseError) -> JSONObject {
        try enter(depth)
        var object = JSONObject()
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            return object
        }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected() }
            let start = position
            let key = try parseString()
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw unexpected() }
            position += 1
            skipSpace()
            let value = try parseValue(depth: depth + 1)
            guard object.insert(key, value) else { throw error(.duplicateKey(key), at: start) }
            skipSpace()
            guard position < bytes.count else { throw unexpected() }
            switch bytes[position] {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
            case UInt8(ascii: "}"):
                position += 1
                return object
            default: throw unexpected()
            }
        }
    }

    private mutating func parseNumber() throws(JSONParseError) -> JSONValue {
        let length = JSONNumber.length(in: bytes, from: position)
        guard length > 0 else { throw error(.invalidNumber, at: position) }
        guard length <= limits.maximumNumberBytes else {
            throw error(.limit("a number of more than \(limits.maximumNumberBytes) bytes"), at: position)
        }
        let literal = bytes[position..<(position + length)]
        // "01" and "1.2.3" would otherwise be reported as text after a value, which helps nobody.
        if position + length < bytes.count {
            switch bytes[position + length] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                throw error(.invalidNumber, at: position)
            default: break
            }
        }
        position += length
        if let integer = Self.integer(literal) { return .integer(integer) }
        return .number(JSONNumber(checked: String(decoding: literal, as: UTF8.self)))
    }

    /// The integer of a literal in its plain form; `nil` for fractions, exponents, `-0` and what needs more than 64 bits.
    private static func integer(_ literal: Slice<UnsafeBufferPointer<UInt8>>) -> Int64? {
        guard literal.count <= 20 else { return nil }
        let negative = literal.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in negative ? literal.dropFirst() : literal {
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            // Counted downwards, so that the smallest integer fits as well.
            let (difference, below) = product.subtractingReportingOverflow(Int64(digit))
            if overflow || below { return nil }
            value = difference
        }
        if negative { return value == 0 ? nil : value }
        return value == .min ? nil : -value
    }

    private mutating func parseString() throws(JSONParseError) -> String {
        position += 1
        let start = position
        // The common case: no escape at all, so the bytes are the string.
        var seen: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = try validated(start..<position, isASCII: seen < 0x80)
                try checkLength(from: start)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { break }
            if byte < 0x20 { throw error(.controlCharacter, at: position) }
            seen |= byte
            position += 1
        }
        return try parseEscapedString(start: start)
    }

    private mutating func parseEscapedString(start: Int) throws(JSONParseError) -> String {
        var text: [UInt8] = []
        var run = start
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                text.append(contentsOf: try validated(run..<position).utf8)
                try checkLength(from: start)
                position += 1
                return String(decoding: text, as: UTF8.self)
            }
            if byte < 0x20 { throw error(.controlCharacter, at: position) }
            guard byte == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            text.append(contentsOf: try validated(run..<position).utf8)
            try parseEscape(into: &text)
            run = position
        }
        throw unexpected()
    }

    private func checkLength(from start: Int) throws(JSONParseError) {
        guard position - start <= limits.maximumStringBytes else {
            throw error(.limit("a string of more than \(limits.maximumStringBytes) bytes"), at: start)
        }
    }

    /// The text of a range of bytes, which has to be UTF-8.
    private func validated(_ range: Range<Int>, isASCII: Bool = false) throws(JSONParseError) -> String {
        let slice = UnsafeBufferPointer(rebasing: bytes[range])
        // To decode is compiled for UTF-8, to validate looks its types up at run time: for a short text that is most of it.
        if isASCII { return String(decoding: slice, as: UTF8.self) }
        if let text = String(validating: slice, as: UTF8.self) { return text }
        throw error(.invalidUTF8, at: range.lowerBound + Self.firstInvalid(slice))
    }

    /// The offset of the first byte that is no part of a scalar.
    private static func firstInvalid(_ slice: UnsafeBufferPointer<UInt8>) -> Int {
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = slice.makeIterator()
        var offset = 0
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error, .emptyInput: return offset
            }
        }
    }

    private mutating func parseEscape(into text: inout [UInt8]) throws(JSONParseError) {
        let start = position
        position += 1
        guard position < bytes.count else { throw unexpected() }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try parseHex(start: start))
            if code & 0xFC00 == 0xD800 {
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw error(.loneSurrogate, at: start) }
                position += 2
                let low = UInt32(try parseHex(start: start))
                guard low & 0xFC00 == 0xDC00 else { throw error(.loneSurrogate, at: start) }
                code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error(.loneSurrogate, at: start) }
            text.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        default: throw error(.invalidEscape, at: start)
        }
    }

    private mutating func parseHex(start: Int) throws(JSONParseError) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw unexpected() }
            let digit: UInt8
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[position] - 0x30
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[position] - 0x61 + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[position] - 0x41 + 10
            default: throw error(.invalidEscape, at: start)
            }
            code = code << 4 | UInt16(digit)
            position += 1
        }
        return code
    }
}
