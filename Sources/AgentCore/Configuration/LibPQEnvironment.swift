/// The environment variables that libpq itself reads, as far as they say which database is meant.
enum LibPQEnvironment {
    /// The keys of a database's entry and the variables that fill them in, from libpq's `PQconninfoOptions`.
    static let variables: [(key: String, variable: String)] = [
        ("host", "PGHOST"), ("port", "PGPORT"), ("service", "PGSERVICE"), ("database", "PGDATABASE"),
        ("user", "PGUSER"), ("password", "PGPASSWORD"), ("sslmode", "PGSSLMODE"), ("sslrootcert", "PGSSLROOTCERT"),
        ("sslcert", "PGSSLCERT"), ("sslkey", "PGSSLKEY"), ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ]

    /// The variables that by themselves mean a database.
    private static let telling = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE", "PGUSER"]

    /// Whether the environment names a database for libpq.
    static func isPresent(in environment: [String: String]) -> Bool {
        telling.contains { environment[$0]?.isEmpty == false }
    }

    /// The values by key, without the password.
    static func values(in environment: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        for (key, variable) in variables {
            if let value = environment[variable], !value.isEmpty {
                result[key] = key == "password" ? "********" : value
            }
        }
        return result
    }
}
