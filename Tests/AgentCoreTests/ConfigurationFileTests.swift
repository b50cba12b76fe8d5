import Testing

@testable import AgentCore

/// The sample of the configuration's description, with every key.
let completeSample = """
    http:
      enabled: false
      listen: 127.0.0.1:8080
      tls: { cert_file: , key_file: , chain_file: , terminated_by_proxy: false }
      allowed_origins: []
      allowed_hosts: []
      client_ip: { header: , trusted_proxies: [] }
      max_body_bytes: 4194304
      max_sessions: 1000
      auth:
        enabled: true
        token_file: tokens.yaml
        user_file: users.yaml
        rate_limit: { attempts: 10, window: 15m }
        lockout: { failures: 5, duration: 15m }
        session_lifetime: 24h
        oauth: { issuer: , audience: , jwks_url: , scopes: {} }
    databases:
      - name: shop
        host: localhost
        port: 5432
        database: shop
        user: reader
        password_file:
        sslmode: prefer
        target_session_attrs: any
        allow_writes: false
        write_confirmation: required
        pooler: none
        run_as_role:
        require_least_privilege: false
        allow_functions: []
        allow_relations: []
        allow_settings: []
        schemas: { include: [], exclude: [] }
        users: []
        pool: { max: 4, min: 0, idle: 10m, lifetime: 1h, acquire_timeout: 5s }
        limits: { rows: 1000, bytes: 1MiB, row_bytes: 16MiB, cell_bytes: 32KiB, statement_timeout: 30s,
            lock_timeout: 2s, concurrent_per_token: 2 }
    llm: { provider: , model: , api_key_file: , base_url: , max_tokens: 4096, timeout: 120s }
    embedding: { provider: , model: , api_key_file: , base_url: }
    tools: { disabled: [] }
    definitions: []
    state: { directory: , store: sqlite }
    audit: { file: , sql: full }
    telemetry: { metrics_listen: 127.0.0.1:9464, log_level: info, log_format: json }
    secret_file:
    approval_lifetime: 5m
    shutdown_grace: 10s

    """

/// The issues that a text has.
func issues(_ yaml: String) -> [ConfigurationIssue] {
    do {
        try ConfigurationLoader.check(yaml: yaml, name: "t.yaml")
        return []
    } catch {
        return error.issues
    }
}

@Suite("The configuration file")
struct ConfigurationFileTests {
    @Test("The sample with every key loads, and says what the defaults are")
    func sample() throws {
        let configuration = try ConfigurationLoader.check(yaml: completeSample, name: "t.yaml").configuration
        var expected = AgentConfiguration()
        expected.http.auth.tokenFile = "/tokens.yaml"
        expected.http.auth.userFile = "/users.yaml"
        var shop = DatabaseConfiguration(name: "shop")
        shop.host = "localhost"
        shop.port = 5432
        shop.database = "shop"
        shop.user = "reader"
        shop.sslmode = .prefer
        shop.targetSessionAttrs = .any
        expected.databases = [shop]
        #expect(configuration == expected)
    }

    @Test(
        "An empty text, comments alone, and empty sections are a configuration of defaults",
        arguments: ["", "# nothing\n", "---\n", "http:\ntools:\ndatabases:\n", "{}", "\u{FEFF}tools: {}\n"])
    func empty(yaml: String) throws {
        var expected = AgentConfiguration()
        expected.http.auth.tokenFile = "/tokens.yaml"
        expected.http.auth.userFile = "/users.yaml"
        #expect(try ConfigurationLoader.check(yaml: yaml, name: "t.yaml").configuration == expected)
    }

    @Test("A section may be anchored and used again")
    func alias() throws {
        let yaml = """
            databases:
              - name: a
                limits: &limits {rows: 7}
              - name: b
                limits: *limits
            """
        let databases = try ConfigurationLoader.check(yaml: yaml, name: "t.yaml").configuration.databases
        #expect(databases.map(\.limits.rows) == [7, 7])
    }

    @Test("Relative paths start from the folder of the file")
    func paths() throws {
        let yaml = "databases: [{name: a, sslkey: ./k.pem, sslrootcert: system, password_file: /p}]"
        let database = try #require(
            try ConfigurationLoader.check(yaml: yaml, name: "t.yaml").configuration.databases.first)
        #expect(database.sslkey == "/k.pem")
        #expect(database.sslrootcert == "system")
        #expect(database.password == .file("/p"))
    }

    @Test("Servers are given as text or as mappings")
    func hosts() throws {
        let yaml = "databases: [{name: a, hosts: [{host: db1, port: 5433}, {host: db2}, 'db3:1', '[::1]:2']}]"
        let database = try #require(
            try ConfigurationLoader.check(yaml: yaml, name: "t.yaml").configuration.databases.first)
        #expect(
            database.hosts == [
                HostAddress(host: "db1", port: 5433), HostAddress(host: "db2"), HostAddress(host: "db3", port: 1),
                HostAddress(host: "::1", port: 2),
            ])
    }

    @Test(
        "A mistake is named with its place, its key and what was meant",
        arguments: [
            ("htp: {}", "t.yaml:1:1: htp: unknown key; did you mean http?"),
            ("http:\n  lsten: x", "t.yaml:2:3: http.lsten: unknown key; did you mean listen?"),
            (
                "databases:\n  - name: a\n    statement_timeout: 3s",
                "t.yaml:3:5: databases[0].statement_timeout: unknown key; did you mean limits.statement_timeout?"
            ),
            ("statement_timeout: 3s", "t.yaml:1:1: statement_timeout: unknown key"),
            ("host: x", "t.yaml:1:1: host: unknown key; it belongs to an entry of databases"),
            ("http: 5", "t.yaml:1:7: http: expected a mapping (KEY: VALUE); found text"),
            ("- a", "t.yaml:1:1: expected a mapping (KEY: VALUE); found a list"),
            (
                "databases: {shop: {}}",
                "t.yaml:1:12: databases: expected a list; found a mapping; begin each database with \"- name: \""
            ),
            (
                "databases:\n  - host: x",
                "t.yaml:2:5: databases[0]: a database needs a name; add \"name: \" and a word"
            ),
            (
                "databases: [{name: a}, {name: a}]",
                "t.yaml:1:31: databases[1].name: another database is called a already"
            ),
            (
                "databases: [{name: 'a b'}]",
                "t.yaml:1:20: databases[0].name: expected 1 to 63 letters, digits, _, . or -; found \"a b\""
            ),
            (
                "databases: [{name: a, port: 70000}]",
                "t.yaml:1:29: databases[0].port: expected a whole number from 1 to 65535; found \"70000\""
            ),
            (
                "databases: [{name: a, port: '5432'}]",
                "t.yaml:1:29: databases[0].port: expected a whole number from 1 to 65535; found the text \"5432\"; "
                    + "write it without quotes"
            ),
            (
                "databases: [{name: a, allow_writes: yes}]",
                "t.yaml:1:37: databases[0].allow_writes: expected true or false; found \"yes\"; write true"
            ),
            (
                "databases: [{name: a, sslmode: verify_full}]",
                "t.yaml:1:32: databases[0].sslmode: expected one of disable, allow, prefer, require, verify-ca, "
                    + "verify-full; found \"verify_full\"; did you mean verify-full?"
            ),
            ("tools: {disabled: query}", "t.yaml:1:19: tools.disabled: expected a list; found text; write [\"query\"]"),
            (
                "tools: {disabled: [count_rows, [b]]}",
                "t.yaml:1:32: tools.disabled: an element of the list must be text; found a list"
            ),
            (
                "databases: [{name: a, host: x, url: 'postgresql://y'}]",
                "t.yaml:1:29: databases[0].host: url says it as well; keep one of them"
            ),
            (
                "databases: [{name: a, host: x, hosts: [y]}]",
                "t.yaml:1:39: databases[0].hosts: host is given as well; keep one of them"
            ),
            (
                "databases: [{name: a, password_file: x, password_command: y}]",
                "t.yaml:1:59: databases[0].password_command: given twice: line 1 says it as well; keep one of them"
            ),
            (
                "databases: [{name: a, pool: {min: 9}}]",
                "t.yaml:1:35: databases[0].pool.min: pool.min is 9, more than pool.max, 4"
            ),
            (
                "http: {listen: ':8080'}",
                "t.yaml:1:16: http.listen: expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080; found \":8080\""
            ),
            ("<<: {}", "t.yaml:1:1: <<: merge keys are not supported; anchor and repeat the whole section"),
        ])
    func mistake(yaml: String, message: String) {
        #expect(issues(yaml).map(\.description) == [message])
    }

    @Test(
        "What a later version brings is refused, not ignored",
        arguments: [
            "embedding: {provider: ollama}", "embedding: {api_key_command: 'vault'}", "embedding: {model: m}",
            "definitions: [tools.yaml]",
        ])
    func notSupportedYet(yaml: String) throws {
        let issue = try #require(issues(yaml).first)
        #expect(issues(yaml).count == 1)
        #expect(issue.message.contains("not supported yet"))
        #expect(issue.line == 1 && issue.column != nil && issue.key != nil)
        #expect(ConfigurationError(issues: [issue]).exitCode == 2)
    }

    @Test(
        "No metrics listener is a wish that is granted, however nothing is written", arguments: ["", "\"\"", "''", "~"])
    func noMetrics(nothing: String) throws {
        let loaded = try ConfigurationLoader.check(yaml: "telemetry: {metrics_listen: \(nothing)}", name: "t.yaml")
        #expect(loaded.configuration.telemetry.metricsListen == nil)
    }

    @Test("Every mistake is told at once, in the order of the file")
    func allAtOnce() {
        let found = issues("databases:\n  - prot: 1\n    name: a\n    port: x\nhtp: 1\n")
        #expect(found.map(\.line) == [2, 4, 5])
    }

    @Test("A thousand mistakes are told in fifty-one lines")
    func bounded() {
        let yaml = (0..<1000).map { "unknown_\($0): 1\n" }.joined()
        #expect(issues(yaml).count == 51)
        #expect(issues(yaml).last?.message == "and 950 more")
    }

    @Test(
        "No message repeats a secret", arguments: ["password: [geheim]", "password: {geheim: 1}", "url: 'x:geheim@h'"])
    func noSecrets(text: String) {
        let found = issues("databases: [{name: a, \(text)}]")
        #expect(found.count == 1)
        #expect(!found.map(\.description).joined().contains("geheim"))
    }

    @Test("A key that steers a terminal is shown escaped")
    func hostileKey() {
        let text = issues("\"a\\e[2Jb\": 1").map(\.description).joined()
        #expect(text == "t.yaml:1:1: \"a\\u001b[2Jb\": unknown key")
    }
}
