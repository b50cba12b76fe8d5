import Foundation
import MCPProtocol
import Testing

@Suite("agentctl secret")
struct SecretCommandTests {
    @Test("A sealed password is taken in a configuration, before and after a rotation, and not with other keys")
    func seal() async throws {
        try await withAccounts { place in
            #expect(try await place.run("secret", "init").status == 0)
            #expect(try await place.run("secret", "init").status == 1)
            let sealed = try await place.run("secret", "seal", input: "hunter2\n")
            #expect(sealed.status == 0 && sealed.output.hasPrefix("enc:v1.") && !sealed.output.contains("hunter2"))
            let text = """
                databases: [{ name: shop, host: localhost, password: '\(sealed.output.trimmingCharacters(in: .newlines))' }]
                secret_file: secret.key

                """
            let configuration = place.folder + "/sealed.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
            #expect(try await Program.run("agentctl", ["config", "check", configuration]).status == 0)
            #expect(try await place.run("secret", "rotate").status == 0)
            #expect(try await Program.run("agentctl", ["config", "check", configuration]).status == 0)
            try FileManager.default.removeItem(atPath: place.folder + "/secret.key")
            #expect(try await place.run("secret", "init").status == 0)
            let other = try await Program.run("agentctl", ["config", "check", configuration])
            #expect(other.status == 2 && other.errors.contains("a key that the secret file does not hold"))
        }
    }

    @Test("At a terminal a secret to be sealed is asked for twice, and both have to be the same")
    func sealAtTerminal() async throws {
        try await withAccounts { place in
            _ = try await place.run("secret", "init")
            let sealed = try await place.atTerminal(
                ["secret", "seal"], [("Secret: ", "hunter2"), ("Once more: ", "hunter2")])
            #expect(sealed.status == 0 && sealed.output.contains("enc:v1.") && !sealed.output.contains("hunter2"))
            let other = try await place.atTerminal(
                ["secret", "seal"], [("Secret: ", "hunter2"), ("Once more: ", "hunter3")])
            #expect(other.status == 2 && other.output.contains("not the same") && !other.output.contains("enc:"))
        }
    }

    @Test(
        "Without secret_file init says where to name it; a file that the configuration does not name is said to be unused"
    )
    func initWithoutKey() async throws {
        try await withAccounts { place in
            let none = try await Program.run("agentctl", ["secret", "init", "--config", "/dev/null"])
            #expect(none.status == 2 && none.errors.contains("set secret_file in /dev/null, or give --secret-file"))
            let made = try await Program.run(
                "agentctl", ["secret", "init", "--secret-file", place.folder + "/s", "--config", "/dev/null"])
            #expect(made.status == 0 && made.errors.contains("names no secret_file yet"))
        }
    }

    @Test("A backup restores the keys, and says when it is out of date")
    func backup() async throws {
        try await withAccounts { place in
            _ = try await place.run("secret", "init")
            let file = place.folder + "/secret.backup"
            let passphrase = "the quick red kayak"
            let made = try await place.run("secret", "backup", file, "--passphrase-file", "-", input: passphrase)
            #expect(made.status == 0, "\(made.errors)")
            #expect(
                try await place.run("secret", "backup", file, "--passphrase-file", "-", input: passphrase).status == 1)
            #expect(
                try await place.run("secret", "verify", file, "--passphrase-file", "-", input: passphrase).status == 0)
            #expect(
                try await place.run("secret", "verify", file, "--passphrase-file", "-", input: "another one").status
                    == 2)
            let before = try String(contentsOfFile: place.folder + "/secret.key", encoding: .utf8)
            try FileManager.default.removeItem(atPath: place.folder + "/secret.key")
            let restored = try await place.run("secret", "restore", file, "--passphrase-file", "-", input: passphrase)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(try String(contentsOfFile: place.folder + "/secret.key", encoding: .utf8) == before)
            _ = try await place.run("secret", "rotate")
            #expect(
                try await place.run("secret", "verify", file, "--passphrase-file", "-", input: passphrase).status == 1)
            let kept = try await place.run("secret", "restore", file, "--passphrase-file", "-", input: passphrase)
            #expect(kept.status == 1 && kept.errors.contains("the backup lacks"))
            #expect(try await place.json("secret", "verify")["keys"]?.array?.count == 2)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: place.folder + "/secret.key")
            #expect(try await place.run("secret", "verify").status == 78)
        }
    }
}
