/// A Swift type that can be made of a cell, in text or binary format.
public protocol PGDecodable {
    /// Decodes a cell.
    /// - Parameters:
    ///   - cell: The value; nil is NULL.
    ///   - column: Its column.
    /// - Throws: ``PGError`` with the code ``PGError/Code/decoding``.
    init(decoding cell: PGCell?, column: PGColumn) throws(PGError)
}

extension Optional: PGDecodable where Wrapped: PGDecodable {
    /// nil for NULL.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        guard let cell else {
            self = nil
            return
        }
        self = .some(try Wrapped(decoding: cell, column: column))
    }
}

extension PGDecodable {
    /// The cell, or the error that says that it is NULL.
    static func present(_ cell: PGCell?, _ column: PGColumn) throws(PGError) -> PGCell {
        guard let cell else {
            throw PGError(.decoding, "The column \(column.name) is NULL; decode an optional.")
        }
        return cell
    }

    /// The error that says that the value is no `Self`.
    static func mismatch(_ column: PGColumn) -> PGError {
        PGError(.decoding, "The column \(column.name) (type OID \(column.typeOID)) does not hold a \(Self.self).")
    }
}

extension String: PGDecodable {
    /// The value as PostgreSQL prints it.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        self = try Self.present(cell, column).text
    }
}

extension Bool: PGDecodable {
    /// A `bool`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        guard column.typeOID == PGType.bool, cell.bytes.count == 1, let byte = cell.bytes.first else {
            throw Self.mismatch(column)
        }
        switch (column.format, byte) {
        case (.binary, 0), (.text, UInt8(ascii: "f")): self = false
        case (.binary, 1), (.text, UInt8(ascii: "t")): self = true
        default: throw Self.mismatch(column)
        }
    }
}

/// Reads an integer: any of PostgreSQL's integer types that fits.
private func integer<T: FixedWidthInteger & PGDecodable>(_ cell: PGCell?, _ column: PGColumn) throws(PGError) -> T {
    let cell = try T.present(cell, column)
    switch column.format {
    case .text:
        if let value = T(String(decoding: cell.bytes, as: UTF8.self)) { return value }
    case .binary:
        switch (column.typeOID, cell.bytes.count) {
        case (PGType.int2, 2):
            if let value = T(exactly: Int16(truncatingIfNeeded: BinaryReader.unsigned(cell.bytes))) { return value }
        case (PGType.int4, 4):
            if let value = T(exactly: Int32(truncatingIfNeeded: BinaryReader.unsigned(cell.bytes))) { return value }
        case (PGType.int8, 8):
            if let value = T(exactly: Int64(truncatingIfNeeded: BinaryReader.unsigned(cell.bytes))) { return value }
        case (PGType.oid, 4):
            if let value = T(exactly: BinaryReader.unsigned(cell.bytes)) { return value }
        default: break
        }
    }
    throw T.mismatch(column)
}

extension Int16: PGDecodable {
    /// An integer that fits.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) { self = try integer(cell, column) }
}

extension Int32: PGDecodable {
    /// An integer that fits.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) { self = try integer(cell, column) }
}

extension Int64: PGDecodable {
    /// An integer that fits.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) { self = try integer(cell, column) }
}

extension Int: PGDecodable {
    /// An integer that fits.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) { self = try integer(cell, column) }
}

extension UInt32: PGDecodable {
    /// An `oid`, or an integer that fits.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) { self = try integer(cell, column) }
}

/// Reads a floating-point number.
private func floating(_ cell: PGCell, _ column: PGColumn) -> Double? {
    switch column.format {
    case .text:
        switch String(decoding: cell.bytes, as: UTF8.self) {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        case let text: return Double(text)
        }
    case .binary:
        switch (column.typeOID, cell.bytes.count) {
        case (PGType.float4, 4):
            return Double(Float(bitPattern: UInt32(truncatingIfNeeded: BinaryReader.unsigned(cell.bytes))))
        case (PGType.float8, 8): return Double(bitPattern: BinaryReader.unsigned(cell.bytes))
        default: return nil
        }
    }
}

extension Double: PGDecodable {
    /// A `float4` or `float8`; in text format also the nearest to an integer or `numeric`.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        guard let value = floating(try Self.present(cell, column), column) else { throw Self.mismatch(column) }
        self = value
    }
}

extension Float: PGDecodable {
    /// A `float4`; in text format also the nearest to any number.
    public init(decoding cell: PGCell?, column: PGColumn) throws(PGError) {
        let cell = try Self.present(cell, column)
        if column.format == .text, let value = Float(String(decoding: cell.bytes, as: UTF8.self)) {
            self = value
            return
        }
        guard column.typeOID != PGType.float8, let value = floating(cell, column) else { throw Self.mismatch(column) }
        self = Float(value)
    }
}
