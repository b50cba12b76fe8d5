/// The keys that seal what is stored and what is handed out: API keys and database passwords in the configuration,
/// approvals, the audit chain, sessions.
///
/// A file of 256-bit keys at mode 600, newest last. The newest seals; every one that is kept opens, so that a rotation
/// breaks nothing that was sealed before. Sealing is AES-256-GCM under a key that HKDF-SHA256 derives for the purpose, with
/// the purpose and the caller's context authenticated: what was sealed for one thing opens for no other.
public struct SecretFile: Sendable, CustomStringConvertible, CustomReflectable {
    /// What is sealed. Each purpose has keys of its own.
    public enum Purpose: String, Sendable, CaseIterable {
        /// A question to a person, and the answer.
        case approval
        /// The chain of the audit log.
        case audit
        /// A secret in the configuration (`enc:…`).
        case storedSecret = "stored-secret"
        /// Cookies and cross-site tokens of signed-in users.
        case session
    }

    /// The longest text that is sealed or opened, in bytes of plaintext.
    public static let maximumBytes = 1 << 20

    /// Whether the keys live no longer than the process: what they sealed cannot be opened after a restart.
    public let isEphemeral: Bool
    /// Never empty; the newest is the last.
    let keys: [SecretKey]

    init(keys: [SecretKey], isEphemeral: Bool) {
        self.keys = keys
        self.isEphemeral = isEphemeral
    }

    /// Keys that live as long as the process: approvals after a restart are asked again.
    public static func ephemeral() -> SecretFile {
        SecretFile(keys: [.random(created: Timestamp.now.text)], isEphemeral: true)
    }

    /// The identifiers of the keys, oldest first; the last one seals. No secrets.
    public var keyIDs: [String] { keys.map(\.id) }

    /// Seals bytes with the newest key.
    ///
    /// - Parameters:
    ///   - plaintext: What to seal, at most ``maximumBytes``.
    ///   - purpose: What it is for.
    ///   - context: What else must be the same when it is opened, for example the name of the setting; not secret, not kept.
    /// - Returns: `v1.<key id>.<base64url>`.
    /// - Throws: ``SealError/tooLong``.
    public func seal(_ plaintext: [UInt8], for purpose: Purpose, context: [UInt8]) throws(SealError) -> String {
        guard plaintext.count <= Self.maximumBytes, let key = keys.last else { throw .tooLong }
        let bound = Self.authenticated(purpose, context, keyID: key.id)
        guard let sealed = try? key.seal(plaintext, for: purpose, authenticating: bound) else { throw .tooLong }
        return "v1.\(key.id).\(Base64URL.encode(sealed))"
    }

    /// Opens what ``seal(_:for:context:)`` made, with whichever key it names.
    ///
    /// - Parameters:
    ///   - text: The sealed text, from anybody.
    ///   - purpose: What it must be for.
    ///   - context: The same as at sealing.
    /// - Returns: What was sealed.
    /// - Throws: ``SealError``: not such a text, sealed with a key that is not here, or altered.
    public func open(_ text: String, for purpose: Purpose, context: [UInt8]) throws(SealError) -> [UInt8] {
        guard text.utf8.count <= Self.maximumBytes * 2 else { throw .malformed }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("v1".utf8), let sealed = Base64URL.decode(parts[2]),
            sealed.count >= 28
        else { throw .malformed }
        guard let key = keys.first(where: { $0.id.utf8.elementsEqual(parts[1]) }) else { throw .unknownKey }
        let bound = Self.authenticated(purpose, context, keyID: key.id)
        guard let plaintext = key.open(sealed, for: purpose, authenticating: bound) else { throw .notAuthentic }
        return plaintext
    }

    /// A code (HMAC-SHA256) by which the holder of the file alone can tell that bytes are unaltered.
    ///
    /// - Parameters:
    ///   - bytes: What to authenticate.
    ///   - purpose: What it is for.
    /// - Returns: The identifier of the newest key, and 32 bytes.
    public func authenticationCode(for bytes: [UInt8], purpose: Purpose) -> (keyID: String, code: [UInt8]) {
        // An initialiser is not public and every maker gives a key; an empty code authenticates nothing.
        guard let key = keys.last else { return ("", []) }
        return (key.id, key.code(for: bytes, purpose: purpose))
    }

    /// Whether `code` is that of `bytes` by the key `keyID`, compared in constant time.
    ///
    /// - Parameters:
    ///   - code: What ``authenticationCode(for:purpose:)`` returned.
    ///   - keyID: The key that it named.
    ///   - bytes: The bytes.
    ///   - purpose: What it must be for.
    /// - Returns: `false` also when no such key is kept.
    public func isAuthentic(_ code: [UInt8], keyID: String, of bytes: [UInt8], purpose: Purpose) -> Bool {
        guard let key = keys.first(where: { $0.id == keyID }) else { return false }
        return key.isAuthentic(code, of: bytes, purpose: purpose)
    }

    /// Version, key, purpose and context, each with its length before it, so that no two of them run into one another.
    private static func authenticated(_ purpose: Purpose, _ context: [UInt8], keyID: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in [Array("v1".utf8), Array(keyID.utf8), Array(purpose.rawValue.utf8), context] {
            withUnsafeBytes(of: UInt64(part.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part)
        }
        return bytes
    }

    /// How many keys, never which.
    public var description: String {
        isEphemeral ? "keys of this process" : "\(keys.count) key\(keys.count == 1 ? "" : "s")"
    }

    /// Hides the keys from `dump` and from reflection.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a sealed text does not open.
public enum SealError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is not a sealed text.
    case malformed
    /// It was sealed with a key that the secret file does not hold.
    case unknownKey
    /// It was altered, or sealed for another purpose or in another context.
    case notAuthentic
    /// There is more to seal than ``SecretFile/maximumBytes``.
    case tooLong

    /// For a person, without anything of the text.
    public var description: String {
        switch self {
        case .malformed: "it is not a sealed text (v1.<key>.<base64url>)"
        case .unknownKey: "it was sealed with a key that the secret file does not hold"
        case .notAuthentic: "it was altered, or sealed for something else"
        case .tooLong: "it is longer than \(SecretFile.maximumBytes) bytes"
        }
    }
}
