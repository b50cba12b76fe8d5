internal import Crypto
internal import CryptoExtras

/// A password as it is kept: scrypt (RFC 7914) with its parameters and salt, in the PHC string format,
/// `$scrypt$ln=15,r=8,p=1$salt$hash`.
public struct PasswordHash: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// What scrypt costs: `2^cost` rounds over blocks of 128·`blockSize` bytes, `parallelism` times.
    public struct Cost: Sendable, Hashable {
        /// The logarithm of N.
        public let cost: Int
        /// r.
        public let blockSize: Int
        /// p.
        public let parallelism: Int

        /// N = 2^15, r = 8, p = 1: 32 MiB, around a tenth of a second.
        public static let standard = Cost(15, 8, 1)

        /// Makes a cost.
        ///
        /// - Parameters:
        ///   - cost: The logarithm of N, 10 to 20.
        ///   - blockSize: r, 1 to 32.
        ///   - parallelism: p, 1 to 16.
        /// - Returns: `nil` for other numbers, or more than 256 MiB: a file must not be able to fill the memory.
        public init?(cost: Int, blockSize: Int, parallelism: Int) {
            guard (10...20).contains(cost), (1...32).contains(blockSize), (1...16).contains(parallelism),
                128 * blockSize << cost <= 256 << 20
            else { return nil }
            self.init(cost, blockSize, parallelism)
        }

        private init(_ cost: Int, _ blockSize: Int, _ parallelism: Int) {
            self.cost = cost
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// Roughly the work, to compare.
        var work: Int { blockSize * parallelism << cost }
    }

    /// What it costs to try a password.
    public let cost: Cost
    let salt: [UInt8]
    let hash: [UInt8]

    /// Hashes a password. Takes a tenth of a second of a core and 32 MiB at the standard cost.
    ///
    /// - Parameters:
    ///   - password: The password; its UTF-8 counts, as it is.
    ///   - cost: What it shall cost.
    /// - Throws: ``AccountError`` when there is no memory for it.
    public init(of password: String, cost: Cost = .standard) throws(AccountError) {
        let salt = RandomBytes.make(16)
        self.init(cost: cost, salt: salt, hash: try Self.derive(Array(password.utf8), salt, cost, 32))
    }

    private init(cost: Cost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    /// Reads what ``text`` wrote; `nil` for anything else.
    public init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard text.utf8.count <= 300, parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        var numbers: [Substring: Int] = [:]
        for parameter in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
            let pair = parameter.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let number = Int(pair[1]), numbers.updateValue(number, forKey: pair[0]) == nil else {
                return nil
            }
        }
        guard numbers.count == 3, let logarithm = numbers["ln"], let blockSize = numbers["r"],
            let parallel = numbers["p"],
            let cost = Cost(cost: logarithm, blockSize: blockSize, parallelism: parallel),
            let salt = Base64URL.decode(Self.exchanged(parts[3], "+/", "-_")), (8...64).contains(salt.count),
            let hash = Base64URL.decode(Self.exchanged(parts[4], "+/", "-_")), (16...64).contains(hash.count)
        else { return nil }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    /// The PHC string.
    public var text: String {
        let salt = String(decoding: Self.exchanged(Base64URL.encode(salt), "-_", "+/"), as: UTF8.self)
        let hash = String(decoding: Self.exchanged(Base64URL.encode(hash), "-_", "+/"), as: UTF8.self)
        return "$scrypt$ln=\(cost.cost),r=\(cost.blockSize),p=\(cost.parallelism)$\(salt)$\(hash)"
    }

    /// Whether `password` is the one, in constant time but for scrypt's own. Costs what making the hash did.
    public func matches(_ password: String) -> Bool {
        guard let derived = try? Self.derive(Array(password.utf8), salt, cost, hash.count) else { return false }
        return Digest.areEqual(derived, hash)
    }

    /// Tells passwords apart without being one: sessions end when it changes.
    var fingerprint: String { Digest.hexadecimal(Digest.sha256(text.utf8).prefix(8)) }

    /// Bytes that no password gives, at a cost: for names that do not exist.
    static func decoy(_ cost: Cost) -> PasswordHash {
        PasswordHash(cost: cost, salt: RandomBytes.make(16), hash: RandomBytes.make(32))
    }

    /// scrypt itself.
    static func derive(
        _ password: [UInt8], _ salt: [UInt8], _ cost: Cost, _ count: Int
    ) throws(AccountError) -> [UInt8] {
        do {
            let key = try KDF.Scrypt.deriveKey(
                from: password, salt: salt, outputByteCount: count, rounds: 1 << cost.cost, blockSize: cost.blockSize,
                parallelism: cost.parallelism)
            return key.withUnsafeBytes { Array($0) }
        } catch {
            throw .invalid("the password cannot be hashed: there is not enough memory")
        }
    }

    private static func exchanged(_ text: some StringProtocol, _ from: String, _ to: String) -> [UInt8] {
        text.utf8.map { byte in
            zip(from.utf8, to.utf8).first { $0.0 == byte }?.1 ?? byte
        }
    }

    /// Not the hash: it is for one file alone.
    public var description: String { "scrypt" }

    /// Hides the hash from `dump` and from reflection.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
