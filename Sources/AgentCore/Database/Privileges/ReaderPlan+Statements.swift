internal import SQLClassifier

extension ReaderPlan {
    /// The plan for a role.
    ///
    /// - Parameters:
    ///   - role: The role to be made.
    ///   - facts: What the database is like.
    ///   - limits: The database's limits, from which the role's own time-outs are taken.
    init(role: String, facts: ReaderFacts, limits: QueryLimits) {
        var builder = Builder(role: Identifier.quote(role), database: Identifier.quote(facts.database))
        builder.addRole(limits)
        builder.addGrants(facts)
        builder.addPublic(facts)
        builder.addFunctions(facts)
        for function in facts.securityDefiner {
            builder.add(.application, "", "REVOKE EXECUTE ON FUNCTION \(function) FROM PUBLIC")
        }
        self.init(
            role: role, database: facts.database, schemas: facts.schemas, statements: builder.statements,
            warnings: builder.warnings)
    }

    /// Collects statements.
    private struct Builder {
        let role: String
        let database: String
        var statements: [Statement] = []
        var warnings: [String] = []

        init(role: String, database: String) {
            self.role = role
            self.database = database
        }

        mutating func add(_ reach: Statement.Reach, _ reason: String, _ sql: String) {
            statements.append(Statement(reach: reach, reason: reason, sql: sql))
        }

        mutating func addRole(_ limits: QueryLimits) {
            add(
                .role, "Every attribute is named, whatever the defaults of this server are.",
                "CREATE ROLE \(role) LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT")
            let settings = [
                ("default_transaction_read_only", "on"),
                ("statement_timeout", "\(limits.statementTimeout.wholeMilliseconds)ms"),
                ("lock_timeout", "\(limits.lockTimeout.wholeMilliseconds)ms"),
                ("idle_in_transaction_session_timeout", "60s"),
            ]
            for (index, (name, value)) in settings.enumerated() {
                add(
                    .role,
                    index == 0
                        ? "A second line of defence: the session can change these. What holds is that nothing is granted."
                        : "",
                    "ALTER ROLE \(role) SET \(name) = \(ReaderPlan.literal(value))")
            }
        }

        mutating func addGrants(_ facts: ReaderFacts) {
            add(.role, "What it may read.", "GRANT CONNECT ON DATABASE \(database) TO \(role)")
            for schema in facts.schemas {
                let name = Identifier.quote(schema)
                add(.role, "", "GRANT USAGE ON SCHEMA \(name) TO \(role)")
                add(.role, "", "GRANT SELECT ON ALL TABLES IN SCHEMA \(name) TO \(role)")
            }
            for (index, table) in facts.fileTables.enumerated() {
                add(
                    .role, index == 0 ? "Foreign tables that read files or run programs on the server." : "",
                    "REVOKE SELECT ON TABLE \(table) FROM \(role)")
            }
            var isFirst = true
            for schema in facts.schemas {
                var makers = facts.owners.filter { $0.schema == schema && $0.isReachable }.map(\.role)
                if !makers.contains(facts.administrator) { makers.append(facts.administrator) }
                for maker in makers {
                    add(
                        .role, isFirst ? "Tables to come, of those who have made tables there." : "",
                        "ALTER DEFAULT PRIVILEGES FOR ROLE \(Identifier.quote(maker)) IN SCHEMA "
                            + "\(Identifier.quote(schema)) GRANT SELECT ON TABLES TO \(role)")
                    isFirst = false
                }
            }
            let strangers = Set(facts.owners.filter { !$0.isReachable }.map(\.role)).sorted()
            if !strangers.isEmpty {
                warnings.append(
                    "tables of \(strangers.prefix(5).map(Identifier.quote).joined(separator: ", ")) need a superuser or their "
                        + "owner to grant SELECT on them, now and for tables to come")
            }
        }

        mutating func addPublic(_ facts: ReaderFacts) {
            for (index, privilege) in facts.publicDatabase.enumerated() {
                add(
                    .everybody,
                    index == 0
                        ? "TEMPORARY: programs that make temporary tables need it. CREATE: makes schemas." : "",
                    "REVOKE \(privilege) ON DATABASE \(database) FROM PUBLIC")
            }
            for (index, schema) in facts.publicSchemas.enumerated() {
                add(
                    .everybody, index == 0 ? "Up to PostgreSQL 14 everybody may create tables in schema public." : "",
                    "REVOKE CREATE ON SCHEMA \(Identifier.quote(schema)) FROM PUBLIC")
            }
            for table in facts.publicTables {
                add(.everybody, "", "REVOKE \(table.detail) ON TABLE \(table.name) FROM PUBLIC")
            }
            for sequence in facts.publicSequences {
                add(.everybody, "", "REVOKE USAGE, UPDATE ON SEQUENCE \(sequence) FROM PUBLIC")
            }
        }

        /// The functions that the guard refuses and everybody may call, group by group, each with who may miss it.
        mutating func addFunctions(_ facts: ReaderFacts) {
            let candidates = facts.publicFunctions.filter { !GrantedFunctions.isHarmless($0.detail) }
            var groups: [String: [String]] = [:]
            for function in candidates {
                groups[RefusedFunctions.why[function.detail] ?? "is refused by the guard", default: []]
                    .append(function.name)
            }
            for why in groups.keys.sorted() {
                let users = GrantedFunctions.users.first { key, _ in groups[why]?.contains { $0.hasPrefix(key) } == true
                }
                let note = users.map { "\nNeeded by \($0.value)." } ?? ""
                for (index, function) in (groups[why] ?? []).enumerated() {
                    add(
                        .everybody, index == 0 ? "Functions the guard refuses: each \(why).\(note)" : "",
                        "REVOKE EXECUTE ON FUNCTION \(function) FROM PUBLIC")
                }
            }
        }
    }
}
