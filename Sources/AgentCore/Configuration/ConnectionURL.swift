/// A `postgresql://` URL taken apart as libpq does.
public struct ConnectionURL: Sendable, Hashable {
    /// libpq's keywords and their values, without the password.
    public let parameters: [String: String]
    /// The password that the URL held.
    let password: String?

    init(parameters: [String: String], password: String?) {
        self.parameters = parameters
        self.password = password
    }
}

extension DatabaseConfiguration {
    /// The connection as libpq keywords, with only what is set and without the password.
    ///
    /// What is absent libpq takes from `PG*`, the service file and its own defaults.
    public func connectionParameters() -> [String: String] {
        var result = url?.parameters ?? [:]
        if !hosts.isEmpty {
            result["host"] = hosts.map(\.host).joined(separator: ",")
            // libpq takes an empty element as the default port; one without any port leaves PGPORT in force.
            if port != nil || hosts.contains(where: { $0.port != nil }) {
                result["port"] = hosts.map { address in (address.port ?? port).map(String.init) ?? "" }
                    .joined(separator: ",")
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
        for case let (keyword, value?) in keywords { result[keyword] = value }
        return result
    }
}
