/// Bounds on what the parser accepts.
public struct JSONLimits: Sendable, Hashable {
    /// The largest number of bytes of a whole text.
    public var maximumBytes: Int
    /// How deep arrays and objects may be nested.
    public var maximumDepth: Int
    /// The largest number of bytes of one string, as written.
    public var maximumStringBytes: Int
    /// The largest number of bytes of the literal of one number.
    public var maximumNumberBytes: Int

    /// Bounds for what a peer sends.
    public init(
        maximumBytes: Int = 64 << 20, maximumDepth: Int = 128, maximumStringBytes: Int = 64 << 20,
        maximumNumberBytes: Int = 1024
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumStringBytes = maximumStringBytes
        self.maximumNumberBytes = maximumNumberBytes
    }
}

/// Why a text is not JSON, and where.
public struct JSONParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error.
    public enum Reason: Sendable, Hashable {
        /// The text ended inside of a value.
        case unexpectedEnd
        /// A byte that cannot stand here; `nil` stands for text after the value.
        case unexpected(byte: UInt8)
        /// Bytes after the end of the value.
        case trailingText
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// Half of a surrogate pair in an escape.
        case loneSurrogate
        /// An escape that JSON does not have.
        case invalidEscape
        /// A raw control character in a string.
        case controlCharacter
        /// A number against the grammar.
        case invalidNumber
        /// A key that the object has already.
        case duplicateKey(String)
        /// More than one of the ``JSONLimits`` allows; the text says which.
        case limit(String)
    }

    /// What is wrong.
    public let reason: Reason
    /// Where, in bytes from the start.
    public let offset: Int
    /// The line, counted from 1.
    public let line: Int
    /// The column, counted from 1, in Unicode scalars.
    public let column: Int

    init(_ reason: Reason, at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        self.reason = reason
        self.offset = offset
        var line = 1
        var column = 1
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }

    /// The value as text.
    public var description: String {
        let what =
            switch reason {
            case .unexpectedEnd: "the text ends inside of a value"
            case .unexpected(let byte): "unexpected \(Self.name(of: byte))"
            case .trailingText: "text after the end of the value"
            case .invalidUTF8: "bytes that are not UTF-8"
            case .loneSurrogate: "half of a surrogate pair"
            case .invalidEscape: "an escape that JSON does not have"
            case .controlCharacter: "a control character in a string"
            case .invalidNumber: "a number against the grammar of JSON"
            case .duplicateKey(let key): "the key \(JSONValue.string(String(key.prefix(64)))) stands twice"
            case .limit(let limit): limit
            }
        return "\(what), line \(line), column \(column)"
    }

    private static func name(of byte: UInt8) -> String {
        if byte > 0x20, byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count == 1 ? "0" : "") + digits
    }
}
