/// Finds what PostgreSQL cannot be sent at all: NUL bytes and bytes that are not UTF-8.
enum TextCheck {
    /// The first fault of the text, or nil.
    static func fault(_ bytes: UnsafePointer<UInt8>, count: Int) -> LexicalFault? {
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = 0
        while index < count {
            // Eight bytes at once, as long as all are ASCII and none is NUL.
            while index + 8 <= count {
                let word = UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)
                if (word | ((word &- ones) & ~word)) & high != 0 { break }
                index += 8
            }
            guard index < count else { break }
            let byte = bytes[index]
            if byte == 0 {
                return LexicalFault(code: .nulByte, message: "The text holds a NUL byte.", offset: index)
            }
            if byte < 0x80 {
                index += 1
            } else {
                let length = sequenceLength(bytes + index, count - index)
                if length == 0 {
                    return LexicalFault(
                        code: .invalidUTF8, message: "The byte \(Lexer.show(byte)) here is not valid UTF-8.",
                        offset: index)
                }
                index += length
            }
        }
        return nil
    }

    /// The length of the valid multi-byte sequence at the pointer, or 0: no overlong forms, no surrogates, nothing above
    /// U+10FFFF (`pg_utf8_islegal`).
    private static func sequenceLength(_ bytes: UnsafePointer<UInt8>, _ available: Int) -> Int {
        func continuation(_ index: Int) -> Bool { index < available && bytes[index] & 0xC0 == 0x80 }
        switch bytes[0] {
        case 0xC2...0xDF: return continuation(1) ? 2 : 0
        case 0xE0...0xEF:
            guard continuation(1), continuation(2) else { return 0 }
            if bytes[0] == 0xE0, bytes[1] < 0xA0 { return 0 }
            if bytes[0] == 0xED, bytes[1] > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard continuation(1), continuation(2), continuation(3) else { return 0 }
            if bytes[0] == 0xF0, bytes[1] < 0x90 { return 0 }
            if bytes[0] == 0xF4, bytes[1] > 0x8F { return 0 }
            return 4
        default: return 0
        }
    }
}
