import Foundation
import Testing

@Suite("agentd's command line")
struct AgentdTests {
    private static let good = "databases:\n  - name: shop\n    host: db1\n"

    @Test("The version is printed, with exit code 0")
    func version() throws {
        try withFolder { folder in
            let result = try Program.agentd.run(["--version"], in: folder)
            #expect(result.code == 0)
            #expect(result.output.hasPrefix("agentd "))
        }
    }

    @Test("Help is printed, with exit code 0", arguments: ["--help", "-h", "-help"])
    func help(option: String) throws {
        try withFolder { folder in
            let result = try Program.agentd.run([option], in: folder)
            #expect(result.code == 0)
            for name in ["--config", "--stdio", "--http", "--db-url", "--check-config", "--print-config", "--no-auth"] {
                #expect(result.output.contains(name))
            }
        }
    }

    @Test("A good configuration is checked, with exit code 0", arguments: ["--config", "-config"])
    func check(option: String) throws {
        try withFolder(["a.yaml": Self.good]) { folder in
            let result = try Program.agentd.run([option, "a.yaml", "--check-config", "-no-auth"], in: folder)
            #expect(result.code == 0)
            let warning = "warning: --no-auth has no effect without --http\n"
            #expect(result.output == warning + "a.yaml: the configuration is valid, 1 database\n")
            #expect(result.errors.isEmpty)
        }
    }

    @Test("What there is of a configuration is printed when it names no database")
    func printNothing() throws {
        try withFolder { folder in
            let result = try Program.agentd.run(["--print-config"], in: folder)
            #expect(result.code == 0)
            #expect(result.output.contains("databases: []"))
        }
    }

    @Test("./agentd.yaml is found")
    func found() throws {
        try withFolder(["agentd.yaml": Self.good]) { folder in
            let result = try Program.agentd.run(["--check-config"], in: folder)
            #expect(result.output.hasPrefix("agentd.yaml: "))
        }
    }

    @Test("The configuration is printed with where each value came from")
    func print() throws {
        try withFolder(["agentd.yaml": Self.good + "    password: \(Program.password)\n"]) { folder in
            let result = try Program.agentd.run(
                ["--print-config", "--db-user", "me"], environment: ["AGENTD_DATABASE_PORT": "7"], in: folder)
            #expect(result.code == 0)
            for text in [
                "host: db1", "# agentd.yaml:3", "user: me", "# option --db-user", "port: 7",
                "# environment AGENTD_DATABASE_PORT", "# default",
            ] { #expect(result.output.contains(text)) }
            #expect(!result.output.contains(Program.password))
        }
    }

    @Test(
        "An unknown option ends with exit code 2 and what was meant",
        arguments: [
            (["--confg", "x"], "'--config'"), (["-htp"], "'--http'"), (["--db-hots=x"], "'--db-host'"),
            (["--print-confg"], "'--print-config'"),
        ])
    func unknownOption(arguments: [String], meant: String) throws {
        try withFolder { folder in
            let result = try Program.agentd.run(arguments, in: folder)
            #expect(result.code == 2)
            #expect(result.errors.contains("Did you mean \(meant)?"))
            #expect(result.output.isEmpty)
        }
    }

    @Test(
        "Wrong usage ends with exit code 2",
        arguments: [
            (["--stdio", "--http"], "exclude each other"),
            (["--db-host", "x", "--http", "--no-auth", "--tls-key", "k"], "a key needs its certificate"),
            (["--listen", "x"], "--listen: expected HOST:PORT"), (["--config"], "Missing value"),
            (["--config", "nowhere.yaml"], "--config: cannot open nowhere.yaml"), (["extra"], "Unexpected argument"),
            ([], "no database is configured"),
            (["--log-level", "loud", "--db-host", "x"], "--log-level: expected one of"),
            (["--db-url", "mysql://h"], "--db-url: not a PostgreSQL URL"),
        ])
    func wrongUsage(arguments: [String], message: String) throws {
        try withFolder { folder in
            let result = try Program.agentd.run(arguments, in: folder)
            #expect(result.code == 2)
            #expect(result.errors.contains(message))
            #expect(result.output.isEmpty)
        }
    }

    @Test(
        "A mistake in the file ends with exit code 2, with file, line and column",
        arguments: [
            ("htp: {}", "a.yaml:1:1: htp: unknown key; did you mean http?"),
            ("databases:\n\t- name: x", "a.yaml:2:1: "),
            ("databases:\n  - name: x\n    prot: 1", "a.yaml:3:5: databases[0].prot: unknown key; did you mean port?"),
            ("embedding: { provider: ollama }", "a.yaml:1:24: embedding.provider: not supported yet"),
            ("a: 1\na: 2", "a.yaml:1:1: "),
        ])
    func wrongFile(yaml: String, message: String) throws {
        try withFolder(["a.yaml": yaml]) { folder in
            let result = try Program.agentd.run(["--config", "a.yaml"], in: folder)
            #expect(result.code == 2)
            #expect(result.errors.hasPrefix(message))
        }
    }

    @Test("What is dangerous ends with exit code 78")
    func dangerous() throws {
        try withFolder(["a.yaml": Self.good + "    password: \(Program.password)\n"]) { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/a.yaml")
            let exposed = try Program.agentd.run(["--config", "a.yaml"], in: folder)
            #expect(exposed.code == 78)
            #expect(exposed.errors.hasPrefix("a.yaml:4:15: databases[0].password: "))
            let url = try Program.agentd.run(["--db-url", "postgres://u:geheim@h/d"], in: folder)
            #expect(url.code == 78)
            #expect(!exposed.errors.contains(Program.password) && !url.errors.contains("geheim"))
        }
    }

    @Test("An unknown variable ends with exit code 2")
    func unknownVariable() throws {
        try withFolder { folder in
            let result = try Program.agentd.run([], environment: ["AGENTD_HTP_LISTEN": "x", "PGHOST": "h"], in: folder)
            #expect(result.code == 2)
            #expect(result.errors.contains("did you mean AGENTD_HTTP_LISTEN?"))
        }
    }

    @Test("An argument that steers a terminal is shown escaped")
    func hostileArgument() throws {
        try withFolder { folder in
            let result = try Program.agentd.run(["--x\u{1B}[2J"], in: folder)
            #expect(result.code == 2)
            #expect(!result.errors.contains("\u{1B}"))
        }
    }
}
