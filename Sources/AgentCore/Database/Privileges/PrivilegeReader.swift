internal import PGConnector

/// Asks what a role could do, in two round trips, and turns the answers into findings.
struct PrivilegeReader {
    /// Runs statements in one read-only transaction: as ``QueryRunner/readCatalog(_:maximumRows:)`` does.
    let ask: ([(sql: String, parameters: [PGParameter])]) async throws -> [[PGRow]]
    /// The server's version, such as 150018.
    let serverVersion: Int

    /// What a role could do.
    ///
    /// - Parameters:
    ///   - database: The configured name of the database.
    ///   - role: The role; nil for the one that the session logged in as.
    func report(database: String, role: String? = nil) async throws -> PrivilegeReport {
        let login: String
        let running: String
        if let role {
            login = role
            running = role
        } else {
            let session = try await ask([(PrivilegeQueries.session, [])])[0].first
            login = session?.string(0) ?? ""
            running = session?.string(1) ?? ""
        }
        let name = PGParameter.text(login)
        let first = try await ask([(PrivilegeQueries.prelude, []), (PrivilegeQueries.attributes, [name])])
        var findings = Self.attributes(first[1])
        // Of a superuser there is nothing more to be said, and the rest would list every object that there is.
        if !findings.contains(where: { $0.code == .superuser }) {
            findings += try await details(name)
        }
        return PrivilegeReport(database: database, loginRole: login, role: running, findings: findings)
    }

    private func details(_ role: PGParameter) async throws -> [PrivilegeFinding] {
        let predefined = PGParameter.text(ArrayLiteral.of(PredefinedRoles.all.map(\.name)))
        let refused = PGParameter.text(ArrayLiteral.of(RefusedFunctions.why.keys.sorted()))
        var statements: [(sql: String, parameters: [PGParameter])] = [
            (PrivilegeQueries.prelude, []),
            (PrivilegeQueries.predefined, [role, predefined]),
            (PrivilegeQueries.owned, [role]),
            (PrivilegeQueries.tables, [role]),
            (PrivilegeQueries.sequences, [role]),
            (PrivilegeQueries.creation, [role]),
            (PrivilegeQueries.largeObjects, [role]),
            (PrivilegeQueries.functions, [role, refused]),
            (PrivilegeQueries.securityDefiner, [role]),
            (PrivilegeQueries.secrets, [role]),
        ]
        if serverVersion >= 150_000 { statements.append((PrivilegeQueries.parameters, [role])) }
        let tables = try await ask(statements)
        var findings = Self.predefined(tables[1]) + Self.owned(tables[2])
        findings += Self.tables(tables[3]) + Self.sequences(tables[4]) + Self.creation(tables[5])
        findings += Self.largeObjects(tables[6]) + Self.functions(tables[7])
        findings += Self.securityDefiner(tables[8]) + Self.secrets(tables[9])
        if tables.count > 10 { findings += Self.parameters(tables[10]) }
        return findings
    }

    // MARK: Answers

    private static let attributeTexts:
        [(column: Int, code: PrivilegeFinding.Code, severity: PrivilegeFinding.Severity, text: String, word: String)] =
            [
                (
                    2, .superuser, .critical,
                    "could do everything: it is a superuser, and so could a function replaced during a read",
                    "NOSUPERUSER"
                ),
                (3, .createRole, .critical, "could create roles and grant itself others (CREATEROLE)", "NOCREATEROLE"),
                (4, .replication, .critical, "could copy the whole server (REPLICATION)", "NOREPLICATION"),
                (5, .bypassRowSecurity, .critical, "passes row-level security (BYPASSRLS)", "NOBYPASSRLS"),
                (6, .createDatabase, .write, "could create databases (CREATEDB)", "NOCREATEDB"),
            ]

    private static func attributes(_ rows: [PGRow]) -> [PrivilegeFinding] {
        let found = attributeTexts.compactMap { entry -> PrivilegeFinding? in
            let holders = rows.filter { $0.string(entry.column) == "t" }
            guard !holders.isEmpty else { return nil }
            // The role itself has it, or it could become others that do.
            let own = holders.first { $0.string(0) == "t" }
            let names = own.map { [$0.string(1) ?? ""] } ?? holders.compactMap { $0.string(1) }
            let first = names.first ?? ""
            return PrivilegeFinding(
                entry.code, entry.severity,
                own == nil ? entry.text + ", as a role that it may become by SET ROLE" : entry.text, names: names,
                remedy: own == nil
                    ? "REVOKE \(first) FROM the role, or log in as another"
                    : "log in as a role that only reads (agentctl db create-reader), or ALTER ROLE \(first) \(entry.word)"
            )
        }
        // A superuser's other attributes say nothing more.
        let isSuperuser = rows.contains { $0.string(0) == "t" && $0.string(2) == "t" }
        return isSuperuser ? Array(found.prefix(1)) : found
    }

    private static func predefined(_ rows: [PGRow]) -> [PrivilegeFinding] {
        PredefinedRoles.all.compactMap { entry in
            guard let row = rows.first(where: { $0.string(0) == entry.name }) else { return nil }
            return PrivilegeFinding(
                entry.code, entry.severity, entry.text + ": member of \(entry.name)",
                remedy: "REVOKE \(entry.name) FROM \(row.string(1) ?? "the role")")
        }
    }

    private static func owned(_ rows: [PGRow]) -> [PrivilegeFinding] {
        let kinds: [(kind: String, code: PrivilegeFinding.Code, text: String)] = [
            ("d", .ownDatabase, "owns the database, and could change or drop all of it"),
            ("n", .ownSchemas, "owns schemas, and could create in them, change and drop them"),
            ("c", .ownRelations, "owns tables, views or sequences, and could write to, change and drop them"),
        ]
        return kinds.compactMap { kind in
            let names = rows.filter { $0.string(0) == kind.kind }
            guard let first = names.first else { return nil }
            return PrivilegeFinding(
                kind.code, .write, kind.text, names: names.compactMap { $0.string(1) }, total: first.integer(2),
                remedy: "log in as a role that owns nothing (agentctl db create-reader)")
        }
    }

    private static func tables(_ rows: [PGRow]) -> [PrivilegeFinding] {
        guard let first = rows.first else { return [] }
        let isPublic = rows.contains { $0.string(2) == "t" }
        let words = Set(rows.flatMap { ($0.string(1) ?? "").split(separator: ", ").map(String.init) }).sorted()
        return [
            PrivilegeFinding(
                .writeTables, .write, "may write to tables (\(words.joined(separator: ", ")))",
                names: rows.compactMap { $0.string(0) }, total: first.integer(3),
                remedy: "REVOKE \(words.joined(separator: ", ")) ON these tables FROM the role"
                    + (isPublic ? " and from PUBLIC" : ""))
        ]
    }

    private static func sequences(_ rows: [PGRow]) -> [PrivilegeFinding] {
        guard let first = rows.first else { return [] }
        return [
            PrivilegeFinding(
                .sequences, .write, "may advance or set sequences", names: rows.compactMap { $0.string(0) },
                total: first.integer(2),
                remedy: "REVOKE USAGE, UPDATE ON these sequences FROM the role"
                    + (rows.contains { $0.string(1) == "t" } ? " and from PUBLIC" : ""))
        ]
    }

    private static func creation(_ rows: [PGRow]) -> [PrivilegeFinding] {
        func from(_ rows: [PGRow]) -> String { rows.contains { $0.string(3) == "t" } ? "PUBLIC" : "the role" }
        var findings: [PrivilegeFinding] = []
        let schemas = rows.filter { $0.string(0) == "n" }
        if let first = schemas.first {
            findings.append(
                PrivilegeFinding(
                    .createObjects, .write, "may create tables and functions in schemas",
                    names: schemas.compactMap { $0.string(1) }, total: first.integer(4),
                    remedy: "REVOKE CREATE ON these schemas FROM \(from(schemas))"))
        }
        let database = rows.filter { $0.string(0) == "d" }
        for (privilege, code, text) in [
            ("CREATE", PrivilegeFinding.Code.createInDatabase, "may create schemas in the database"),
            ("TEMPORARY", .temporaryTables, "may create temporary tables, which take space on the server"),
        ] {
            let held = database.filter { $0.string(2) == privilege }
            guard let row = held.first else { continue }
            findings.append(
                PrivilegeFinding(
                    code, .write, text,
                    remedy: "REVOKE \(privilege) ON DATABASE \(row.string(1) ?? "") FROM \(from(held))"))
        }
        return findings
    }

    private static func largeObjects(_ rows: [PGRow]) -> [PrivilegeFinding] {
        guard let row = rows.first else { return [] }
        if row.string(1) == "on" {
            return [
                PrivilegeFinding(
                    .largeObjects, .write, "may write to every large object: lo_compat_privileges is on",
                    remedy: "set lo_compat_privileges = off on the server")
            ]
        }
        guard let count = row.integer(0), count > 0 else { return [] }
        return [
            PrivilegeFinding(
                .largeObjects, .write, "may write to large objects (\(count == 1000 ? "1000 or more" : "\(count)"))",
                remedy: "REVOKE UPDATE ON LARGE OBJECT … FROM the role, or ALTER LARGE OBJECT … OWNER TO another")
        ]
    }

    private static func functions(_ rows: [PGRow]) -> [PrivilegeFinding] {
        var remaining = rows
        func take(
            _ code: PrivilegeFinding.Code, _ severity: PrivilegeFinding.Severity, _ text: String,
            where belongs: (String) -> Bool
        ) -> PrivilegeFinding? {
            let taken = remaining.filter { belongs($0.string(0) ?? "") }
            guard !taken.isEmpty else { return nil }
            remaining.removeAll { belongs($0.string(0) ?? "") }
            let isPublic = taken.contains { $0.string(1) == "t" }
            return PrivilegeFinding(
                code, severity, text, names: taken.compactMap { $0.string(0) },
                remedy: "REVOKE EXECUTE ON these functions FROM \(isPublic ? "PUBLIC" : "the role"); "
                    + "agentctl db create-reader prints the statements")
        }
        return [
            take(.serverFileFunctions, .critical, "may call functions that read or write the server's files") {
                GrantedFunctions.ofServerFiles.contains($0)
            },
            take(.createLargeObjects, .write, "may create large objects") {
                GrantedFunctions.createLargeObjects.contains($0)
            },
            take(.writeAheadLog, .write, "may write messages into the write-ahead log") {
                $0 == "pg_logical_emit_message"
            },
            take(.refusedFunctions, .note, "may call functions that the guard refuses") {
                !GrantedFunctions.isHarmless($0)
            },
        ].compactMap(\.self)
    }

    private static func securityDefiner(_ rows: [PGRow]) -> [PrivilegeFinding] {
        guard let first = rows.first else { return [] }
        return [
            PrivilegeFinding(
                .securityDefiner, .write, "may call volatile functions that run with their owner's rights",
                names: rows.compactMap { $0.string(0) }, total: first.integer(1),
                remedy: "REVOKE EXECUTE ON these functions FROM PUBLIC, and GRANT it to the roles that need them")
        ]
    }

    private static func secrets(_ rows: [PGRow]) -> [PrivilegeFinding] {
        let names = rows.compactMap { $0.string(0) }
        let hashes = names.filter { $0 == "pg_authid" || $0 == "pg_shadow" }
        let others = names.filter { !hashes.contains($0) }
        var findings: [PrivilegeFinding] = []
        if !hashes.isEmpty {
            findings.append(
                PrivilegeFinding(
                    .readPasswordHashes, .exposure, "could read the password hashes of all roles", names: hashes,
                    remedy: "REVOKE SELECT ON \(hashes.joined(separator: ", ")) FROM the role"))
        }
        if !others.isEmpty {
            findings.append(
                PrivilegeFinding(
                    .readSecrets, .exposure, "could read catalogs that hold credentials or every large object",
                    names: others, remedy: "REVOKE SELECT ON \(others.joined(separator: ", ")) FROM the role"))
        }
        return findings
    }

    private static func parameters(_ rows: [PGRow]) -> [PrivilegeFinding] {
        guard let first = rows.first else { return [] }
        return [
            PrivilegeFinding(
                .alterSystem, .critical, "may change settings of the whole server (ALTER SYSTEM)",
                names: rows.compactMap { $0.string(0) }, total: first.integer(1),
                remedy: "REVOKE ALTER SYSTEM ON PARAMETER … FROM the role")
        ]
    }
}
