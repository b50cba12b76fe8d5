import AuthTokens
import Foundation
import Testing

@Suite("The token file")
struct TokenFileTests {
    @Test("A token that was made is there, as a digest, with what was said of it")
    func create() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let expiry = Timestamp.now + .seconds(3600)
            let (record, token) = try file.create(
                TokenRequest(
                    note: "nightly \"report\"\u{1B}[2J\n# x: é", owner: "ada", expires: expiry,
                    scopes: [.write, .read], databases: ["shop", "a, b]"]))
            #expect(try file.load() == [record])
            #expect(record.expires == expiry)
            #expect(try FilePermissions.of(files.tokens).mode == 0o600)
            let written = try text(of: files.tokens)
            #expect(!written.contains(token.text) && !written.contains("\u{1B}"))
            #expect(written.contains(Digest.hexadecimal(token.digest)))
        }
    }

    @Test("A token lives 90 days and reads, unless something else is said")
    func defaults() async throws {
        try await withAccountFiles { files in
            let now = Timestamp.now
            let record = try TokenFile(path: files.tokens).create(TokenRequest()).record
            let days = try #require(record.expires).seconds - now.seconds
            #expect((90 * 86400...90 * 86400 + 5).contains(days))
            #expect(record.scopes == [.read] && record.databases == nil)
            let never = try TokenFile(path: files.tokens).create(TokenRequest(expires: nil)).record
            #expect(never.expires == nil)
            #expect(try text(of: files.tokens).contains("expires: never"))
        }
    }

    @Test("The scope admin is not given together with databases; an account of a file that has both can be changed")
    func boundAdministrator() async throws {
        try await withAccountFiles { files in
            let tokens = TokenFile(path: files.tokens)
            let users = UserFile(path: files.users)
            let token = #expect(throws: AccountError.self) {
                try tokens.create(TokenRequest(scopes: [.read, .admin], databases: ["shop"]))
            }
            #expect(token?.code == .invalid)
            #expect(throws: AccountError.self) {
                try users.add(
                    name: "eve", password: "rainy-tuesday-lamp", scopes: [.admin], databases: [], cost: .cheap)
            }
            try users.add(name: "ada", password: "rainy-tuesday-lamp", scopes: [.admin], cost: .cheap)
            #expect(throws: AccountError.self) { try users.change("ada") { $0.databases = ["shop"] } }
            let bound = "scopes: [admin]\n    databases: [shop]"
            let written = try text(of: files.users).replacing("scopes: [admin]", with: bound)
            try written.write(toFile: files.users, atomically: false, encoding: .utf8)
            let disabled = try users.change("ada") { $0.disabled = .now }
            #expect(disabled.databases == ["shop"] && !disabled.principal.may(.admin))
        }
    }

    @Test("Any note and owner are read back as they were written")
    func roundTrip() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let scalars: [Unicode.Scalar] = [
                "\"", "\\", "\n", "\t", "\u{0}", "\u{85}", "\u{2028}", "#", ":", "-", " ", "é", "𝄞", "'", "{", "~", "a",
                "1",
            ]
            for _ in 0..<60 {
                let note = String(
                    String.UnicodeScalarView((0..<Int.random(in: 0...20)).compactMap { _ in scalars.randomElement() }))
                let owner = String(
                    String.UnicodeScalarView((0..<Int.random(in: 0...5)).compactMap { _ in scalars.randomElement() }))
                let record = try file.create(TokenRequest(note: note, owner: owner, databases: [owner + "x"])).record
                #expect(try file.load().last == record)
            }
            for word in ["null", "~", "true", "1", "never", "2026-01-01", "- x", "*a", "&a", "!x", "yes", "0x1"] {
                let record = try file.create(TokenRequest(note: word)).record
                #expect(record.note == word)
                #expect(try file.load().last?.note == word)
            }
        }
    }

    @Test("What is too long, in the past, or without a scope is refused, and the file stays as it was")
    func refused() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            for request in [
                TokenRequest(note: String(repeating: "x", count: 201)),
                TokenRequest(owner: String(repeating: "x", count: 101)),
                TokenRequest(note: "\u{FEFF}x"), TokenRequest(expires: Timestamp.now - .seconds(1)),
                TokenRequest(scopes: []),
                TokenRequest(databases: [""]),
            ] {
                let error = #expect(throws: AccountError.self) { try file.create(request) }
                #expect(error?.code == .invalid)
            }
            #expect(!FileManager.default.fileExists(atPath: files.tokens))
        }
    }

    @Test("A revoked token stays revoked, and cannot be rotated")
    func revoke() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let id = try file.create(TokenRequest()).record.id
            let moment = try file.revoke(id: id).revoked
            #expect(moment != nil)
            #expect(try file.revoke(id: id, at: .now + .seconds(99)).revoked == moment)
            #expect(throws: AccountError.self) { try file.rotate(id: id) }
            let error = #expect(throws: AccountError.self) { try file.revoke(id: "tk_nobody") }
            #expect(error?.code == .unknown)
        }
    }

    @Test("Imported digests become tokens once")
    func importing() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let digests = (0..<5).map { Digest.sha256("other-product-\($0)".utf8) }
            #expect(try file.importTokens(digests: digests + digests, TokenRequest(owner: "old")).count == 5)
            #expect(try file.importTokens(digests: digests, TokenRequest()).isEmpty)
            let store = try TokenStore(files: files)
            #expect(store.verify("other-product-3").isAccepted)
            #expect(!store.verify("other-product-5").isAccepted)
            #expect(throws: AccountError.self) { try file.importTokens(digests: [[1]], TokenRequest()) }
        }
    }

    private static let hash = String(repeating: "ab", count: 32)

    @Test(
        "A mistake in the file is named with its place and what was meant",
        arguments: [
            ("tokns: []", "1:1: unknown key \"tokns\"; did you mean tokens?"),
            ("version: 2\ntokens: []", "1:10: this program reads version 1 of the file only"),
            ("tokens: {a: b}", "1:9: tokens must be a list"), ("- a", "1:1: expected the key tokens"),
            ("tokens:\n  - id: a\n    experis: never", "3:5: unknown key \"experis\"; did you mean expires?"),
            ("tokens:\n  - id: a", "2:5: the key sha256 is missing or empty"),
            ("tokens:\n  - id: a b", "2:9: an id is 1 to 64 letters, digits, - _ and ."),
            ("tokens:\n  - id: a\n    sha256: 12", "3:13: sha256 must be 64 hexadecimal digits"),
            (
                "tokens:\n  - {id: a, sha256: \(hash), expires: soon}",
                "2:96: expires must be a time such as 2026-12-31T23:59:59Z"
            ),
            (
                "tokens:\n  - {id: a, sha256: \(hash), expires: never, scopes: [raed]}",
                "2:111: unknown scope \"raed\"; did you mean read?"
            ),
            (
                "tokens:\n  - {id: a, sha256: \(hash), expires: never, scopes: read}",
                "2:111: scopes must be a list, such as [a, b]"
            ),
            (
                "tokens:\n  - {id: a, sha256: \(hash), expires: never}\n  - {id: a, sha256: \(hash.replacing("ab", with: "cd")), expires: never}",
                "3:5: a is there twice"
            ),
            (
                "tokens:\n  - {id: a, sha256: \(hash), expires: never}\n  - {id: b, sha256: \(hash), expires: never}",
                "3:5: b is there twice"
            ),
            ("tokens: [", "2:1: did not find expected node content"),
            ("tokens:\n  - id: a\n    id: b", "a key is given twice in one mapping"),
        ])
    func mistakes(yaml: String, message: String) async throws {
        try await withAccountFiles { files in
            try write(yaml, to: files.tokens)
            let error = #expect(throws: AccountError.self) { try TokenFile(path: files.tokens).load() }
            #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
            // What is not understood is not written over.
            #expect(throws: AccountError.self) { try TokenFile(path: files.tokens).create(TokenRequest()) }
            #expect(try text(of: files.tokens) == yaml)
        }
    }

    @Test("A file that others may read is refused, also for writing", arguments: [0o644, 0o660] as [UInt32])
    func exposed(mode: UInt32) async throws {
        try await withAccountFiles { files in
            try write("tokens: []\n", to: files.tokens, mode: mode)
            let error = #expect(throws: AccountError.self) { try TokenFile(path: files.tokens).load() }
            #expect(error?.code == .exposed)
            #expect(throws: AccountError.self) { try TokenStore(files: files) }
            #expect(throws: AccountError.self) { try TokenFile(path: files.tokens).create(TokenRequest()) }
        }
    }

    @Test("A link goes on to be a link: its target is replaced")
    func link() async throws {
        try await withAccountFiles { files in
            let real = files.tokens + ".real"
            try write("tokens: []\n", to: real)
            try FileManager.default.createSymbolicLink(atPath: files.tokens, withDestinationPath: real)
            _ = try TokenFile(path: files.tokens).create(TokenRequest())
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: files.tokens) == real)
            #expect(try TokenFile(path: real).load().count == 1)
        }
    }

    @Test("What a killed writer left beside the file is removed by the next one; other files stay")
    func leftovers() async throws {
        try await withAccountFiles { files in
            try write("half", to: files.tokens + ".123.456.tmp")
            try write("mine", to: files.tokens + ".bak.tmp")
            _ = try TokenFile(path: files.tokens).create(TokenRequest())
            #expect(!FileManager.default.fileExists(atPath: files.tokens + ".123.456.tmp"))
            #expect(FileManager.default.fileExists(atPath: files.tokens + ".bak.tmp"))
        }
    }
}
