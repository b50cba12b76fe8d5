internal import AuthTokens

/// How the lines and the head of an audit log are sealed: by a key of the secret file, or without one by a digest alone.
///
/// A digest finds what was damaged or edited carelessly; somebody who may write the file can make it again. Only the key
/// finds them.
struct AuditSeal: Sendable {
    /// What is sealed. A seal on one kind is none on the other.
    enum Kind: String {
        case line, head
    }

    /// What a check of a seal found.
    enum Finding: Equatable {
        /// Sealed with a key that is known.
        case authentic
        /// Sealed with the digest alone, which fits.
        case digestOnly
        /// Sealed with a key, and no keys were given.
        case unchecked
        /// Sealed with a key that is not among those given.
        case unknownKey(String)
        /// The seal does not fit what it stands on.
        case broken
    }

    private let keys: SecretFile.Authenticator?

    /// Seals with the newest key of `secret`, or with a digest alone.
    init(_ secret: SecretFile?) { keys = secret?.authenticator(for: .audit) }

    /// Whether there is a key.
    var hasKey: Bool { keys != nil }

    /// What stands for the key in a seal without one. No key has this name: they are eight hexadecimal digits.
    private static let digestName = Array("sha256".utf8)

    /// The seal on a digest, `key:hex` or `sha256:hex`.
    func seal(_ digest: [UInt8], _ kind: Kind) -> [UInt8] {
        guard let keys else { return Self.digestName + [UInt8(ascii: ":")] + Hexadecimal.digits(digest) }
        let (keyID, code) = keys.code(for: Self.labelled(digest, kind))
        return Array(keyID.utf8) + [UInt8(ascii: ":")] + Hexadecimal.digits(code)
    }

    /// Checks a seal.
    func check(_ seal: ArraySlice<UInt8>, on digest: [UInt8], _ kind: Kind) -> Finding {
        guard let colon = seal.firstIndex(of: UInt8(ascii: ":")) else { return .broken }
        let name = seal[..<colon]
        let code = seal[(colon + 1)...]
        if name.elementsEqual(Self.digestName) {
            return code.elementsEqual(Hexadecimal.digits(digest)) ? .digestOnly : .broken
        }
        guard let bytes = Hexadecimal.bytes(code), bytes.count == 32, name.count <= 64 else { return .broken }
        guard let keys else { return .unchecked }
        let keyID = String(decoding: name, as: UTF8.self)
        guard keys.holds(keyID) else { return .unknownKey(keyID) }
        return keys.isAuthentic(bytes, keyID: keyID, of: Self.labelled(digest, kind)) ? .authentic : .broken
    }

    private static func labelled(_ digest: [UInt8], _ kind: Kind) -> [UInt8] {
        Array("postgres-agent audit \(kind.rawValue) 1\u{0}".utf8) + digest
    }
}

/// Lower-case hexadecimal digits, and nothing else: each byte string has one spelling, so that no changed letter goes
/// unnoticed.
enum Hexadecimal {
    private static let alphabet = Array("0123456789abcdef".utf8)

    static func digits(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(alphabet[Int(byte >> 4)])
            text.append(alphabet[Int(byte & 15)])
        }
        return text
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: digits(bytes), as: UTF8.self) }

    static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
