/// A `numeric` as its exact decimal text: `12.500`, `NaN`, `Infinity`. Nothing is rounded.
public struct PGNumeric: Sendable, Hashable, PGDecodable, PGEncodable, CustomStringConvertible {
    /// The text as PostgreSQL prints it.
    public var description: String

    /// Takes a text that PostgreSQL reads as a `numeric`.
    /// - Parameter text: Such as `-0.10`.
    public init(_ text: String) { description = text }

    /// A `numeric`, or an integer.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        switch column.typeOID {
        case PGType.numeric, PGType.int2, PGType.int4, PGType.int8: description = cell.text
        default: throw Self.mismatch(column)
        }
    }

    /// A `numeric`.
    public var pgParameter: PGParameter { PGParameter(bytes: Array(description.utf8), typeOID: PGType.numeric) }
}

/// A `uuid`.
public struct PGUUID: Sendable, Hashable, PGDecodable, PGEncodable, CustomStringConvertible {
    /// Its sixteen bytes.
    public let bytes: [UInt8]

    /// Makes a UUID of sixteen bytes; nil for another number.
    /// - Parameter bytes: Sixteen bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`; nil for anything else.
    /// - Parameter text: The text.
    public init?(_ text: String) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 where character != UInt8(ascii: "-") {
            guard let digit = Bytea.digit(character), bytes.count < 16 else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { return nil }
        self.init(bytes: bytes)
    }

    /// A `uuid`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        let value =
            switch column.format {
            case .binary: PGUUID(bytes: cell.bytes)
            case .text: PGUUID(cell.text)
            }
        guard column.typeOID == PGType.uuid, let value else { throw Self.mismatch(column) }
        self = value
    }

    /// A `uuid` in binary format.
    public var pgParameter: PGParameter { PGParameter(bytes: bytes, typeOID: PGType.uuid, format: .binary) }

    /// In lower case, with hyphens.
    public var description: String { BinaryText.uuid(bytes[...]) }
}

/// A `json` or `jsonb` as its exact text.
public struct PGJSON: Sendable, Hashable, PGDecodable, PGEncodable, CustomStringConvertible {
    /// The text as PostgreSQL prints it.
    public var description: String

    /// Takes a JSON text.
    /// - Parameter text: The text; the server checks it.
    public init(_ text: String) { description = text }

    /// A `json` or `jsonb`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        guard column.typeOID == PGType.json || column.typeOID == PGType.jsonb else { throw Self.mismatch(column) }
        description = cell.text
    }

    /// A value whose type, `json` or `jsonb`, the server infers.
    public var pgParameter: PGParameter { .text(description) }
}
