internal import Crypto

/// One 256-bit key of a secret file. Its bytes are never used themselves: each purpose has keys derived from them.
struct SecretKey: Sendable {
    /// The size of a key, in bytes.
    static let byteCount = 32

    /// What names the key in sealed texts: the start of a digest of the key, so that a damaged key is noticed.
    let id: String
    /// When the key was made, as the file says it.
    let created: String
    private let material: SymmetricKey

    /// Makes a key of given bytes.
    ///
    /// - Parameters:
    ///   - bytes: 32 bytes.
    ///   - created: When it was made (RFC 3339).
    init?(bytes: [UInt8], created: String) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(material: SymmetricKey(data: bytes), created: created)
    }

    private init(material: SymmetricKey, created: String) {
        self.material = material
        self.created = created
        self.id = Digest.hexadecimal(
            material.withUnsafeBytes { Digest.sha256(Array("postgres-agent key id\0".utf8) + Array($0)) }.prefix(4))
    }

    /// Makes a new key.
    static func random(created: String) -> SecretKey {
        SecretKey(material: SymmetricKey(size: .bits256), created: created)
    }

    /// The bytes, for the file.
    var bytes: [UInt8] { material.withUnsafeBytes { Array($0) } }

    /// What a derived key is for: no key both encrypts and authenticates.
    private enum Use: String { case seal, code }

    /// HKDF-SHA256 (RFC 5869) with the purpose and the use as its info.
    private func derived(_ use: Use, _ purpose: SecretFile.Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material, salt: Array("postgres-agent/secret-file/v1".utf8),
            info: Array("\(use.rawValue)/\(purpose.rawValue)".utf8), outputByteCount: 32)
    }

    /// AES-256-GCM with a random nonce; nonce, ciphertext and tag in this order.
    func seal(_ plaintext: [UInt8], for purpose: SecretFile.Purpose, authenticating: [UInt8]) throws -> [UInt8] {
        let box = try AES.GCM.seal(plaintext, using: derived(.seal, purpose), authenticating: authenticating)
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    /// Opens what ``seal(_:for:authenticating:)`` made; `nil` when it is not authentic.
    func open(_ sealed: [UInt8], for purpose: SecretFile.Purpose, authenticating: [UInt8]) -> [UInt8]? {
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: sealed.prefix(12)), ciphertext: sealed.dropFirst(12).dropLast(16),
                tag: sealed.suffix(16))
            return Array(try AES.GCM.open(box, using: derived(.seal, purpose), authenticating: authenticating))
        } catch {
            return nil
        }
    }

    /// HMAC-SHA256 of `bytes`.
    func code(for bytes: [UInt8], purpose: SecretFile.Purpose) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: derived(.code, purpose)))
    }

    /// The key of ``code(for:purpose:)``, for whoever makes many codes: to derive it takes longer than a code.
    func codeKey(for purpose: SecretFile.Purpose) -> SymmetricKey { derived(.code, purpose) }

    /// Whether `code` is that of `bytes`, compared in constant time.
    func isAuthentic(_ code: [UInt8], of bytes: [UInt8], purpose: SecretFile.Purpose) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: derived(.code, purpose))
    }
}
