import AuthTokens
import Foundation
import Testing

@Suite("The secret file")
struct SecretFileTests {
    private let context = Array("databases.shop.password".utf8)

    @Test("A new file is private, holds one key, and is not made twice")
    func create() throws {
        try withFolder { folder in
            let path = folder + "/secret.key"
            let made = try SecretFile.create(path: path)
            #expect(try FilePermissions.of(path).mode == 0o600)
            #expect(made.keyIDs.count == 1)
            #expect(!made.isEphemeral)
            #expect(try SecretFile.load(path: path).keyIDs == made.keyIDs)
            let error = #expect(throws: SecretFileError.self) { try SecretFile.create(path: path) }
            #expect(error?.code == .alreadyThere)
            #expect(try SecretFile.load(path: path).keyIDs == made.keyIDs)
        }
    }

    @Test("What one process sealed another one opens")
    func reopened() throws {
        try withFolder { folder in
            let sealed = try SecretFile.create(path: folder + "/k").seal(
                Array("hunter2".utf8), for: .storedSecret, context: context)
            let opened = try SecretFile.load(path: folder + "/k").open(sealed, for: .storedSecret, context: context)
            #expect(String(decoding: opened, as: UTF8.self) == "hunter2")
        }
    }

    @Test("A sealed text names version and key, differs each time, and shows nothing", arguments: [0, 1, 31, 32, 1000])
    func text(count: Int) throws {
        let keys = SecretFile.ephemeral()
        let plaintext = [UInt8](repeating: 65, count: count)
        let first = try keys.seal(plaintext, for: .approval, context: [])
        #expect(first.hasPrefix("v1.\(keys.keyIDs[0])."))
        #expect(try first != keys.seal(plaintext, for: .approval, context: []))
        #expect(try keys.open(first, for: .approval, context: []) == plaintext)
    }

    @Test("What was sealed for one purpose opens for no other", arguments: SecretFile.Purpose.allCases)
    func purposes(purpose: SecretFile.Purpose) throws {
        let keys = SecretFile.ephemeral()
        let sealed = try keys.seal([1, 2, 3], for: purpose, context: context)
        for other in SecretFile.Purpose.allCases where other != purpose {
            #expect(throws: SealError.notAuthentic) { try keys.open(sealed, for: other, context: context) }
        }
        #expect(throws: SealError.notAuthentic) { try keys.open(sealed, for: purpose, context: context + [0]) }
        #expect(throws: SealError.unknownKey) {
            try SecretFile.ephemeral().open(sealed, for: purpose, context: context)
        }
    }

    @Test("Not one character of a sealed text can be changed, left out or doubled")
    func everyCharacter() throws {
        let keys = SecretFile.ephemeral()
        let sealed = Array(try keys.seal([1, 2, 3, 4, 5], for: .approval, context: context).utf8)
        for index in sealed.indices {
            var changed = sealed
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            var shorter = sealed
            shorter.remove(at: index)
            var longer = sealed
            longer.insert(sealed[index], at: index)
            for bytes in [changed, shorter, longer] where bytes != sealed {
                #expect(throws: SealError.self) {
                    try keys.open(String(decoding: bytes, as: UTF8.self), for: .approval, context: context)
                }
            }
        }
    }

    @Test(
        "Text that was never sealed is malformed",
        arguments: ["", "v1", "v1..", "v2.aaaaaaaa.AAAA", "....", "v1.a.b.c", "é"])
    func malformed(text: String) {
        #expect(throws: SealError.malformed) { try SecretFile.ephemeral().open(text, for: .approval, context: []) }
    }

    @Test("There is a bound on what is sealed")
    func bound() {
        let long = [UInt8](repeating: 0, count: SecretFile.maximumBytes + 1)
        #expect(throws: SealError.tooLong) { try SecretFile.ephemeral().seal(long, for: .approval, context: []) }
    }

    @Test("An authentication code holds for its bytes, purpose and key alone")
    func codes() {
        let keys = SecretFile.ephemeral()
        let (keyID, code) = keys.authenticationCode(for: [1, 2, 3], purpose: .audit)
        #expect(code.count == 32)
        #expect(keys.isAuthentic(code, keyID: keyID, of: [1, 2, 3], purpose: .audit))
        #expect(!keys.isAuthentic(code, keyID: keyID, of: [1, 2, 4], purpose: .audit))
        #expect(!keys.isAuthentic(code, keyID: keyID, of: [1, 2, 3], purpose: .session))
        #expect(!keys.isAuthentic(code, keyID: "00000000", of: [1, 2, 3], purpose: .audit))
        #expect(!keys.isAuthentic(Array(code.dropLast()), keyID: keyID, of: [1, 2, 3], purpose: .audit))
        #expect(!keys.isAuthentic([], keyID: keyID, of: [1, 2, 3], purpose: .audit))
        #expect(!SecretFile.ephemeral().isAuthentic(code, keyID: keyID, of: [1, 2, 3], purpose: .audit))
    }

    @Test("A file that others may read is refused", arguments: [0o644, 0o660, 0o604] as [UInt32])
    func exposed(mode: UInt32) throws {
        try withFolder { folder in
            let path = folder + "/k"
            _ = try SecretFile.create(path: path)
            try AtomicFile.replace(path, contents: BoundedFile.read(path, maximumBytes: 9999).contents, mode: mode)
            let error = #expect(throws: SecretFileError.self) { try SecretFile.load(path: path) }
            #expect(error?.isExposed == true)
        }
    }

    @Test("A file that was cut anywhere, or altered in a key, is refused")
    func damaged() throws {
        try withFolder { folder in
            let path = folder + "/k"
            _ = try SecretFile.create(path: path)
            let whole = try BoundedFile.read(path, maximumBytes: 9999).contents
            for end in whole.indices {
                try AtomicFile.replace(path, contents: Array(whole[..<end]))
                #expect(throws: SecretFileError.self) { try SecretFile.load(path: path) }
            }
            let start = try #require(whole.lastIndex(of: UInt8(ascii: " "))) + 1
            for index in start..<whole.count - 1 {
                var altered = whole
                altered[index] = altered[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                try AtomicFile.replace(path, contents: altered)
                #expect(throws: SecretFileError.self) { try SecretFile.load(path: path) }
            }
        }
    }

    @Test("A missing file says that it is missing")
    func missing() {
        let error = #expect(throws: SecretFileError.self) { try SecretFile.load(path: "/nonexistent/k") }
        #expect(error?.isMissing == true)
    }

    @Test("Neither description nor reflection shows a key")
    func hidden() throws {
        try withFolder { folder in
            let keys = try SecretFile.create(path: folder + "/k")
            let text = String(decoding: try BoundedFile.read(folder + "/k", maximumBytes: 9999).contents, as: UTF8.self)
            let key = try #require(text.split(separator: " ").last).dropLast()
            var dumped = ""
            dump(keys, to: &dumped)
            for shown in ["\(keys)", String(reflecting: keys), dumped] {
                #expect(!shown.contains(key))
                #expect(!shown.contains("Key"))
            }
        }
    }
}

@Suite("Digests")
struct DigestTests {
    @Test(
        "SHA-256 is that of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func known(text: String, digest: String) {
        #expect(Digest.hexadecimal(Digest.sha256(Array(text.utf8))) == digest)
        #expect(Digest.hexadecimal(Digest.sha256(text.utf8)) == digest)
        #expect(Digest.hexadecimal(Digest.sha256(text.utf8.lazy.map { $0 })) == digest)
    }

    @Test("Pieces have the digest of the whole")
    func pieces() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var stream = Digest.SHA256Stream()
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...64)
            stream.update(rest.prefix(count))
            rest = rest.dropFirst(count)
            _ = stream.finalized()
        }
        #expect(stream.finalized() == Digest.sha256(bytes))
    }

    @Test("Hexadecimal digits are read back, of either case, and nothing else is")
    func hexadecimal() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Digest.bytes(hexadecimal: Digest.hexadecimal(bytes)) == bytes)
        #expect(Digest.bytes(hexadecimal: "0aFF") == [10, 255])
        for text in ["0", "0g", "0x", " 0", "é"] { #expect(Digest.bytes(hexadecimal: text) == nil) }
    }

    @Test("Equality looks at every byte and the length")
    func equality() {
        #expect(Digest.areEqual([1, 2], [1, 2]))
        #expect(!Digest.areEqual([1, 2], [1, 3]))
        #expect(!Digest.areEqual([1, 2], [1]))
        #expect(Digest.areEqual([], []))
    }
}
