import AuthTokens
import Foundation
import Testing

@Suite("Passwords")
struct PasswordTests {
    @Test("A hash matches its password alone, and says its parameters")
    func hash() throws {
        let hash = try PasswordHash(of: "correct pony 7", cost: .cheap)
        #expect(hash.matches("correct pony 7"))
        for other in ["", "correct pony 8", "correct pony 7 ", "Correct pony 7"] { #expect(!hash.matches(other)) }
        #expect(hash.text.hasPrefix("$scrypt$ln=10,r=1,p=1$"))
        let read = try #require(PasswordHash(text: hash.text))
        #expect(read == hash && read.matches("correct pony 7"))
        #expect(try PasswordHash(of: "correct pony 7", cost: .cheap) != hash)
    }

    @Test("The standard cost is at least N = 2^15, r = 8, p = 1")
    func standard() throws {
        #expect(try PasswordHash(of: "x").text.hasPrefix("$scrypt$ln=15,r=8,p=1$"))
    }

    @Test("A hash of RFC 7914 is understood")
    func known() {
        // Section 12: scrypt("pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1, 64).
        let hash = PasswordHash(
            text: "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
                + "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw")
        #expect(hash?.matches("pleaseletmein") == true)
        #expect(hash?.matches("pleaseletmeout") == false)
    }

    @Test(
        "What is no hash, or would cost too much, is not read",
        arguments: [
            "", "$", "plain", "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA",
            "$bcrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=21,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=20,r=32,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=9,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=15,r=8,p=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=15,r=8,p=-1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=15,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
            "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAA!!$AAAAAAAAAAAAAAAAAAAAAA",
        ])
    func unreadable(text: String) {
        #expect(PasswordHash(text: text) == nil)
    }

    @Test(
        "A weak password is refused with the reason",
        arguments: [
            ("short", "at least 12"), ("elevenchars", "at least 12"), ("passwordpassword", "tried first"),
            ("Password1234!", "tried first"),
            ("P4ssw0rd12345", "tried first"), ("aaaaaaaaaaaaaa", "fewer than five"), ("123456789012", "run of"),
            ("abcdefghijklmn", "run of"), ("qwertyuiopas", "tried first"), ("ada.lovelace", "user's name"),
            ("ecalevol.ada", "user's name"),
            ("ada.lovelace12", "user's name"), ("abcdeabcdeabcde", "tried first"),
            ("correct horse battery staple", "tried first"),
            ("tab\tin the middle", "control"), (String(repeating: "x1y2z", count: 300), "at most"),
        ])
    func weak(password: String, reason: String) {
        let objection = PasswordRules.objection(to: password, for: "ada.lovelace")
        #expect(objection?.contains(reason) == true, "\(objection ?? "taken")")
        #expect(objection?.contains(password) != true)
    }

    @Test(
        "A long one of one's own is taken, without rules about kinds of characters",
        arguments: [
            "the quick red kayak", "rainy-tuesday-lamp", "zwölf Boxkämpfer jagen", "8fj3kq02mvnx",
            "ada likes green tea",
        ])
    func strong(password: String) {
        #expect(PasswordRules.objection(to: password, for: "ada") == nil)
    }
}

@Suite("The user file")
struct UserFileTests {
    @Test("A user that was added is there with a hash, at mode 600, and once")
    func add() async throws {
        try await withAccountFiles { files in
            let file = UserFile(path: files.users)
            let user = try file.add(
                name: "ada", password: "rainy-tuesday-lamp", note: "x\n# y", scopes: [.read, .write],
                databases: ["shop"],
                cost: .cheap)
            #expect(try file.load() == [user])
            #expect(try FilePermissions.of(files.users).mode == 0o600)
            #expect(try !text(of: files.users).contains("rainy"))
            let error = #expect(throws: AccountError.self) {
                try file.add(name: "ada", password: "another-long-one", cost: .cheap)
            }
            #expect(error?.code == .exists)
            #expect(
                user.principal == Principal(id: "user:ada", name: "ada", scopes: [.read, .write], databases: ["shop"]))
        }
    }

    @Test(
        "Names that lead astray are refused",
        arguments: ["", "a b", "a\nb", "-x", "@x", ".x", "é", String(repeating: "a", count: 65), "a:b"])
    func names(name: String) async throws {
        try await withAccountFiles { files in
            #expect(throws: AccountError.self) {
                try UserFile(path: files.users).add(name: name, password: "rainy-tuesday-lamp", cost: .cheap)
            }
        }
    }

    @Test("Users are changed and removed; one who is not there is an error")
    func change() async throws {
        try await withAccountFiles { files in
            let file = UserFile(path: files.users)
            try file.add(name: "ada", password: "rainy-tuesday-lamp", cost: .cheap)
            try file.change("ada") { $0.disabled = Timestamp(seconds: 5) }
            #expect(try file.load()[0].disabled == Timestamp(seconds: 5))
            let before = try file.load()[0].password
            #expect(throws: AccountError.self) { try file.setPassword("ada", of: "ada", cost: .cheap) }
            try file.setPassword("the quick red kayak", of: "ada", cost: .cheap)
            #expect(try file.load()[0].password != before)
            try file.delete("ada")
            #expect(try file.load().isEmpty)
            for attempt in [
                { try file.delete("ada") }, { try file.change("ada") { _ in } },
                { try file.setPassword("the quick red kayak", of: "ada", cost: .cheap) },
            ] as [() throws -> Void] {
                #expect(throws: AccountError.self) { try attempt() }
            }
        }
    }

    @Test("A password in clear text in the file is an error with its place")
    func clearText() async throws {
        try await withAccountFiles { files in
            try write("users:\n  - name: ada\n    password: hunter2hunter2\n", to: files.users)
            let error = #expect(throws: AccountError.self) { try UserFile(path: files.users).load() }
            #expect(error?.description.contains(":3:15: password must be a hash") == true)
            #expect(error?.description.contains("hunter2") == false)
        }
    }
}
