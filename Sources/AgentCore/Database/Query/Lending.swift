internal import PGConnector

extension QueryRunner {
    /// Whose work a connection is lent for.
    enum Purpose {
        /// A call of somebody, who may have only so many at once.
        case caller
        /// The agent's own reading, which calls of several callers may be waiting for.
        case agent
        /// Finding out what the role could do, which everything else waits for.
        case privileges
    }

    /// Lends a connection: the one door to the server, so that here is decided whether the database is served at all, and
    /// how many connections a caller may hold.
    ///
    /// - Parameters:
    ///   - purpose: whose work it is for.
    ///   - body: uses the connection, which must not be kept.
    /// - Throws: ``QueryFailure`` when the database is not served or the caller has too many calls running; `PGError`
    ///   when no connection can be had; what `body` throws.
    func lend<Result>(
        for purpose: Purpose = .caller, _ body: (PGConnection) async throws -> Result
    ) async throws -> Result {
        if purpose != .privileges { try await privileges.admit { try await privilegeReport() } }
        guard purpose == .caller else { return try await client.withConnection(body) }
        return try await callers.run { try await client.withConnection(body) }
    }

    /// What the role of the connections could do.
    func privilegeReport() async throws -> PrivilegeReport {
        let version = try await client.withConnection { $0.serverVersion }
        let reader = PrivilegeReader(
            ask: { try await readCatalog($0, maximumRows: 10_000, for: .privileges) }, serverVersion: version)
        return try await reader.report(database: database)
    }
}

extension Database {
    /// What the role could do, as it was when the database was last looked at.
    func knownPrivileges() async throws(QueryFailure) -> PrivilegeReport {
        if let report = runner.privileges.known { return report }
        return try await privilegeReport()
    }

    /// What the role of this database's connections could do if the guard were not there, asked anew. It is answered also
    /// when `require_least_privilege` keeps the database from being served.
    ///
    /// - Throws: ``QueryFailure``.
    public func privilegeReport() async throws(QueryFailure) -> PrivilegeReport {
        do {
            let report = try await runner.privilegeReport()
            runner.privileges.note(report)
            return report
        } catch {
            throw .wrapping(error, sql: "", database: name)
        }
    }
}
