internal import Crypto

/// Digests, without a cryptographic type in the signature.
public enum Digest {
    /// The SHA-256 of `bytes` (FIPS 180-4).
    ///
    /// - Parameter bytes: What to digest; a contiguous collection is read in place.
    /// - Returns: 32 bytes.
    public static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var stream = SHA256Stream()
        stream.update(bytes)
        return stream.finalized()
    }

    /// The SHA-256 of bytes that come in pieces.
    public struct SHA256Stream: Sendable {
        private var hasher = SHA256()

        /// Makes a digest of nothing so far.
        public init() {}

        /// Adds a piece.
        ///
        /// - Parameter bytes: The next bytes.
        public mutating func update(_ bytes: some Sequence<UInt8>) {
            let isContiguous: Void? = bytes.withContiguousStorageIfAvailable {
                hasher.update(bufferPointer: UnsafeRawBufferPointer($0))
            }
            if isContiguous == nil {
                Array(bytes).withUnsafeBytes { hasher.update(bufferPointer: $0) }
            }
        }

        /// The digest of what was added so far; more may be added afterwards.
        ///
        /// - Returns: 32 bytes.
        public func finalized() -> [UInt8] {
            Array(hasher.finalize())
        }
    }

    /// Whether two byte strings are equal, in a time that depends on their lengths alone.
    ///
    /// - Parameters:
    ///   - first: One of them.
    ///   - second: The other.
    public static func areEqual(_ first: some Collection<UInt8>, _ second: some Collection<UInt8>) -> Bool {
        guard first.count == second.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(first, second) { difference |= one ^ other }
        return difference == 0
    }

    /// Bytes in lower-case hexadecimal digits.
    public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: hexadecimalDigits(Array(bytes)), as: UTF8.self)
    }

    private static let alphabet = Array("0123456789abcdef".utf8)

    /// The lower-case hexadecimal digits of bytes, as ASCII.
    public static func hexadecimalDigits(_ bytes: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            digits.append(alphabet[Int(byte >> 4)])
            digits.append(alphabet[Int(byte & 15)])
        }
        return digits
    }

    /// The bytes that hexadecimal digits, of either case, say; `nil` when `text` is anything else.
    public static func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text.utf8 {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
