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
    public let privileges: PrivilegeReport
}

extension Database {
    /// Asks the server about itself and about the role's privileges.
    ///
    /// - Throws: ``QueryFailure``.
    public func systemInfo() async throws(QueryFailure) -> SystemInfo {
        let name = name
        do {
            let (host, port, encrypted) = try await runner.lend {
                ($0.host, $0.port, $0.isEncrypted)
            }
            let rows = try await runner.readCatalog([(Self.systemInfoQuery, [])], maximumRows: 1, for: .caller)[0]
            guard let row = rows.first else {
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
                privileges: try await knownPrivileges())
        } catch {
            throw .wrapping(error, sql: "", database: name)
        }
    }

    static let systemInfoQuery = """
        SELECT pg_catalog.version(), pg_catalog.current_setting('server_version_num'), pg_catalog.current_database(), \
        CURRENT_USER, SESSION_USER, pg_catalog.pg_is_in_recovery()
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
