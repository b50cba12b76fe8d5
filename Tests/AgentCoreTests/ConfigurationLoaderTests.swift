import AuthTokens
import Foundation
import Testing

@testable import AgentCore

/// A folder with a configuration file in it, removed after the test.
func withConfiguration<R>(_ yaml: String, mode: UInt32 = 0o600, _ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conf-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.replace(folder + "/agentd.yaml", contents: Array(yaml.utf8), mode: mode)
    return try body(folder + "/agentd.yaml")
}

private func error(_ body: () throws -> LoadedConfiguration) -> ConfigurationError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? ConfigurationError
    }
}

@Suite("Options, environment, file, defaults")
struct ConfigurationLoaderTests {
    private static let yaml = "databases:\n  - name: shop\n    host: file\n    port: 1\n  - name: hr\n"

    @Test("An option wins over the environment, the environment over the file, the file over the default")
    func order() throws {
        try withConfiguration(Self.yaml) { path in
            let loaded = try ConfigurationLoader.load(
                options: [ConfigurationOption(key: "database.host", value: "option", name: "--db-host")],
                environment: [
                    "AGENTD_DATABASES_SHOP_HOST": "environment", "AGENTD_DATABASE_PORT": "2",
                    "AGENTD_DATABASES_HR_POOL_MAX": "9", "AGENTD_TOOLS_DISABLED": "count_rows, read_resource",
                    "AGENTD_TELEMETRY_METRICS_LISTEN": "", "AGENTD_HTTP_LISTEN": "",
                ], file: path)
            let configuration = loaded.configuration
            #expect(configuration.databases.map(\.name) == ["shop", "hr"])
            #expect(configuration.databases.first?.host == "option")
            #expect(configuration.databases.first?.port == 2)
            #expect(configuration.databases.last?.pool.max == 9)
            #expect(configuration.tools.disabled == ["count_rows", "read_resource"])
            #expect(configuration.telemetry.metricsListen == nil)
            #expect(configuration.http.listen == "127.0.0.1:8080")
            #expect(loaded.origins["databases[0].host"] == .option(name: "--db-host"))
            #expect(loaded.origins["databases[0].port"] == .environment(name: "AGENTD_DATABASE_PORT"))
            #expect(loaded.origins["databases[0].name"] == .file(path: path, line: 2))
            #expect(loaded.origins["databases[0].user"] == .byDefault)
        }
    }

    @Test("A secret's form in a stronger source replaces another form in a weaker one")
    func secretForms() throws {
        try withConfiguration("databases: [{name: a, password_command: x}]") { path in
            let loaded = try ConfigurationLoader.load(
                environment: ["AGENTD_DATABASES_A_PASSWORD": "secret"], file: path)
            #expect(loaded.configuration.databases.first?.password == .literal("secret"))
        }
    }

    @Test("A URL in a stronger source replaces the parts that it says, and no others")
    func url() throws {
        try withConfiguration("databases: [{name: a, host: x, port: 1, user: u, password: p}]") { path in
            let loaded = try ConfigurationLoader.load(
                environment: ["AGENTD_DATABASE_URL": "postgresql://:q@y/d"], file: path)
            let database = try #require(loaded.configuration.databases.first)
            #expect(database.connectionParameters() == ["host": "y", "port": "1", "user": "u", "dbname": "d"])
            #expect(database.password == .literal("q"))
        }
    }

    @Test("An unknown variable is an error with what was meant")
    func unknownVariable() {
        let error = error {
            try ConfigurationLoader.load(environment: ["AGENTD_HTP_LISTEN": "x", "PGHOST": "h"])
        }
        #expect(
            error?.description == "AGENTD_HTP_LISTEN: unknown variable; did you mean AGENTD_HTTP_LISTEN?")
        #expect(error?.exitCode == 2)
    }

    @Test("A variable of the wrong type is named")
    func wrongVariable() {
        let error = error { try ConfigurationLoader.load(environment: ["AGENTD_DATABASE_PORT": "x"]) }
        #expect(
            error?.description == "AGENTD_DATABASE_PORT: expected a whole number from 1 to 65535; found \"x\"")
    }

    @Test("Two databases whose variables would be the same are told apart by an error, when one is used")
    func ambiguous() throws {
        try withConfiguration("databases: [{name: a-b}, {name: a.b}]") { path in
            _ = try ConfigurationLoader.load(environment: [:], file: path)
            let error = error {
                try ConfigurationLoader.load(environment: ["AGENTD_DATABASES_A_B_HOST": "x"], file: path)
            }
            #expect(error?.issues.first?.message.contains("ambiguous") == true)
        }
    }

    @Test("PG variables alone are a database called default, whose connection libpq makes")
    func libpq() throws {
        let loaded = try ConfigurationLoader.load(environment: ["PGHOST": "db1", "PGUSER": "u", "PGPASSWORD": "geheim"])
        #expect(loaded.configuration.databases == [DatabaseConfiguration(name: "default")])
        let text = loaded.printed()
        #expect(text.contains("host: db1"))
        #expect(text.contains("# environment PGHOST"))
        #expect(!text.contains("geheim"))
    }

    @Test("Options alone are a database called default, and the environment may name it")
    func optionsAlone() throws {
        let options = [ConfigurationOption(key: "database.host", value: "h", name: "--db-host")]
        #expect(
            try ConfigurationLoader.load(options: options, environment: [:]).configuration.databases.map(\.name)
                == ["default"])
        let named = try ConfigurationLoader.load(options: options, environment: ["AGENTD_DATABASE_NAME": "shop"])
        #expect(named.configuration.databases.map(\.name) == ["shop"])
    }

    @Test("No database at all is an error that says what to do, unless none is needed")
    func none() throws {
        let error = error { try ConfigurationLoader.load(environment: [:]) }
        #expect(error?.description.contains("no database is configured") == true)
        #expect(error?.exitCode == 2)
        _ = try ConfigurationLoader.load(environment: [:], requiresDatabase: false)
    }

    @Test("The file is looked for where the documentation says")
    func searchPath() {
        #expect(
            ConfigurationLoader.searchPath(["XDG_CONFIG_HOME": "/x", "HOME": "/h"])
                == ["agentd.yaml", "/x/postgres-agent/agentd.yaml", "/etc/postgres-agent/agentd.yaml"])
        #expect(
            ConfigurationLoader.searchPath(["HOME": "/h"])
                == ["agentd.yaml", "/h/.config/postgres-agent/agentd.yaml", "/etc/postgres-agent/agentd.yaml"])
        #expect(ConfigurationLoader.searchPath([:]) == ["agentd.yaml", "/etc/postgres-agent/agentd.yaml"])
    }

    @Test("AGENTD_CONFIG names the file; one that is missing is an error")
    func named() throws {
        try withConfiguration(Self.yaml) { path in
            let loaded = try ConfigurationLoader.load(environment: ["AGENTD_CONFIG": path])
            #expect(loaded.file == path)
        }
        let error = error { try ConfigurationLoader.load(environment: ["AGENTD_CONFIG": "/nonexistent"]) }
        #expect(error?.description == "AGENTD_CONFIG: cannot open /nonexistent: No such file or directory")
    }
}

@Suite("What would be dangerous is refused with exit code 78")
struct ConfigurationSecurityTests {
    @Test(
        "A secret in a file that others may read",
        arguments: ["password: geheim", "url: 'postgresql://u:geheim@h/d'"])
    func exposed(text: String) throws {
        try withConfiguration("databases: [{name: a, \(text)}]", mode: 0o644) { path in
            let error = error { try ConfigurationLoader.load(environment: [:], file: path) }
            #expect(error?.exitCode == 78)
            #expect(error?.description.contains("geheim") == false)
            #expect(error?.description.hasPrefix("\(path):1:") == true)
        }
        try withConfiguration("databases: [{name: a, \(text)}]", mode: 0o600) { path in
            _ = try ConfigurationLoader.load(environment: [:], file: path)
        }
    }

    @Test("A file without a secret may be read by others, but not changed")
    func writable() throws {
        try withConfiguration("databases: [{name: a}]", mode: 0o644) { path in
            _ = try ConfigurationLoader.load(environment: [:], file: path)
        }
        try withConfiguration("databases: [{name: a}]", mode: 0o646) { path in
            #expect(error { try ConfigurationLoader.load(environment: [:], file: path) }?.exitCode == 78)
        }
    }

    @Test("A secret's file that others may read; a missing one is a mistake")
    func secretFile() throws {
        try withConfiguration("databases: [{name: a, password_file: p}]") { path in
            #expect(error { try ConfigurationLoader.load(environment: [:], file: path) }?.exitCode == 2)
            let secret = path.dropLast("agentd.yaml".count) + "p"
            try AtomicFile.replace(String(secret), contents: Array("x\n".utf8), mode: 0o644)
            #expect(error { try ConfigurationLoader.load(environment: [:], file: path) }?.exitCode == 78)
            try AtomicFile.replace(String(secret), contents: Array("x\n".utf8), mode: 0o600)
            _ = try ConfigurationLoader.load(environment: [:], file: path)
        }
    }

    @Test("A password on the command line; in the environment it is taken")
    func commandLine() throws {
        let url = "postgresql://u:geheim@h/d"
        let error = error {
            try ConfigurationLoader.load(
                options: [ConfigurationOption(key: "database.url", value: url, name: "--db-url")], environment: [:])
        }
        #expect(error?.exitCode == 78)
        #expect(error?.description.contains("geheim") == false)
        let loaded = try ConfigurationLoader.load(environment: ["AGENTD_DATABASE_URL": url])
        #expect(loaded.configuration.databases.first?.password == .literal("geheim"))
        #expect(!loaded.printed().contains("geheim"))
    }
}
