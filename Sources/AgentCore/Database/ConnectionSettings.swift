internal import PGConnector
internal import SQLClassifier

extension PGConfiguration {
    /// How a database's configuration becomes a client's.
    init(_ database: DatabaseConfiguration) {
        var parameters = database.connectionParameters()
        // Shown in pg_stat_activity. A pooler takes this startup parameter too.
        if parameters["application_name"] == nil { parameters["fallback_application_name"] = "agentd" }
        self.init(
            parameters: parameters,
            pool: PGPoolConfiguration(
                max: database.pool.max, min: database.pool.min, idleTimeout: database.pool.idle,
                lifetime: database.pool.lifetime, acquireTimeout: database.pool.acquireTimeout),
            maximumRowBytes: database.limits.rowBytes,
            sessionSetup: Self.sessionSetup(database),
            passwordProvider: Self.passwordProvider(database.password))
    }

    /// What is set once per session. Behind a pooler in transaction mode that would reach other clients, so nothing is;
    /// each transaction is BEGIN READ ONLY there as everywhere.
    private static func sessionSetup(_ database: DatabaseConfiguration) -> [String] {
        guard database.pooler == .none else { return [] }
        var statements = ["SET standard_conforming_strings = on", clientCheck]
        if let role = database.runAsRole { statements.append("SET ROLE " + Identifier.quote(role)) }
        if !database.allowWrites { statements.append("SET default_transaction_read_only = on") }
        return statements
    }

    /// A statement that catches its own cancellation goes on when its connection has been closed, unless the server looks
    /// whether somebody is still there: from version 14 on, where the system can tell it.
    private static let clientCheck = """
        SELECT pg_catalog.set_config('client_connection_check_interval', '5s', false) \
        WHERE pg_catalog.current_setting('client_connection_check_interval', true) OPERATOR(pg_catalog.=) '0' \
        AND pg_catalog.version() OPERATOR(pg_catalog.~) 'linux'
        """

    private static func passwordProvider(_ secret: Secret?) -> (@Sendable () async throws -> String?)? {
        guard let secret else { return nil }
        return { try await secret.resolve() }
    }
}
