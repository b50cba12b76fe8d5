internal import PGConnector
internal import SQLClassifier

/// Makes a role that only reads a database, over a connection of an administrator: what `agentctl db create-reader` does.
///
/// It does not pass the guard, and so it is for the operator's own terminal and nothing else.
public final class ReaderSetup: Sendable {
    private let client: PGClient
    private let configuration: DatabaseConfiguration

    /// Prepares it; does not connect.
    ///
    /// - Parameter configuration: The database, with the user who may create roles.
    public init(configuration: DatabaseConfiguration) {
        var administrator = configuration
        // Neither the role that statements run as nor a read-only session could create a role.
        administrator.runAsRole = nil
        administrator.allowWrites = true
        administrator.pool.max = 1
        administrator.pool.min = 0
        self.configuration = administrator
        client = PGClient(configuration: PGConfiguration(administrator))
    }

    /// Ends the connection.
    public func shutdown() async { await client.shutdown() }

    /// Looks at the database and plans what has to be done.
    ///
    /// - Parameters:
    ///   - role: The role to be made.
    ///   - schemas: The schemas that it shall read; empty for all but the system's.
    /// - Throws: ``QueryFailure``; of the kind `invalidArgument` when the role exists, a schema does not, or a name cannot
    ///   be one.
    public func plan(role: String, schemas: [String]) async throws(QueryFailure) -> ReaderPlan {
        for name in [role] + schemas where !(1...63).contains(name.utf8.count) || name.utf8.contains(0) {
            throw .invalidArgument("\(PlainText.excerpt(name)) is no name: 1 to 63 bytes, without NUL.")
        }
        guard !role.hasPrefix("pg_"), role != "public", role != "none" else {
            throw .invalidArgument("\(PlainText.excerpt(role)) is a name that PostgreSQL keeps for itself.")
        }
        let facts: ReaderFacts
        do {
            facts = try await client.withTransaction(readOnly: true) { connection in
                try await connection.execute(ReaderPlan.searchPath)
                return try await ReaderFacts.read(connection, role: role, schemas: schemas)
            }
        } catch {
            throw .wrapping(error, sql: "", database: configuration.name)
        }
        guard !facts.roleExists else {
            throw .invalidArgument(
                "There is a role \(PlainText.quoted(role)) already, with whatever it was granted. Take another name, or look at "
                    + "it: agentctl db privileges with --db-user.")
        }
        if let missing = schemas.first(where: { !facts.schemas.contains($0) }) {
            throw .invalidArgument("There is no schema \(PlainText.quoted(missing)) in this database.")
        }
        guard facts.schemas.count <= 200 else {
            throw .invalidArgument("The database has more than 200 schemas: name those to be read with --schema.")
        }
        return ReaderPlan(role: role, facts: facts, limits: configuration.limits)
    }

    /// What the server keeps instead of a password, computed here.
    ///
    /// - Parameters:
    ///   - password: The password.
    ///   - role: Whose it is.
    /// - Throws: ``QueryFailure``.
    public func verifier(of password: String, for role: String) async throws(QueryFailure) -> String {
        do {
            return try await client.withConnection { try $0.scramVerifier(password: password, role: role) }
        } catch {
            throw .wrapping(error, sql: "", database: configuration.name)
        }
    }

    /// Runs a plan in one transaction, and looks at what the role could do then.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - verifier: The password's verifier; nil for a role without a password.
    ///   - revokesFromPublic: Whether what touches everybody is run too.
    /// - Returns: What the role could do.
    /// - Throws: ``QueryFailure``; nothing has changed then.
    public func run(
        _ plan: ReaderPlan, verifier: String?, revokesFromPublic: Bool
    ) async throws(QueryFailure) -> PrivilegeReport {
        do {
            return try await client.withTransaction { connection in
                try await connection.execute(ReaderPlan.searchPath)
                for statement in plan.run(verifier: verifier, revokesFromPublic: revokesFromPublic) {
                    try await connection.execute(statement)
                }
                let reader = PrivilegeReader(
                    ask: { statements in
                        var tables: [[PGRow]] = []
                        for statement in statements {
                            tables.append(try await connection.execute(statement.sql, statement.parameters).rows)
                        }
                        return tables
                    }, serverVersion: connection.serverVersion)
                return try await reader.report(database: configuration.name, role: plan.role)
            }
        } catch {
            throw .wrapping(error, sql: "", database: configuration.name)
        }
    }
}
