import AuthTokens
import Foundation
import Testing

@Suite("Deciding about tokens")
struct TokenStoreTests {
    @Test("A token is good for its scopes and databases until it expires or is revoked")
    func verdicts() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let now = Timestamp.now
            let (record, token) = try file.create(
                TokenRequest(owner: "ada", expires: now + .seconds(60), scopes: [.read, .approve], databases: ["shop"]))
            let store = try TokenStore(files: files)
            let principal = Principal(
                id: "token:\(record.id)", name: "ada", scopes: [.read, .approve], databases: ["shop"])
            #expect(store.verify(token.text) == .accepted(principal, tokenID: record.id))
            #expect(store.verify(token.text, at: now + .seconds(59)).isAccepted)
            #expect(store.verify(token.text, at: now + .seconds(60)) == .refused(.expired))
            try file.revoke(id: record.id)
            #expect(store.verify(token.text).isAccepted)
            #expect(try store.refresh())
            #expect(store.verify(token.text) == .refused(.revoked))
            #expect(try !store.refresh())
        }
    }

    @Test(
        "What is no token is refused",
        arguments: [
            ("", TokenRefusal.malformed), (String(repeating: "x", count: 513), .malformed), ("pga_x", .unknown),
            ("\u{0}", .unknown), (TokenSecret().text, .unknown),
        ])
    func refused(text: String, reason: TokenRefusal) async throws {
        try await withAccountFiles { files in
            _ = try TokenFile(path: files.tokens).create(TokenRequest())
            #expect(try TokenStore(files: files).verify(text) == .refused(reason))
        }
    }

    @Test("A token's text with anything before, after or other in it is refused")
    func exact() async throws {
        try await withAccountFiles { files in
            let token = try TokenFile(path: files.tokens).create(TokenRequest()).token.text
            let store = try TokenStore(files: files)
            #expect(store.verify(token).isAccepted)
            for other in [
                " " + token, token + " ", token + "\n", token.lowercased(), String(token.dropLast()), token + token,
            ] {
                #expect(!store.verify(other).isAccepted)
            }
        }
    }

    @Test("After a rotation both texts are good for the overlap, then the new one alone")
    func rotation() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let now = Timestamp.now
            let (record, old) = try file.create(TokenRequest(note: "n", expires: now + .seconds(90 * 86400)))
            let (rotated, new) = try file.rotate(id: record.id, overlap: .seconds(600))
            #expect(rotated.id == record.id && rotated.note == "n" && new.text != old.text)
            let store = try TokenStore(files: files)
            #expect(store.verify(old.text).isAccepted && store.verify(new.text).isAccepted)
            #expect(store.verify(old.text, at: now + .seconds(700)) == .refused(.expired))
            #expect(store.verify(new.text, at: now + .seconds(700)).isAccepted)
            _ = try file.rotate(id: record.id, overlap: .zero)
            try store.refresh()
            #expect(!store.verify(old.text).isAccepted && !store.verify(new.text).isAccepted)
        }
    }

    @Test("Rotating an expired token does not bring its old text back")
    func expiredRotation() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let now = Timestamp.now
            let (record, old) = try file.create(
                TokenRequest(expires: now - .seconds(10)), at: now - .seconds(1000))
            let new = try file.rotate(id: record.id).token
            let store = try TokenStore(files: files)
            #expect(store.verify(old.text) == .refused(.unknown))
            #expect(store.verify(new.text).isAccepted)
        }
    }

    @Test("A broken file changes nothing, is reported once, and the mended one is taken over")
    func broken() async throws {
        try await withAccountFiles { files in
            let file = TokenFile(path: files.tokens)
            let first = try file.create(TokenRequest()).token
            let store = try TokenStore(files: files)
            let good = try text(of: files.tokens)
            for wrong in ["tokens: [", good.replacing("version: 1", with: "version: 9"), String(good.dropLast(60))] {
                try write(wrong, to: files.tokens)
                #expect(throws: AccountError.self) { try store.refresh() }
                #expect(store.failure != nil)
                #expect(try !store.refresh())
                #expect(store.verify(first.text).isAccepted)
            }
            try FileManager.default.removeItem(atPath: files.tokens)
            #expect(throws: AccountError.self) { try store.refresh() }
            #expect(store.verify(first.text).isAccepted)
            try write(good, to: files.tokens)
            let second = try file.create(TokenRequest()).token
            #expect(try store.refresh())
            #expect(store.failure == nil)
            #expect(store.verify(first.text).isAccepted && store.verify(second.text).isAccepted)
        }
    }

    @Test("A link that is pointed elsewhere is noticed, as Kubernetes exchanges files")
    func linkSwap() async throws {
        try await withAccountFiles { files in
            let (one, two) = (files.tokens + ".1", files.tokens + ".2")
            let first = try TokenFile(path: one).create(TokenRequest()).token
            let second = try TokenFile(path: two).create(TokenRequest()).token
            try FileManager.default.createSymbolicLink(atPath: files.tokens, withDestinationPath: one)
            let store = try TokenStore(files: files)
            #expect(store.verify(first.text).isAccepted && !store.verify(second.text).isAccepted)
            try FileManager.default.createSymbolicLink(atPath: files.tokens + ".new", withDestinationPath: two)
            #expect(rename(files.tokens + ".new", files.tokens) == 0)
            #expect(try store.refresh())
            #expect(!store.verify(first.text).isAccepted && store.verify(second.text).isAccepted)
        }
    }

    @Test("Last uses are written when asked to, beside a token file that is read only, and merged")
    func lastUse() async throws {
        try await withAccountFiles { files in
            let (record, token) = try TokenFile(path: files.tokens).create(TokenRequest())
            let before = try text(of: files.tokens)
            let (one, other) = (try TokenStore(files: files), try TokenStore(files: files))
            let now = Timestamp.now
            _ = one.verify(token.text, at: now + .seconds(5))
            _ = other.verify(token.text, at: now + .seconds(9))
            _ = other.verify("nobody's", at: now + .seconds(20))
            let state = try #require(files.state)
            #expect(try FileManager.default.contentsOfDirectory(atPath: state).isEmpty)
            #expect(one.lastUses[record.id] == now + .seconds(5))
            try other.flush()
            try one.flush()
            #expect(try TokenStore(files: files).lastUses == [record.id: now + .seconds(9)])
            #expect(try text(of: files.tokens) == before)
        }
    }

    @Test("Ten thousand tokens are read and each is found")
    func many() async throws {
        try await withAccountFiles { files in
            let digests = (0..<10_000).map { Digest.sha256("token \($0)".utf8) }
            #expect(
                try TokenFile(path: files.tokens).importTokens(digests: digests, TokenRequest(note: "many")).count
                    == 10_000)
            let store = try TokenStore(files: files)
            for number in stride(from: 0, to: 10_000, by: 7) { #expect(store.verify("token \(number)").isAccepted) }
            #expect(!store.verify("token 10000").isAccepted)
        }
    }
}

@Suite("Lockdown")
struct LockdownTests {
    @Test("While it is on every token is refused; lifted, they are good again", arguments: [true, false])
    func tokens(hasState: Bool) async throws {
        try await withAccountFiles { all in
            var files = all
            if !hasState { files.state = nil }
            let token = try TokenFile(path: files.tokens).create(TokenRequest()).token
            let store = try TokenStore(files: files)
            let elsewhere = Lockdown(files: files)
            try elsewhere.begin()
            #expect(store.verify(token.text).isAccepted)
            try store.refresh()
            #expect(store.verify(token.text) == .refused(.lockdown))
            #expect(try TokenStore(files: files).verify(token.text) == .refused(.lockdown))
            #expect(store.verify("other") == .refused(.unknown))
            #expect(try elsewhere.lift())
            try store.refresh()
            #expect(store.verify(token.text).isAccepted)
            #expect(try !elsewhere.lift())
        }
    }

    @Test("A switch that cannot be read is on")
    func unreadable() async throws {
        try await withAccountFiles { files in
            let state = try #require(files.state)
            try write("nonsense", to: state + "/lockdown")
            #expect(Lockdown(files: files).isOn)
        }
    }
}
