import Foundation
import Testing

@Suite("agentctl config and completions")
struct AgentctlConfigTests {
    @Test("init writes a file that only its owner may read and that agentd takes")
    func initialise() throws {
        try withFolder { folder in
            #expect(try Program.agentctl.run(["config", "init"], in: folder).code == 0)
            let path = folder + "/agentd.yaml"
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try Program.agentctl.run(["config", "check"], in: folder).code == 0)
            #expect(try Program.agentd.run(["--check-config"], in: folder).code == 0)
        }
    }

    @Test("init keeps a file that exists, unless it is forced")
    func keeps() throws {
        try withFolder(["x.yaml": "mine"]) { folder in
            let kept = try Program.agentctl.run(["config", "init", "x.yaml"], in: folder)
            #expect(kept.code == 1)
            #expect(kept.errors.contains("--force"))
            #expect(try String(contentsOfFile: folder + "/x.yaml", encoding: .utf8) == "mine")
            #expect(try Program.agentctl.run(["config", "init", "x.yaml", "--force"], in: folder).code == 0)
            #expect(try String(contentsOfFile: folder + "/x.yaml", encoding: .utf8) != "mine")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix("tmp") } == [])
        }
    }

    @Test("init writes to standard output when asked to")
    func standardOutput() throws {
        try withFolder { folder in
            let result = try Program.agentctl.run(["config", "init", "-"], in: folder)
            #expect(result.output.contains("databases:\n"))
        }
    }

    @Test("check names what is wrong, with the code that agentd would end with")
    func check() throws {
        try withFolder(["x.yaml": "databases: [{name: a, prot: 1}]"]) { folder in
            let result = try Program.agentctl.run(["config", "check", "x.yaml"], in: folder)
            #expect(result.code == 2)
            #expect(result.errors == "x.yaml:1:23: databases[0].prot: unknown key; did you mean port?\n")
        }
    }

    @Test("A tool that does not exist cannot be switched off, wherever it is written")
    func toolNames() throws {
        let text = "databases: [{name: a, host: h}]\ntools:\n  disabled: [count_rows, query_databse]\n"
        try withFolder(["agentd.yaml": text]) { folder in
            let wrong = "expected the name of a tool; found \"query_databse\"; did you mean query_database?\n"
            for result in [
                try Program.agentctl.run(["config", "check"], in: folder),
                try Program.agentd.run(["--check-config"], in: folder),
            ] {
                #expect(result.code == 2)
                #expect(result.errors == "agentd.yaml:3:26: tools.disabled: " + wrong)
            }
            let environment = ["AGENTD_TOOLS_DISABLED": "query_databse"]
            let result = try Program.agentd.run(["--check-config"], environment: environment, in: folder)
            #expect(result.code == 2)
            #expect(result.errors.contains("AGENTD_TOOLS_DISABLED: ") && result.errors.contains(wrong))
        }
    }

    @Test("show prints JSON with key, value and origin")
    func show() throws {
        try withFolder(["agentd.yaml": "databases: [{name: a, password: \(Program.password)}]"]) { folder in
            let result = try Program.agentctl.run(["config", "show", "--json"], in: folder)
            let entries = try JSONDecoder().decode([[String: String]].self, from: Data(result.output.utf8))
            let expected = ["key": "databases[0].name", "value": "a", "origin": "agentd.yaml:1"]
            #expect(entries.contains(expected))
            #expect(!result.output.contains(Program.password))
        }
    }

    @Test("A subcommand that does not exist ends with exit code 2 and what was meant")
    func unknown() throws {
        try withFolder { folder in
            let result = try Program.agentctl.run(["config", "chek"], in: folder)
            #expect(result.code == 2)
            #expect(result.errors.contains("Did you mean 'check'?"))
        }
    }

    @Test("There is a completion script for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        try withFolder { folder in
            let result = try Program.agentctl.run(["completions", shell], in: folder)
            #expect(result.code == 0)
            #expect(result.output.contains("agentctl"))
            #expect(result.output.contains("completions"))
            // What an option takes one of is completed, those of a chat as well.
            for word in ["conversation", "verify-full", "approve", "refused", "dryRun"] {
                #expect(result.output.contains(word))
            }
            // To press Tab runs nothing of this program, which could read a file with a secret.
            #expect(!result.output.contains("---completion"))
        }
    }

    @Test("What a subcommand finds wrong with its arguments comes with its own usage")
    func usage() throws {
        try withFolder { folder in
            let result = try Program.agentctl.run(["classify", "absent.sql"], in: folder)
            #expect(result.code == 2)
            #expect(
                result.errors == """
                    Error: cannot open absent.sql: No such file or directory
                    Usage: agentctl classify [--json] [--jsonl] [<file>]

                    """)
        }
    }

    @Test("No completion script for another shell")
    func otherShell() throws {
        try withFolder { folder in
            let result = try Program.agentctl.run(["completions", "tcsh"], in: folder)
            #expect(result.code == 2)
        }
    }
}
