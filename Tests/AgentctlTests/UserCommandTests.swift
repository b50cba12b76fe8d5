import Foundation
import MCPProtocol
import Testing

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
            #expect(try await place.run("user", "add", "ada", "--password", "in-a-list-of-processes").status == 2)
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
