extension DatabaseConfiguration {
    /// The connection as libpq keywords, with only what is set and without the password.
    ///
    /// What is absent libpq takes from `PG*`, the service file and its own defaults. Keys of the entry win over the
    /// same part of its URL.
    public func connectionParameters() -> [String: String] {
        var result = url?.parameters ?? [:]
        if !hosts.isEmpty {
            result["host"] = hosts.map(\.host).joined(separator: ",")
            // libpq takes an empty element as the default port; without any, PGPORT stays in force.
            if port != nil || hosts.contains(where: { $0.port != nil }) {
                let ports = hosts.map { address in (address.port ?? port).map { String($0) } ?? "" }
                result["port"] = ports.joined(separator: ",")
            }
        } else {
            if let host { result["host"] = host }
            if let port { result["port"] = String(port) }
        }
        let keywords: [(String, String?)] = [
            ("service", service), ("dbname", database), ("user", user), ("sslmode", sslmode?.rawValue),
            ("sslrootcert", sslrootcert), ("sslcert", sslcert), ("sslkey", sslkey),
            ("target_session_attrs", targetSessionAttrs?.rawValue),
        ]
        for case (let keyword, let value?) in keywords { result[keyword] = value }
        return result
    }
}
