import Foundation
import MCPProtocol
import Testing

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
