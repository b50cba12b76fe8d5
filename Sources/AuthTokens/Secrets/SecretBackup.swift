internal import Crypto

/// A copy of a secret file under a passphrase, to be kept elsewhere.
///
/// A text file: a first line `postgres-agent-secret-backup 1`, one with the parameters and the salt of scrypt, one with nonce,
/// ciphertext and tag of AES-256-GCM in base64url. The lines before the ciphertext are authenticated with it.
public enum SecretBackup {
    /// The shortest passphrase, in characters.
    public static let minimumLength = 12
    private static let header = "postgres-agent-secret-backup 1"
    /// N = 2^17: 128 MiB and half a second for each guess. Done once a quarter, not once a login.
    private static let cost = PasswordHash.Cost(cost: 17, blockSize: 8, parallelism: 1)

    /// Seals the keys.
    ///
    /// - Parameters:
    ///   - keys: What to back up.
    ///   - passphrase: At least ``minimumLength`` characters.
    ///   - cost: What a guess at the passphrase shall cost; 2^17 rounds by default.
    /// - Returns: The text of the backup.
    /// - Throws: ``AccountError`` when the passphrase is too weak.
    public static func seal(
        _ keys: SecretFile, passphrase: String, cost: PasswordHash.Cost? = nil
    ) throws(AccountError) -> String {
        if let objection = PasswordRules.objection(to: passphrase, for: "") {
            throw .invalid(objection.replacingWord("password", by: "passphrase"))
        }
        let cost = cost ?? Self.cost ?? .standard
        let salt = RandomBytes.make(16)
        let head =
            "\(header)\nscrypt \(cost.cost) \(cost.blockSize) \(cost.parallelism) \(Base64URL.encode(salt))\n"
        let key = SymmetricKey(data: try PasswordHash.derive(Array(passphrase.utf8), salt, cost, 32))
        guard let box = try? AES.GCM.seal(keys.contents, using: key, authenticating: Array(head.utf8)),
            let sealed = box.combined
        else { throw .invalid("the keys cannot be sealed") }
        return head + Base64URL.encode(sealed) + "\n"
    }

    /// Opens a backup and checks that it holds keys.
    ///
    /// - Parameters:
    ///   - text: The text of the backup.
    ///   - passphrase: The passphrase.
    /// - Returns: The keys.
    /// - Throws: ``AccountError`` when it is no backup, the passphrase is another, or it was altered.
    public static func open(_ text: String, passphrase: String) throws(AccountError) -> SecretFile {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, lines[0] == header else {
            throw .invalid("this is not a whole backup of a secret file")
        }
        let words = lines[1].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 5, words[0] == "scrypt", let logarithm = Int(words[1]), let blockSize = Int(words[2]),
            let parallelism = Int(words[3]),
            let cost = PasswordHash.Cost(cost: logarithm, blockSize: blockSize, parallelism: parallelism),
            let salt = Base64URL.decode(words[4].utf8), let sealed = Base64URL.decode(lines[2].utf8)
        else { throw .invalid("the backup is damaged") }
        let key = SymmetricKey(data: try PasswordHash.derive(Array(passphrase.utf8), salt, cost, 32))
        let head = Array("\(lines[0])\n\(lines[1])\n".utf8)
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let contents = try? AES.GCM.open(box, using: key, authenticating: head)
        else { throw .invalid("the passphrase is another one, or the backup was altered") }
        do {
            return try SecretFile.parse(Array(contents), path: "backup")
        } catch {
            throw .invalid("the backup holds no keys: \(error.description)")
        }
    }

    /// Puts the keys of a backup in a secret file. The backup is opened and checked before anything is replaced.
    ///
    /// - Parameters:
    ///   - text: The text of the backup.
    ///   - passphrase: The passphrase.
    ///   - path: The secret file.
    ///   - overwriting: Whether one that holds keys that the backup lacks is replaced.
    /// - Returns: The keys.
    /// - Throws: ``AccountError``; the file is as it was then.
    @discardableResult
    public static func restore(
        _ text: String, passphrase: String, to path: String, overwriting: Bool = false
    ) throws(AccountError) -> SecretFile {
        let keys = try open(text, passphrase: passphrase)
        let target = FileName.resolved(path)
        do {
            return try SecretFile.locked(target) { () throws(SecretFileError) in
                do throws(SecretFileError) {
                    let present = try SecretFile.load(path: target)
                    let isCovered = Set(present.keyIDs).isSubset(of: keys.keyIDs)
                    guard overwriting || isCovered else { throw SecretFileError(.alreadyThere, path) }
                } catch {
                    guard error.isMissing || (overwriting && error.code != .alreadyThere) else { throw error }
                }
                try keys.replace(target)
                return try SecretFile.load(path: target)
            }
        } catch {
            switch error.code {
            case .alreadyThere:
                throw AccountError(
                    .exists, "\(path) holds keys that the backup lacks: what they sealed could not be opened any more")
            case .unreadable(let failure): throw AccountError(failure)
            case .exposed: throw AccountError(.exposed, error.description)
            case .malformed: throw .invalid(error.description)
            }
        }
    }
}

extension String {
    fileprivate func replacingWord(_ word: String, by other: String) -> String {
        split(separator: " ", omittingEmptySubsequences: false).map { $0 == word ? other : String($0) }
            .joined(separator: " ")
    }
}
