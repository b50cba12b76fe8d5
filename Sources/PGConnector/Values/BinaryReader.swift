/// Reads PostgreSQL's binary formats: big-endian, never past the end.
struct BinaryReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, rest.count >= count else { return nil }
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return taken
    }

    mutating func int16() -> Int16? { bytes(2).map { Int16(truncatingIfNeeded: Self.unsigned($0)) } }
    mutating func int32() -> Int32? { bytes(4).map { Int32(truncatingIfNeeded: Self.unsigned($0)) } }
    mutating func uint32() -> UInt32? { bytes(4).map { UInt32(truncatingIfNeeded: Self.unsigned($0)) } }

    /// Up to eight bytes as a number.
    static func unsigned(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
