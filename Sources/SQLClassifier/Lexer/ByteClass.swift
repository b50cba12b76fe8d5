/// The character classes of PostgreSQL's `scan.l`, over bytes.
///
/// Bytes from 0x80 on belong to identifiers and to the tags of dollar quotes. A vertical tab is white space since
/// version 16 and a syntax error before.
extension UInt8 {
    @inline(__always) var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
    @inline(__always) var isNewline: Bool { self == 0x0A || self == 0x0D }
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isOctalDigit: Bool { self &- 0x30 < 8 }
    @inline(__always) var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
    @inline(__always) var isIdentifierStart: Bool { (self | 0x20) &- 0x61 < 26 || self >= 0x80 || self == 0x5F }
    @inline(__always) var isIdentifierPart: Bool { isIdentifierStart || isDigit || self == 0x24 }
    @inline(__always) var isTagPart: Bool { isIdentifierStart || isDigit }

    /// The value of a hexadecimal digit.
    @inline(__always) var hexValue: UInt32 {
        isDigit ? UInt32(self &- 0x30) : UInt32((self | 0x20) &- 0x61 &+ 10)
    }

    /// `~ ! @ # ^ & | ` ? + - * / % < > =`
    @inline(__always) var isOperator: Bool {
        switch self {
        case 0x7E, 0x21, 0x40, 0x23, 0x5E, 0x26, 0x7C, 0x60, 0x3F, 0x2B, 0x2D, 0x2A, 0x2F, 0x25, 0x3C, 0x3E, 0x3D: true
        default: false
        }
    }

    /// The operator characters that the SQL standard does not use: with one of them an operator may end in + or -.
    @inline(__always) var isNonStandardOperator: Bool {
        switch self {
        case 0x7E, 0x21, 0x40, 0x23, 0x5E, 0x26, 0x7C, 0x60, 0x3F, 0x25: true
        default: false
        }
    }
}
