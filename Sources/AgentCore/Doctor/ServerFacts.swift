internal import PGConnector

/// What a live server says of itself that an operator should know.
struct ServerFacts: Sendable {
    /// The host that was reached; the folder of the socket when it was one.
    var host = ""
    /// Whether the connection is encrypted.
    var isEncrypted = false
    /// Such as 150008.
    var version = 0
    /// The difference of the server's clock to this one's, in seconds.
    var clockSkew = 0.0
    /// Settings by name; what the server does not have is missing.
    var settings: [String: String] = [:]
    /// The rules of `pg_hba.conf`, when the role may see them.
    var rules: AccessRules?

    /// What `pg_hba.conf` lets in.
    struct AccessRules: Sendable {
        /// Rules that let in from another machine without a password.
        var trustRemote = 0
        /// Rules that let in from this machine without a password.
        var trustLocal = 0
        /// Rules that take a password in clear over a connection that may be plain.
        var clear = 0
    }

    /// The settings that are asked for.
    static let names = [
        "password_encryption", "log_connections", "log_disconnections", "fsync", "full_page_writes", "ssl",
    ]
}

extension Database {
    /// Asks the server about itself, past the guard, with statements of the agent's own.
    ///
    /// - Parameter clock: Says the present in seconds since 1970.
    /// - Throws: ``QueryFailure``.
    func serverFacts(clock: () -> Double) async throws(QueryFailure) -> ServerFacts {
        do {
            var facts = ServerFacts()
            (facts.host, facts.isEncrypted, facts.version) = try await runner.client.withConnection {
                ($0.host, $0.isEncrypted, $0.serverVersion)
            }
            let before = clock()
            let rows = try await runner.readCatalog(
                [(Self.clockQuery, []), (Self.settingsQuery, [.text(ArrayLiteral.of(ServerFacts.names))])],
                maximumRows: 100, for: .privileges)
            let after = clock()
            if let time = rows[0].first?.string(0).flatMap(Double.init) {
                // Somewhere between question and answer: what may be the way is not counted.
                facts.clockSkew = time < before ? before - time : max(0, time - after)
            }
            for row in rows[1] { facts.settings[row.string(0) ?? ""] = row.string(1) ?? "" }
            if rows[0].first?.string(1) == "t" {
                let rules = try await runner.readCatalog([(Self.rulesQuery, [])], maximumRows: 1, for: .privileges)[0]
                if let row = rules.first {
                    facts.rules = ServerFacts.AccessRules(
                        trustRemote: row.integer(0) ?? 0, trustLocal: row.integer(1) ?? 0, clear: row.integer(2) ?? 0)
                }
            }
            return facts
        } catch {
            throw .wrapping(error, sql: "", database: name)
        }
    }

    private static let clockQuery = """
        SELECT extract(epoch FROM pg_catalog.clock_timestamp()), \
        pg_catalog.has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT') \
        AND pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE')
        """

    private static let settingsQuery = """
        SELECT s.name, s.setting FROM pg_catalog.pg_settings AS s \
        WHERE s.name OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])
        """

    private static let rulesQuery = """
        SELECT count(*) FILTER (WHERE r.auth_method = 'trust' AND r.type <> 'local' \
        AND coalesce(r.address, '') NOT IN ('127.0.0.1', '::1', 'localhost')), \
        count(*) FILTER (WHERE r.auth_method = 'trust' AND (r.type = 'local' \
        OR r.address IN ('127.0.0.1', '::1', 'localhost'))), \
        count(*) FILTER (WHERE r.auth_method = 'password' AND r.type IN ('host', 'hostnossl')) \
        FROM pg_catalog.pg_hba_file_rules AS r WHERE r.error IS NULL
        """
}

/// PostgreSQL's major releases and how long each is mended.
enum PostgresRelease {
    /// The day after which there are no more releases (postgresql.org/support/versioning).
    private static let ends = [
        10: "2022-11-10", 11: "2023-11-09", 12: "2024-11-21", 13: "2025-11-13", 14: "2026-11-12", 15: "2027-11-11",
        16: "2028-11-09", 17: "2029-11-08", 18: "2030-11-14",
    ]

    /// The last day of a version such as 150008, RFC 3339; `nil` for one that came later than this table.
    static func end(of version: Int) -> String? {
        let major = version / 10000
        return major < 10 ? "2021-11-11" : ends[major]
    }
}
