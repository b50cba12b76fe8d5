internal import MCPProtocol

extension SystemInfo {
    /// What `pg://system_info` holds, by the names of its interface.
    var json: JSONValue {
        var object = JSONObject()
        object["postgresql_version"] = .string(postgresqlVersion)
        object["version_number"] = .integer(Int64(versionNumber))
        object["operating_system"] = .string(operatingSystem)
        object["architecture"] = .string(architecture)
        object["compiler"] = .string(compiler)
        object["bit_version"] = .string(bitVersion)
        object["database"] = .string(database)
        object["user"] = .string(user)
        object["session_user"] = .string(sessionUser)
        object["host"] = .string(host)
        object["port"] = Int64(port).map { .integer($0) } ?? .string(port)
        object["connection_name"] = .string(connectionName)
        object["encrypted"] = .bool(isEncrypted)
        object["allow_writes"] = .bool(allowWrites)
        object["in_recovery"] = .bool(inRecovery)
        object["privileges"] = privileges.json
        return .object(object)
    }
}

extension SystemInfo.Privileges {
    /// Each privilege beyond reading by its name, and whether there is none.
    var json: JSONValue {
        var object: JSONObject = ["least": .bool(isLeast)]
        for (name, isHeld) in named { object[name] = .bool(isHeld) }
        return .object(object)
    }

    /// The names of the privileges beyond reading that the role has.
    public var held: [String] { named.filter(\.isHeld).map(\.name) }

    private var named: [(name: String, isHeld: Bool)] {
        [
            ("superuser", superuser), ("create_database", createDatabase), ("create_role", createRole),
            ("replication", replication), ("bypass_row_security", bypassRLS), ("read_server_files", readServerFiles),
            ("write_server_files", writeServerFiles), ("execute_server_program", executeServerProgram),
            ("write_tables", writeTables), ("create_objects", createObjects),
        ]
    }
}
