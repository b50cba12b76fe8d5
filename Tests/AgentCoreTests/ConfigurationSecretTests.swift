import AuthTokens
import Foundation
import Testing

@testable import AgentCore

@Suite("Secrets")
struct ConfigurationSecretTests {
    private func withFile(_ text: String, mode: UInt32 = 0o600, _ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString)").path
        try AtomicFile.replace(path, contents: Array(text.utf8), mode: mode)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test("A file's secret ends before its last line end, and may hold blanks", arguments: ["s \n", "s \r\n", "s "])
    func file(text: String) async throws {
        try await withFile(text) { path in
            let secret = try await Secret.file(path).resolve()
            #expect(secret == "s ")
        }
    }

    @Test("A file is read anew each time, so that a rotation is seen")
    func rotation() async throws {
        try await withFile("old") { path in
            let secret = Secret.file(path)
            #expect(try await secret.resolve() == "old")
            try AtomicFile.replace(path, contents: Array("new".utf8))
            #expect(try await secret.resolve() == "new")
        }
    }

    @Test("An empty file, and one that others may read, give no secret", arguments: [("\n", 0o600), ("s", 0o644)])
    func refused(text: String, mode: Int) async throws {
        try await withFile(text, mode: UInt32(mode)) { path in
            _ = await #expect(throws: SecretError.self) { try await Secret.file(path).resolve() }
        }
    }

    @Test("A command's output is the secret")
    func command() async throws {
        #expect(try await Secret.command("printf 'a b\\n'").resolve() == "a b")
        #expect(try await Secret.command("echo noise >&2; echo $((40 + 2))").resolve() == "42")
    }

    @Test(
        "A command that fails, says nothing, says too much or cannot be found is an error without its text",
        arguments: ["exit 3", "true", "geheim-command-not-there", "kill -9 $$", "yes", "printf '\\377'"])
    func failingCommand(command: String) async {
        let error = await #expect(throws: SecretError.self) { try await Secret.command(command).resolve() }
        #expect(error?.description.contains("geheim") == false)
    }

    @Test(
        "A command that takes too long is ended, with what it started", arguments: ["sleep 3600", "sleep 3600 & wait"])
    func slowCommand(command: String) async {
        await #expect(throws: SecretError.self) {
            try await SecretCommand(command, timeout: .milliseconds(100)).run()
        }
    }

    @Test("A command that closes its output and goes on is ended")
    func detachedCommand() async throws {
        await #expect(throws: SecretError.self) {
            try await SecretCommand("exec >&-; sleep 3600", timeout: .milliseconds(100)).run()
        }
    }

    @Test("A sealed secret opens with its secret file, and with none else")
    func sealed() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = try Secret.seal("s é", with: try SecretFile.create(path: path))
        #expect(text.hasPrefix("enc:v1."))
        #expect(try await Secret.sealed(text, secretFile: path).resolve() == "s é")
        let other = try Secret.seal("s", with: .ephemeral())
        for secret in [
            Secret.sealed(text), .sealed(text, secretFile: "/nonexistent"), .sealed(other, secretFile: path),
            .sealed("enc:geheim", secretFile: path),
        ] {
            let error = await #expect(throws: SecretError.self) { try await secret.resolve() }
            #expect(error?.description.contains("geheim") == false)
        }
    }

    @Test("A configuration's sealed password is bound to its secret file, and checked when it is loaded")
    func sealedInConfiguration() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sealed-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keys = try SecretFile.create(path: folder + "/k")
        func load(_ password: String, _ further: String) throws -> LoadedConfiguration {
            let text = "databases: [{name: a, host: h, password: '\(password)'}]\n\(further)\n"
            try AtomicFile.replace(folder + "/a.yaml", contents: Array(text.utf8))
            return try ConfigurationLoader.load(environment: [:], file: folder + "/a.yaml")
        }
        let sealed = try Secret.seal("hunter2", with: keys)
        let password = try load(sealed, "secret_file: k").configuration.databases[0].password
        #expect(try await password?.resolve() == "hunter2")
        for (text, further, message) in [
            (sealed, "", ":1:42: databases[0].password: a sealed secret needs the key secret_file"),
            (try Secret.seal("x", with: .ephemeral()), "secret_file: k", "a key that the secret file does not hold"),
            ("enc:x", "secret_file: k", "it is not a sealed text"), (sealed, "secret_file: missing", "No such file"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try load(text, further) }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
            #expect(error?.exitCode == 2)
        }
        try AtomicFile.replace(
            folder + "/k", contents: BoundedFile.read(folder + "/k", maximumBytes: 999).contents, mode: 0o644)
        let error = #expect(throws: ConfigurationError.self) { try load(sealed, "secret_file: k") }
        #expect(error?.exitCode == 78)
    }

    @Test("Neither description, debug output nor dump shows a secret")
    func redacted() {
        var dumped = ""
        for secret in [Secret.literal("geheim"), .command("vault geheim"), .sealed("enc:geheim")] {
            dump(secret, to: &dumped)
            #expect(!"\(secret)\(String(reflecting: secret))".contains("geheim"))
        }
        var database = DatabaseConfiguration(name: "a")
        database.password = .literal("geheim")
        dump(database, to: &dumped)
        #expect(!dumped.contains("geheim"))
        #expect(!"\(database)".contains("geheim"))
    }
}
