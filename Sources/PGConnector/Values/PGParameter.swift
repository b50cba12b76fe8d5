/// A value for `$1`, `$2`, … of a statement.
public struct PGParameter: Sendable, Hashable {
    /// The bytes in ``format``; nil is NULL.
    public var bytes: [UInt8]?
    /// The type's OID; 0 lets the server infer it.
    public var typeOID: UInt32
    /// How the bytes are written.
    public var format: PGFormat

    /// A value from its bytes.
    /// - Parameters:
    ///   - bytes: The bytes in `format`; nil is NULL.
    ///   - typeOID: The type's OID; 0 lets the server infer it.
    ///   - format: How the bytes are written.
    public init(bytes: [UInt8]?, typeOID: UInt32 = 0, format: PGFormat = .text) {
        self.bytes = bytes
        self.typeOID = typeOID
        self.format = format
    }

    /// A value of a Swift type.
    /// - Parameter value: The value; an optional that is nil is NULL.
    public init(_ value: some PGEncodable) { self = value.pgParameter }

    /// NULL of a type that the server infers.
    public static let null = PGParameter(bytes: nil)

    /// Text whose type the server infers, as from a quoted literal.
    /// - Parameter text: The value as PostgreSQL reads it.
    public static func text(_ text: String) -> PGParameter { PGParameter(bytes: Array(text.utf8)) }
}

extension PGParameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    /// Text whose type the server infers.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A number whose type the server infers.
    public init(integerLiteral value: Int) { self = .text(String(value)) }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = PGParameter(value) }
    /// A number whose type the server infers.
    public init(floatLiteral value: Double) { self = .text(String(value)) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
}

/// A Swift type that can be sent as a parameter.
public protocol PGEncodable {
    /// The value as it is sent.
    var pgParameter: PGParameter { get }
}

/// Big-endian bytes of an integer.
func bigEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

extension Bool: PGEncodable {
    /// A `bool`.
    public var pgParameter: PGParameter {
        PGParameter(bytes: [self ? 1 : 0], typeOID: PGType.bool, format: .binary)
    }
}

extension Int16: PGEncodable {
    /// An `int2`.
    public var pgParameter: PGParameter {
        PGParameter(bytes: bigEndianBytes(self), typeOID: PGType.int2, format: .binary)
    }
}

extension Int32: PGEncodable {
    /// An `int4`.
    public var pgParameter: PGParameter {
        PGParameter(bytes: bigEndianBytes(self), typeOID: PGType.int4, format: .binary)
    }
}

extension Int64: PGEncodable {
    /// An `int8`.
    public var pgParameter: PGParameter {
        PGParameter(bytes: bigEndianBytes(self), typeOID: PGType.int8, format: .binary)
    }
}

extension Int: PGEncodable {
    /// An `int8`.
    public var pgParameter: PGParameter { Int64(self).pgParameter }
}

extension Float: PGEncodable {
    /// A `float4`.
    public var pgParameter: PGParameter {
        PGParameter(bytes: bigEndianBytes(bitPattern), typeOID: PGType.float4, format: .binary)
    }
}

extension Double: PGEncodable {
    /// A `float8`.
    public var pgParameter: PGParameter {
        PGParameter(bytes: bigEndianBytes(bitPattern), typeOID: PGType.float8, format: .binary)
    }
}

extension String: PGEncodable {
    /// A `text`.
    public var pgParameter: PGParameter { PGParameter(bytes: Array(utf8), typeOID: PGType.text) }
}

extension [UInt8]: PGEncodable {
    /// A `bytea`.
    public var pgParameter: PGParameter { PGParameter(bytes: self, typeOID: PGType.bytea, format: .binary) }
}

extension Optional: PGEncodable where Wrapped: PGEncodable {
    /// The value, or NULL.
    public var pgParameter: PGParameter { self?.pgParameter ?? .null }
}
