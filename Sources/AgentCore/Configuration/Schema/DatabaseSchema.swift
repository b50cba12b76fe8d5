/// Every key of an entry of `databases`, section by section, in the order of the reference.
enum DatabaseSchema {
    private typealias Maker = KeyMaker<DatabaseConfiguration>

    private static let day: Duration = .seconds(86400)
    private static let largest = 1 << 40

    private static func section(
        _ path: String, _ summary: String,
        _ keys: (KeyMaker<DatabaseConfiguration>) -> [KeySchema<DatabaseConfiguration>]
    ) -> SectionSchema<DatabaseConfiguration> {
        SectionSchema(
            path: path, summary: summary, keys: keys(Maker(prefix: path.isEmpty ? "" : path + ".", awaits: nil)))
    }

    /// The sections of an entry.
    static let sections: [SectionSchema<DatabaseConfiguration>] = [
        section("", "") { key in connection(key) + safety(key) },
        section("schemas", "Which schemas are shown") { key in
            [
                key.list("include", \.schemas.include, "Only these; empty: all"),
                key.list("exclude", \.schemas.exclude, "But not these"),
            ]
        },
        section("pool", "How many connections, and for how long") { key in
            [
                key.integer("max", \.pool.max, 1...1000, "The most connections at once"),
                key.integer("min", \.pool.min, 0...1000, "How many are kept when idle"),
                key.duration("idle", \.pool.idle, .seconds(1)...day, "After how long an idle connection is closed"),
                key.duration("lifetime", \.pool.lifetime, .seconds(1)...day, "After how long any one is replaced"),
                key.duration(
                    "acquire_timeout", \.pool.acquireTimeout, .milliseconds(1)...day,
                    "How long a query waits for a connection"),
            ]
        },
        section("limits", "How large and how long a query may be") { key in
            [
                key.integer("rows", \.limits.rows, 1...10_000_000, "The most rows of one answer"),
                key.size("bytes", \.limits.bytes, 1024...largest, "The most bytes of one answer"),
                key.size("row_bytes", \.limits.rowBytes, 1024...largest, "The most bytes of one row as it arrives"),
                key.size("cell_bytes", \.limits.cellBytes, 16...largest, "The most bytes of one cell in the answer"),
                key.duration(
                    "statement_timeout", \.limits.statementTimeout, .milliseconds(1)...day,
                    "How long a statement may run"),
                key.duration(
                    "lock_timeout", \.limits.lockTimeout, .milliseconds(1)...day,
                    "How long a statement may wait for a lock"),
                key.integer(
                    "concurrent_per_token", \.limits.concurrentPerToken, 1...1000,
                    "How many queries of one token run at once"),
            ]
        },
    ]

    private static func connection(
        _ key: KeyMaker<DatabaseConfiguration>
    ) -> [KeySchema<DatabaseConfiguration>] {
        [
            key.text("name", \.name, as: .databaseName, "What callers call it: letters, digits, `_`, `.`, `-`; unique"),
            key.text("host", \.host, "The server: a name, an address, or the folder of a socket"),
            key.hosts("hosts", \.hosts, "Several servers to try in turn, each with `host` and perhaps `port`"),
            key.integer("port", \.port, 1...65535, "The server's port"),
            key.text("service", \.service, "An entry of the connection service file"),
            key.url("url", \.url, "All of it as a `postgresql://` URL"),
            key.text("database", \.database, "The name of the database on the server"),
            key.text("user", \.user, "The role to connect as"),
            key.secret("password", \.password, "The role's password"),
            key.choice("sslmode", \.sslmode, "How TLS is used"),
            key.text(
                "sslrootcert", \.sslrootcert, as: .pathOrSystem,
                "The certificates that the server's is checked against, or `system`"),
            key.text("sslcert", \.sslcert, as: .path, "The client's certificate"),
            key.text("sslkey", \.sslkey, as: .path, "The client's private key"),
            key.choice(
                "target_session_attrs", \.targetSessionAttrs, "Which kind of server is wanted among several"),
        ]
    }

    private static func safety(_ key: KeyMaker<DatabaseConfiguration>) -> [KeySchema<DatabaseConfiguration>] {
        [
            key.boolean(
                "allow_writes", \.allowWrites,
                "DANGEROUS: whether statements that write may be run, each with a person's approval"),
            key.choice(
                "write_confirmation", \.writeConfirmation,
                "Who confirms a write: `required`: a person, asked by the server; `client`: the client is trusted to ask"
            ),
            key.choice("pooler", \.pooler, "What stands before the server: `transaction` for PgBouncer in that mode"),
            key.text("run_as_role", \.runAsRole, "The role that statements run as, by SET ROLE"),
            key.boolean(
                "require_least_privilege", \.requireLeastPrivilege,
                "Whether a connection with more rights than reading needs is refused"),
            key.list(
                "allow_functions", \.allowFunctions, as: .function,
                "Functions to let through that would be refused: `schema.name`, `schema.name(types)`, `schema.*`"),
            key.list("allow_relations", \.allowRelations, "Relations to let through that would be refused"),
            key.list("allow_settings", \.allowSettings, "Settings to let through that would be refused"),
            key.list(
                "users", \.users,
                "Who may use it over HTTP: users, owners of tokens, oauth:SUBJECT; empty: everyone with a token for it"),
        ]
    }

    /// Every key of an entry.
    static let keys: [KeySchema<DatabaseConfiguration>] = sections.flatMap(\.keys)
}
