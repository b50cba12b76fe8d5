import AuthTokens
import Foundation
import Testing

@Suite("Rotation, backup and restore of the secret file")
struct SecretBackupTests {
    private let passphrase = "the quick red kayak"

    @Test("After a rotation the new key seals, and the old one opens still")
    func rotation() throws {
        try withFolder { folder in
            let path = folder + "/k"
            let first = try SecretFile.create(path: path)
            let sealed = try first.seal([1], for: .storedSecret, context: [])
            let rotated = try SecretFile.rotate(path: path)
            #expect(rotated.keyIDs.count == 2 && rotated.keyIDs[0] == first.keyIDs[0])
            let loaded = try SecretFile.load(path: path)
            #expect(loaded.keyIDs == rotated.keyIDs && loaded.keyDates.count == 2)
            #expect(try loaded.open(sealed, for: .storedSecret, context: []) == [1])
            let new = try loaded.seal([2], for: .storedSecret, context: [])
            #expect(new.hasPrefix("v1.\(rotated.keyIDs[1])."))
            #expect(throws: SealError.unknownKey) { try first.open(new, for: .storedSecret, context: []) }
            let (keyID, code) = first.authenticationCode(for: [7], purpose: .audit)
            #expect(loaded.isAuthentic(code, keyID: keyID, of: [7], purpose: .audit))
            #expect(try FilePermissions.of(path).mode == 0o600)
        }
    }

    @Test("A backup opens with its passphrase alone, and not when anything of it was changed")
    func backup() throws {
        let keys = SecretFile.ephemeral()
        let text = try SecretBackup.seal(keys, passphrase: passphrase, cost: .cheap)
        #expect(try SecretBackup.open(text, passphrase: passphrase).keyIDs == keys.keyIDs)
        #expect(throws: AccountError.self) { try SecretBackup.open(text, passphrase: passphrase + "s") }
        let bytes = Array(text.utf8)
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var altered = bytes
            altered[index] = altered[index] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
            #expect(throws: AccountError.self) {
                try SecretBackup.open(String(decoding: altered, as: UTF8.self), passphrase: passphrase)
            }
            #expect(throws: AccountError.self) {
                try SecretBackup.open(String(decoding: bytes[..<index], as: UTF8.self), passphrase: passphrase)
            }
        }
    }

    @Test("A weak passphrase is refused")
    func weak() {
        let error = #expect(throws: AccountError.self) {
            try SecretBackup.seal(.ephemeral(), passphrase: "short", cost: .cheap)
        }
        #expect(error?.description == "a passphrase has at least 12 characters")
    }

    @Test("A restore brings the keys back, and replaces keys that the backup lacks only when forced")
    func restore() throws {
        try withFolder { folder in
            let path = folder + "/k"
            let keys = try SecretFile.create(path: path)
            let text = try SecretBackup.seal(keys, passphrase: passphrase, cost: .cheap)
            try FileManager.default.removeItem(atPath: path)
            #expect(throws: AccountError.self) { try SecretBackup.restore(text, passphrase: "no", to: path) }
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try SecretBackup.restore(text, passphrase: passphrase, to: path).keyIDs == keys.keyIDs)
            #expect(try SecretBackup.restore(text, passphrase: passphrase, to: path).keyIDs == keys.keyIDs)
            let rotated = try SecretFile.rotate(path: path)
            let error = #expect(throws: AccountError.self) {
                try SecretBackup.restore(text, passphrase: passphrase, to: path)
            }
            #expect(error?.code == .exists)
            #expect(try SecretFile.load(path: path).keyIDs == rotated.keyIDs)
            try SecretBackup.restore(text, passphrase: passphrase, to: path, overwriting: true)
            #expect(try SecretFile.load(path: path).keyIDs == keys.keyIDs)
        }
    }
}
