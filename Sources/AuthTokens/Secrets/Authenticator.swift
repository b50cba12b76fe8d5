internal import Crypto

extension SecretFile {
    /// The keys that authenticate for one purpose, derived once: for whoever makes or checks many codes.
    ///
    /// - Parameter purpose: What the codes are for.
    public func authenticator(for purpose: Purpose) -> Authenticator {
        Authenticator(keys: keys.map { ($0.id, $0.codeKey(for: purpose)) })
    }

    /// Makes and checks codes as ``SecretFile/authenticationCode(for:purpose:)`` does, for one purpose.
    public struct Authenticator: Sendable, CustomStringConvertible, CustomReflectable {
        /// Oldest first, each with what the key alone makes of a code: that is a third of the work for a short text.
        private let keys: [(id: String, begun: HMAC<SHA256>)]

        init(keys: [(id: String, key: SymmetricKey)]) { self.keys = keys.map { ($0.id, HMAC(key: $0.key)) } }

        /// Whether a key is kept.
        ///
        /// - Parameter keyID: Its identifier.
        public func holds(_ keyID: String) -> Bool { keys.contains { $0.id == keyID } }

        /// The code of bytes by the newest key.
        ///
        /// - Parameter bytes: What to authenticate.
        /// - Returns: The identifier of the key, and 32 bytes.
        public func code(for bytes: [UInt8]) -> (keyID: String, code: [UInt8]) {
            guard let newest = keys.last else { return ("", []) }
            return (newest.id, Self.code(newest.begun, bytes))
        }

        /// Whether `code` is that of `bytes` by the key `keyID`, compared in constant time.
        ///
        /// - Parameters:
        ///   - code: The code.
        ///   - keyID: The key that made it.
        ///   - bytes: The bytes.
        /// - Returns: `false` also when no such key is kept.
        public func isAuthentic(_ code: [UInt8], keyID: String, of bytes: [UInt8]) -> Bool {
            guard let begun = keys.first(where: { $0.id == keyID })?.begun else { return false }
            return Digest.areEqual(code, Self.code(begun, bytes))
        }

        private static func code(_ begun: HMAC<SHA256>, _ bytes: [UInt8]) -> [UInt8] {
            var code = begun
            code.update(data: bytes)
            return Array(code.finalize())
        }

        /// How many keys, never which.
        public var description: String { "\(keys.count) key\(keys.count == 1 ? "" : "s")" }

        /// Hides the keys from `dump` and from reflection.
        public var customMirror: Mirror { Mirror(self, children: []) }
    }
}
