internal import PGConnector

/// What a server says of itself, and what the role of the connection may do there.
public struct SystemInfo: Sendable, Hashable {
    /// Such as `15.8`.
    public let postgresqlVersion: String
    /// Such as 150008.
    public let versionNumber: Int
    /// Such as `linux-gnu`.
    public let operatingSystem: String
    /// Such as `x86_64-pc-linux-gnu`.
    public let architecture: String
    /// Such as `gcc (Debian 12.2.0-14) 12.2.0`.
    public let compiler: String
    /// Such as `64-bit`.
    public let bitVersion: String
    /// The database's name on the server.
    public let database: String
    /// The role that statements run as.
    public let user: String
    /// The role that logged in.
    public let sessionUser: String
    /// The host that was reached.
    public let host: String
    /// The port that was reached.
    public let port: String
    /// The configured name.
    public let connectionName: String
    /// Whether the configuration allows writes.
    public let allowWrites: Bool
    /// Whether the server is a standby or in recovery.
    public let inRecovery: Bool
    /// Whether the connection is encrypted.
    public let isEncrypted: Bool
    /// What the role could do if the guard were not there.
    public let privileges: Privileges

    /// What a role may do.
    public struct Privileges: Sendable, Hashable {
        /// May do everything.
        public let superuser: Bool
        /// May create databases.
        public let createDatabase: Bool
        /// May create roles.
        public let createRole: Bool
        /// May replicate.
        public let replication: Bool
        /// Passes row-level security.
        public let bypassRLS: Bool
        /// Member of `pg_read_server_files`.
        public let readServerFiles: Bool
        /// Member of `pg_write_server_files`.
        public let writeServerFiles: Bool
        /// Member of `pg_execute_server_program`.
        public let executeServerProgram: Bool
        /// May insert into, update, delete from or truncate at least one table outside of the system schemas.
        public let writeTables: Bool
        /// May create objects in the database or in a schema.
        public let createObjects: Bool

        /// Whether the role can do no more than reading needs.
        public var isLeast: Bool {
            ![
                superuser, createDatabase, createRole, replication, bypassRLS, readServerFiles, writeServerFiles,
                executeServerProgram, writeTables, createObjects,
            ].contains(true)
        }
    }
}

extension Database {
    /// Asks the server about itself and about the role's privileges.
    ///
    /// - Throws: ``QueryFailure``.
    public func systemInfo() async throws(QueryFailure) -> SystemInfo {
        let name = name
        do {
            let (host, port, encrypted) = try await client.withConnection {
                ($0.host, $0.port, $0.isEncrypted)
            }
            guard let row = try await runner.readCatalog([(Self.systemInfoQuery, [])], maximumRows: 1)[0].first else {
                throw QueryFailure(.unexpected, "The server did not answer about itself.")
            }
            func flag(_ column: Int) -> Bool { row.string(column) == "t" }
            let version = ServerVersionText(row.string(0) ?? "")
            return SystemInfo(
                postgresqlVersion: version.version, versionNumber: row.integer(1) ?? 0,
                operatingSystem: version.operatingSystem, architecture: version.architecture,
                compiler: version.compiler, bitVersion: version.bits, database: row.string(2) ?? "",
                user: row.string(3) ?? "", sessionUser: row.string(4) ?? "", host: host, port: port,
                connectionName: name, allowWrites: configuration.allowWrites, inRecovery: flag(5),
                isEncrypted: encrypted,
                privileges: SystemInfo.Privileges(
                    superuser: flag(6), createDatabase: flag(7), createRole: flag(8), replication: flag(9),
                    bypassRLS: flag(10), readServerFiles: flag(11), writeServerFiles: flag(12),
                    executeServerProgram: flag(13), writeTables: flag(14), createObjects: flag(15)))
        } catch {
            throw .wrapping(error, sql: "", database: name)
        }
    }

    static let systemInfoQuery = """
        SELECT pg_catalog.version(), pg_catalog.current_setting('server_version_num'), pg_catalog.current_database(), \
        CURRENT_USER, SESSION_USER, pg_catalog.pg_is_in_recovery(), \
        r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls, \
        pg_catalog.pg_has_role('pg_read_server_files', 'MEMBER'), \
        pg_catalog.pg_has_role('pg_write_server_files', 'MEMBER'), \
        pg_catalog.pg_has_role('pg_execute_server_program', 'MEMBER'), \
        EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n \
        ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v}'::pg_catalog."char"[]) \
        AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema' \
        AND (pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') \
        OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE'))), \
        pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') \
        OR EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_' \
        AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')) \
        FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER
        """
}

/// The parts of what `version()` says: `PostgreSQL 15.8 (Debian …) on x86_64-pc-linux-gnu, compiled by gcc …, 64-bit`.
struct ServerVersionText {
    private(set) var version = ""
    private(set) var architecture = ""
    private(set) var operatingSystem = ""
    private(set) var compiler = ""
    private(set) var bits = ""

    init(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        if words.count > 1 { version = words[1].filter { $0 != "," }.description }
        guard let on = words.firstIndex(of: "on"), on + 1 < words.count else { return }
        architecture = words[on + 1].filter { $0 != "," }.description
        // cpu-vendor-os: the operating system may itself hold a dash.
        let parts = architecture.split(separator: "-", maxSplits: 2)
        operatingSystem = parts.count > 2 ? String(parts[2]) : architecture
        if let last = words.last, last.hasSuffix("-bit") { bits = String(last) }
        if let by = words.firstIndex(of: "by"), by + 1 < words.count {
            let end = bits.isEmpty ? words.count : words.count - 1
            var name = words[(by + 1)..<max(end, by + 1)].joined(separator: " ")
            if name.hasSuffix(",") { name.removeLast() }
            compiler = name
        }
    }
}
