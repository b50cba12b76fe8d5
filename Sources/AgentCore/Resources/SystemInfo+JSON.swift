package import MCPProtocol

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

extension PrivilegeReport {
    /// Each privilege of the interface by its name, whether there is none, and all findings.
    package var json: JSONValue {
        var object: JSONObject = ["least": .bool(isLeast)]
        for (name, codes) in Self.named { object[name] = .bool(codes.contains { holds($0) }) }
        object["role"] = .string(role)
        object["login_role"] = .string(loginRole)
        object["findings"] = .array(findings.map(\.json))
        return .object(object)
    }

    private static let named: [(name: String, codes: [PrivilegeFinding.Code])] = [
        ("superuser", [.superuser]), ("create_database", [.createDatabase]), ("create_role", [.createRole]),
        ("replication", [.replication]), ("bypass_row_security", [.bypassRowSecurity]),
        ("read_server_files", [.readServerFiles, .serverFileFunctions]),
        ("write_server_files", [.writeServerFiles, .serverFileFunctions]),
        ("execute_server_program", [.executeServerProgram]),
        ("write_tables", [.writeTables, .writeAllData, .ownRelations]),
        ("create_objects", [.createObjects, .createInDatabase, .ownDatabase, .ownSchemas]),
    ]
}

extension PrivilegeFinding {
    /// The finding by the names of its interface.
    var json: JSONValue {
        var object = JSONObject()
        object["code"] = .string(code.rawValue)
        object["severity"] = .string(severity.rawValue)
        object["text"] = .string(text)
        if !names.isEmpty {
            object["names"] = .array(names.map { .string($0) })
            object["total"] = .integer(Int64(total))
        }
        object["remedy"] = .string(remedy)
        return .object(object)
    }
}
