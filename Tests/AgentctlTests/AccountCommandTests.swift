import Foundation
import MCPProtocol
import Testing

/// A folder with a configuration in it that names the files of accounts.
@discardableResult
private func withAccounts<R>(_ body: (Installation) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("agentctl-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
        atPath: folder + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = """
        databases: [{ name: shop, host: localhost }]
        http: { auth: { token_file: t.yaml, user_file: u.yaml } }
        state: { directory: state }
        secret_file: secret.key

        """
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/agentd.yaml"))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/agentd.yaml")
    return try await body(Installation(folder: folder))
}

private struct Installation {
    let folder: String

    func run(_ arguments: String..., input: String = "") async throws -> Program.Outcome {
        try await Program.run("agentctl", arguments + ["--config", folder + "/agentd.yaml"], input: input)
    }

    func json(_ arguments: String...) async throws -> JSONValue {
        let outcome = try await Program.run("agentctl", arguments + ["--json", "--config", folder + "/agentd.yaml"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONValue.parse(Array(outcome.output.utf8))
    }

    /// Runs agentctl at a terminal, typing each answer when its prompt is there; what the terminal showed comes back.
    func atTerminal(_ arguments: [String], _ answers: [(prompt: String, answer: String)]) async throws
        -> Program.Outcome
    {
        let script = """
            import os, pty, sys
            program, count = sys.argv[1], int(sys.argv[2])
            answers = [(sys.argv[3 + 2 * i].encode(), sys.argv[4 + 2 * i].encode()) for i in range(count)]
            arguments = sys.argv[3 + 2 * count:]
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(program, [program] + arguments)
            shown, position = b"", 0
            while True:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
                if answers and answers[0][0] in shown[position:]:
                    position = len(shown)
                    os.write(terminal, answers.pop(0)[1] + b"\\r")
            sys.stdout.buffer.write(shown)
            sys.stdout.flush()
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        let program = Program.process("agentctl", []).executableURL?.path ?? ""
        var all = ["python3", "-c", script, program, String(answers.count)]
        for (prompt, answer) in answers { all += [prompt, answer] }
        return try await Program.run(
            executable: "/usr/bin/env", all + arguments + ["--config", folder + "/agentd.yaml"])
    }
}

@Suite("agentctl token")
struct TokenCommandTests {
    @Test("A token is printed once, alone on standard output, and is good; only its digest is kept")
    func create() async throws {
        try await withAccounts { place in
            let made = try await place.run(
                "token", "create", "--note", "nightly\u{1B}[2J\u{202E}", "--owner", "ada", "--scope", "read", "--scope",
                "write",
                "--database", "shop")
            #expect(made.status == 0)
            let token = made.output.trimmingCharacters(in: .newlines)
            #expect(token.hasPrefix("pga_") && token.utf8.count == 54)
            #expect(made.errors.contains("not shown again"))
            let file = try String(contentsOfFile: place.folder + "/t.yaml", encoding: .utf8)
            #expect(!file.contains(token.dropFirst(4)))
            let verified = try await place.run("token", "verify", input: token + "\n")
            #expect(verified.status == 0)
            #expect(verified.output.contains("ada") && verified.output.contains("read,write"))
            let list = try await place.run("token", "list")
            #expect(list.output.contains("active") && list.output.contains("nightly\\x1B[2J\\u202E"))
            #expect(!list.output.contains("\u{1B}") && !list.output.contains(token))
        }
    }

    @Test("A token is listed, shown, rotated and revoked by its id; programs read JSON")
    func life() async throws {
        try await withAccounts { place in
            let made = try await place.json("token", "create", "--expires", "never")
            let id = try #require(made["id"]?.string)
            let token = try #require(made["token"]?.string)
            #expect(made["expires"] == .null)
            #expect(try await place.json("token", "list")[0]?["id"] == .string(id))
            #expect(try await place.run("token", "show", id).output.contains("expires"))
            let rotated = try await place.json("token", "rotate", id, "--overlap", "1h")
            let new = try #require(rotated["token"]?.string)
            #expect(rotated["id"] == .string(id) && new != token)
            for text in [token, new] { #expect(try await place.run("token", "verify", input: text).status == 0) }
            #expect(try await place.run("token", "revoke", id).output == "\(id): revoked\n")
            for text in [token, new] { #expect(try await place.run("token", "verify", input: text).status == 1) }
            #expect(try await place.json("token", "show", id)["state"] == "revoked")
            let missing = try await place.run("token", "revoke", "tk_none\u{1B}[2J")
            #expect(missing.status == 1 && !missing.errors.contains("\u{1B}"))
        }
    }

    @Test("Digests of another product are imported from standard input; a token in their place is not shown")
    func importing() async throws {
        try await withAccounts { place in
            // sha256("legacy-token")
            let digest = "sha256:8b7d507cddc8d8950f283613360e85abbfcc4d245494ee90b1e6d1585bd2f37b"
            let imported = try await place.run("token", "import", input: "# old ones\n\(digest)\n\(digest)\n")
            #expect(imported.status == 0 && imported.output.hasPrefix("tk_"))
            #expect(imported.errors.contains("1 imported"))
            let wrong = try await place.run("token", "import", input: "\npga_secret-secret\n")
            #expect(wrong.status == 2 && wrong.errors.contains("line 2") && !wrong.errors.contains("secret-secret"))
        }
    }

    @Test("Wrong usage ends with 2, a file that others may read with 78")
    func statuses() async throws {
        try await withAccounts { place in
            for arguments in [
                ["--expires", "soon"], ["--scope", "everything"], ["--expires", "2001-01-01"],
                ["--note", String(repeating: "x", count: 201)],
            ] {
                let outcome = try await Program.run(
                    "agentctl", ["token", "create", "--config", place.folder + "/agentd.yaml"] + arguments)
                #expect(outcome.status == 2, "\(arguments) \(outcome.errors)")
            }
            _ = try await place.run("token", "create")
            let file = place.folder + "/t.yaml"
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            #expect(try await place.run("token", "list").status == 78)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            try Data("tokens:\n  - {idd: a}\n".utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            let broken = try await place.run("token", "list")
            #expect(broken.status == 2 && broken.errors.contains(":2:6: unknown key \"idd\"; did you mean id?"))
        }
    }

    @Test("To revoke twice is said and done; what does not exist is status 1, and the others are revoked all the same")
    func revoking() async throws {
        try await withAccounts { place in
            func make() async throws -> String {
                try #require(try await place.json("token", "create", "--owner", "ada")["id"]?.string)
            }
            let (first, second, third) = (try await make(), try await make(), try await make())
            #expect(try await place.run("token", "revoke", first).output == "\(first): revoked\n")
            let again = try await place.run("token", "revoke", first)
            #expect(again.status == 0 && again.output.hasPrefix("\(first): was revoked already, 20"))
            let mixed = try await place.run("token", "revoke", "tk_none", second)
            #expect(mixed.status == 1 && mixed.output == "\(second): revoked\n")
            #expect(mixed.errors.contains("there is no token tk_none"))
            let owned = try await place.run("token", "revoke", "--owner", "ada")
            #expect(owned.status == 0 && owned.output.contains("\(third): revoked\n"))
            #expect(owned.output.contains("\(first): was revoked already"))
            let nobody = try await place.run("token", "revoke", "--owner", "nobody")
            #expect(nobody.status == 1 && nobody.errors.contains("no token of the owner nobody"))
        }
    }

    @Test("A token or a user is for databases of the configuration")
    func databases() async throws {
        try await withAccounts { place in
            for arguments in [
                ["token", "create", "--database", "shp"], ["token", "import", "--database", "shp"],
                ["user", "add", "ada", "--database", "shp", "--password-file", "-"],
            ] {
                let outcome = try await Program.run(
                    "agentctl", arguments + ["--config", place.folder + "/agentd.yaml"], input: "rainy-tuesday-lamp")
                #expect(outcome.status == 2 && outcome.errors.contains("Did you mean shop?"), "\(outcome.errors)")
            }
            // Without a configuration nobody knows.
            let file = place.folder + "/elsewhere.yaml"
            let free = try await Program.run(
                "agentctl", ["token", "create", "--database", "shp", "--token-file", file, "--config", "/dev/null"])
            #expect(free.status == 0, "\(free.errors)")
        }
    }

    @Test("Accounts, the secret file and a lockdown need neither a database nor a secret that opens")
    func brokenConfiguration() async throws {
        try await withAccounts { place in
            let id = try #require(try await place.json("token", "create")["id"]?.string)
            let text = """
                databases: [{ name: shop, prot: 1, password: "enc:v1.lost.AAAA" }]
                http: { auth: { token_file: t.yaml, user_file: u.yaml } }
                state: { directory: state }
                audit: { file: audit.jsonl }
                secret_file: secret.key

                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.folder + "/agentd.yaml"))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: place.folder + "/agentd.yaml")
            #expect(try await place.run("config", "check").status == 2)
            #expect(try await place.run("token", "list").output.contains(id))
            for command in [
                ["secret", "init"], ["secret", "verify"], ["lockdown"], ["lockdown", "--lift"], ["user", "list"],
            ] {
                let outcome = try await Program.run("agentctl", command + ["--config", place.folder + "/agentd.yaml"])
                #expect(outcome.status == 0, "\(command) \(outcome.errors)")
            }
            #expect(try await place.run("audit", "search").status == 1)
        }
    }

    @Test("Where a folder for state is needed the error says so, and how to name it")
    func stateFolder() async throws {
        try await withAccounts { place in
            let files = ["--token-file", place.folder + "/t.yaml", "--user-file", place.folder + "/u.yaml"]
            for command in [["user", "sessions"], ["user", "unlock", "ada"]] {
                let outcome = try await Program.run("agentctl", command + files + ["--config", "/dev/null"])
                #expect(outcome.status == 2 && outcome.errors.contains("set state.directory"))
                #expect(outcome.errors.contains("--state-directory"))
            }
        }
    }

    @Test("In a lockdown no token is good until it is lifted; it needs no configuration")
    func lockdown() async throws {
        try await withAccounts { place in
            let token = try #require(try await place.json("token", "create")["token"]?.string)
            #expect(try await place.run("lockdown").status == 0)
            let refused = try await place.run("token", "verify", input: token)
            #expect(refused.status == 1 && refused.errors.contains("lockdown"))
            #expect(try await place.run("lockdown", "--lift").status == 0)
            #expect(try await place.run("token", "verify", input: token).status == 0)
            let arguments = ["lockdown", "--token-file", place.folder + "/misspelt.yaml"]
            let misspelt = try await Program.run("agentctl", arguments)
            #expect(misspelt.status == 1 && misspelt.errors.contains("nothing was locked"))
            #expect(!FileManager.default.fileExists(atPath: place.folder + "/misspelt.yaml.lockdown"))
            #expect(try await Program.run("agentctl", ["token", "create"] + arguments.dropFirst()).status == 0)
            #expect(try await Program.run("agentctl", arguments).status == 0)
            #expect(FileManager.default.fileExists(atPath: place.folder + "/misspelt.yaml.lockdown"))
        }
    }
}

@Suite("agentctl user")
struct UserCommandTests {
    @Test("A password is asked for at the terminal twice and never shown")
    func prompt() async throws {
        try await withAccounts { place in
            let added = try await place.atTerminal(
                ["user", "add", "ada"],
                [("Password for ada: ", "rainy-tuesdayy\u{7F}-lamp"), ("Once more: ", "rainy-tuesday-lamp")])
            #expect(added.status == 0, "\(added.output)")
            #expect(added.output.contains("ada: added") && !added.output.contains("rainy"))
            let other = try await place.atTerminal(
                ["user", "add", "eve"], [("Password for eve: ", "rainy-tuesday-lamp"), ("Once more: ", "other")])
            #expect(other.status == 2 && other.output.contains("not the same"))
            let interrupted = try await place.atTerminal(["user", "add", "eve"], [("Password for eve: ", "half\u{3}")])
            #expect(interrupted.status == 130)
            #expect(try await place.json("user", "list").array?.count == 1)
        }
    }

    @Test("A user's life by the commands; passwords come from files and standard input")
    func life() async throws {
        try await withAccounts { place in
            let weak = try await place.run("user", "add", "ada", "--password-file", "-", input: "password1234\n")
            #expect(weak.status == 2 && weak.errors.contains("tried first") && !weak.errors.contains("password1234"))
            let added = try await place.run(
                "user", "add", "ada", "--password-file", "-", "--scope", "read", "--scope", "approve",
                input: "rainy-tuesday-lamp\n")
            #expect(added.status == 0, "\(added.errors)")
            #expect(
                try await place.run("user", "add", "ada", "--password-file", "-", input: "another-long-one").status == 1
            )
            let file = place.folder + "/password"
            try Data("the quick red kayak\n".utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            #expect(try await place.run("user", "update", "ada", "--password-file", file).status == 78)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            #expect(try await place.run("user", "update", "ada", "--password-file", file, "--note", "n").status == 0)
            #expect(try await place.run("user", "update", "ada").status == 2)
            #expect(try await place.run("user", "disable", "ada").status == 0)
            let user = try #require(try await place.json("user", "list")[0])
            #expect(user["enabled"] == false && user["note"] == "n" && user["scopes"] == ["read", "approve"])
            #expect(user["databases"] == .null && user["sessions"] == 0 && user["lockedUntil"] == .null)
            #expect(try await place.run("user", "enable", "ada").status == 0)
            #expect(try await place.run("user", "unlock", "ada").output == "ada: was not locked\n")
            #expect(try await place.json("user", "sessions").array == [])
            #expect(try await place.run("user", "delete", "ada").status == 0)
            for command in ["enable", "disable", "delete"] {
                #expect(try await place.run("user", command, "ada").status == 1)
            }
        }
    }

    @Test("No argument takes a password, and without a terminal the hint says how")
    func noArgument() async throws {
        try await withAccounts { place in
            #expect(try await place.run("user", "add", "ada", "--password", "rainy-tuesday-lamp").status == 2)
            let none = try await Program.run(
                executable: "/usr/bin/env",
                [
                    "python3", "-c",
                    // A leader of a group of processes cannot leave its terminal; a child can.
                    """
                    import os, sys
                    if os.fork():
                        sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
                    os.setsid()
                    os.execv(sys.argv[1], sys.argv[1:])
                    """,
                    Program.process("agentctl", []).executableURL?.path ?? "", "user", "add", "ada", "--config",
                    place.folder + "/agentd.yaml",
                ])
            #expect(none.status == 2 && none.errors.contains("--password-file FILE, or -"))
        }
    }
}

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
