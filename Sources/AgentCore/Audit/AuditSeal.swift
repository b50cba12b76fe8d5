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
        guard let keys else { return Self.digestName + [UInt8(ascii: ":")] + Digest.hexadecimalDigits(digest) }
        let (keyID, code) = keys.code(for: Self.labelled(digest, kind))
        return Array(keyID.utf8) + [UInt8(ascii: ":")] + Digest.hexadecimalDigits(code)
    }

    /// Checks a seal.
    func check(_ seal: ArraySlice<UInt8>, on digest: [UInt8], _ kind: Kind) -> Finding {
        guard let colon = seal.firstIndex(of: UInt8(ascii: ":")) else { return .broken }
        let name = seal[..<colon]
        let code = seal[(colon + 1)...]
        if name.elementsEqual(Self.digestName) {
            return code.elementsEqual(Digest.hexadecimalDigits(digest)) ? .digestOnly : .broken
        }
        // Each seal has one spelling, in small letters, so that no changed letter goes unnoticed.
        guard let bytes = Digest.bytes(hexadecimal: String(decoding: code, as: UTF8.self)), bytes.count == 32,
            code.elementsEqual(Digest.hexadecimalDigits(bytes)), name.count <= 64
        else { return .broken }
        guard let keys else { return .unchecked }
        let keyID = String(decoding: name, as: UTF8.self)
        guard keys.holds(keyID) else { return .unknownKey(keyID) }
        return keys.isAuthentic(bytes, keyID: keyID, of: Self.labelled(digest, kind)) ? .authentic : .broken
    }

    private static func labelled(_ digest: [UInt8], _ kind: Kind) -> [UInt8] {
        Array("postgres-agent audit \(kind.rawValue) 1\u{0}".utf8) + digest
    }
}
