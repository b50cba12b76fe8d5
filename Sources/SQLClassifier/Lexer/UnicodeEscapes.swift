/// The escapes of `U&"…"` and `U&'…'` (`str_udeescape` in `src/backend/parser/parser.c`): the escape character twice,
/// or before four hexadecimal digits, or before `+` and six.
enum UnicodeEscapes {
    /// One step through the contents.
    private struct Step {
        var scalar: UInt32
        var length: Int
        var isEscape: Bool
    }

    /// The offset of the first escape that is not valid, or nil.
    static func fault(_ bytes: UnsafePointer<UInt8>, _ contents: Range<Int>, escape: UInt8) -> Int? {
        walk(bytes, contents, escape: escape) { _ in }
    }

    /// The contents of a `U&"…"` with escapes resolved, in UTF-8, doubled quotes made one.
    static func resolve(_ bytes: UnsafePointer<UInt8>, _ contents: Range<Int>, escape: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        _ = walk(bytes, contents, escape: escape) { result.append($0) }
        return result
    }

    private static func walk(
        _ bytes: UnsafePointer<UInt8>, _ contents: Range<Int>, escape: UInt8, _ yield: (UInt8) -> Void
    ) -> Int? {
        var index = contents.lowerBound
        var high: UInt32 = 0
        while index < contents.upperBound {
            let byte = bytes[index]
            if byte != escape {
                if high != 0 { return index }
                yield(byte)
                let doubled = byte == UInt8(ascii: "\"") && index + 1 < contents.upperBound && bytes[index + 1] == byte
                index += doubled ? 2 : 1
                continue
            }
            if index + 1 < contents.upperBound, bytes[index + 1] == escape {
                if high != 0 { return index }
                yield(escape)
                index += 2
                continue
            }
            guard let (scalar, length) = escapeValue(bytes, index + 1, contents.upperBound) else { return index }
            if high != 0 {
                guard scalar & 0xFFFF_FC00 == 0xDC00 else { return index }
                append(0x10000 + ((high & 0x3FF) << 10) + (scalar & 0x3FF), yield)
                high = 0
            } else if scalar & 0xFFFF_FC00 == 0xD800 {
                high = scalar
            } else {
                guard scalar != 0, scalar <= 0x10FFFF, scalar & 0xFFFF_FC00 != 0xDC00 else { return index }
                append(scalar, yield)
            }
            index += 1 + length
        }
        return high == 0 ? nil : contents.upperBound
    }

    private static func escapeValue(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> (UInt32, Int)? {
        let plus = start < end && bytes[start] == UInt8(ascii: "+")
        let digits = plus ? 6 : 4
        let first = plus ? start + 1 : start
        guard first + digits <= end else { return nil }
        var value: UInt32 = 0
        for index in first..<first + digits {
            guard bytes[index].isHexDigit else { return nil }
            value = value << 4 | bytes[index].hexValue
        }
        return (value, first + digits - start)
    }

    private static func append(_ value: UInt32, _ yield: (UInt8) -> Void) {
        guard let scalar = Unicode.Scalar(value) else { return }
        for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { yield(unit) }
    }
}
