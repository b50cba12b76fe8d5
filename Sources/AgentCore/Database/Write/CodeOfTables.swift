internal import PGConnector
internal import SQLClassifier

/// What a write would run besides what it says: triggers, rules, defaults, checks and policies of the tables that it reaches,
/// written by somebody else, run with the rights of the connection.
enum CodeOfTables {
    /// The most warnings about them in one question.
    static let most = 20

    /// The sentence that says it could not be found out.
    static let unknown =
        "what triggers, rules, defaults and checks of its tables run could not be read: they may be somebody else's, and run "
        + "with the rights of this connection"

    /// Built-in functions that change something but stand in defaults everywhere.
    private static let ordinary = HarmlessFunctions.builtin.union(HarmlessFunctions.ofExtensions).union(["nextval"])

    /// The statement that asks for it.
    ///
    /// - Parameter plan: what would be run.
    /// - Returns: the statement with its parameters; nil when the plan mentions no name.
    static func statement(for plan: WritePlan) -> (sql: String, parameters: [PGParameter])? {
        let names = relations(of: plan)
        guard !names.isEmpty else { return nil }
        return (
            query,
            [
                .text(ArrayLiteral.of(names)), .text(plan.steps.allSatisfy(onlyInserts) ? "false" : "true"),
                .text(ArrayLiteral.of(ordinary.sorted())),
            ]
        )
    }

    /// The sentences about the answer's rows.
    static func warnings(_ rows: [[String?]]) -> [String] {
        var warnings = rows.map(sentence)
        if warnings.count > most {
            warnings.removeSubrange((most - 1)...)
            warnings.append("more code of other roles than is listed here runs with the rights of this connection")
        }
        return warnings
    }

    /// Whether a statement adds rows to one table and changes none, so that nothing cascades.
    private static func onlyInserts(_ step: WritePlan.Step) -> Bool {
        step.statement.isReadOnly
            || step.statement.commandTag == "INSERT" && step.shape.rowChanges.count == 1
                && !step.shape.keywords.contains("CONFLICT")
    }

    /// Every name that may be a relation's, as it would be written in SQL.
    private static func relations(of plan: WritePlan) -> [String] {
        var names: Set<String> = []
        for step in plan.steps {
            for mention in step.statement.relations { names.insert(spelling(mention.name.parts)) }
            switch step.statement.commandTag {
            case "SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "EXPLAIN": break
            // Of other statements not every name is told by its position: TRUNCATE t, COPY t (a) FROM …
            default: addNames(in: step.sql, to: &names)
            }
        }
        return names.sorted()
    }

    private static func addNames(in sql: String, to names: inout Set<String>) {
        let chains = LexemeReader.read(sql) { reader in
            var chains: [[String]] = []
            var continues = false
            while let token = reader.next() {
                if token.isName {
                    let name = reader.name(of: token)
                    if continues, !chains.isEmpty {
                        chains[chains.count - 1].append(name)
                    } else {
                        chains.append([name])
                    }
                    continues = false
                } else {
                    continues = token.kind == .dot
                }
            }
            return chains
        }
        for chain in chains { names.insert(spelling(chain)) }
    }

    /// A name with its schema; the database before it can only be this one.
    private static func spelling(_ parts: [String]) -> String {
        parts.suffix(2).map(Identifier.quote).joined(separator: ".")
    }

    /// One row of the answer: kind, name, schema and relation, schema and function, owner, whether the function is the
    /// owner's.
    private static func sentence(_ row: [String?]) -> String {
        func name(_ schema: Int, _ name: Int) -> String {
            [row[schema], row[name]].compactMap(\.self).map(Identifier.quote).joined(separator: ".")
        }
        func quoted(_ column: Int) -> String { Identifier.quote(row[column] ?? "") }
        let (relation, owner) = (name(2, 3), quoted(6))
        let what: String
        switch row[0] {
        case "trigger": what = "the trigger \(quoted(1)) of \(relation)"
        case "condition": what = "the condition of the trigger \(quoted(1)) of \(relation)"
        case "default": what = "the default of the column \(quoted(1)) of \(relation)"
        case "column": what = "the generated column \(quoted(1)) of \(relation)"
        case "check": what = "the check \(quoted(1)) of \(relation)"
        case "domain": what = "the domain \(quoted(1)), which \(relation) uses,"
        case "policy": what = "the row policy \(quoted(1)) of \(relation)"
        case "query": what = "the query of the view \(relation)"
        case "index": what = "the index \(quoted(1)) of \(relation)"
        case "partition": what = "the partition key of \(relation)"
        case "rule" where row[5] != nil: what = "the rule \(quoted(1)) of \(relation)"
        case "rule":
            return SafeText.cleanLine(
                "the rule \(quoted(1)) of \(relation), which belongs to \(owner), runs with the rights of this connection"
            )
        default: return "more tables are reached than were looked at for code of other roles"
        }
        let whose = row[7] == "t" ? "which belongs to \(owner)" : "which \(owner) put there"
        return SafeText.cleanLine(
            "\(what) runs \(name(4, 5))(), \(whose), with the rights of this connection")
    }

    /// Where a stored expression turns a value into another type, which may be a domain with a check.
    private static let coercion = ":resulttype ([0-9]+)"

    /// Code of roles that are neither superusers nor the connection's own, of all relations that are reached: partitions and
    /// children, what lies behind views and rules, tables that a foreign key cascades to. A trigger's internal ones belong to a
    /// superuser. Expressions are looked at as they are stored: pg_depend names neither the function behind an operator nor a
    /// built-in one, and a default that calls pg_read_file is its author's code too.
    ///
    /// `$1`: names of relations; `$2`: whether rows are changed or removed; `$3`: volatile functions that are ordinary.
    private static let query = """
        WITH RECURSIVE walk(oid) AS ( \
        SELECT pg_catalog.to_regclass(n.name)::pg_catalog.oid FROM pg_catalog.unnest($1::pg_catalog.text[]) AS \
        n(name) \
        WHERE pg_catalog.to_regclass(n.name) IS NOT NULL \
        UNION SELECT e.target FROM walk AS w, LATERAL ( \
        SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent OPERATOR(pg_catalog.=) w.oid \
        UNION ALL SELECT k.conrelid FROM pg_catalog.pg_constraint AS k WHERE $2::pg_catalog.bool \
        AND k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char" AND k.confrelid OPERATOR(pg_catalog.=) w.oid \
        AND (k.confdeltype OPERATOR(pg_catalog.=) ANY ('{c,n,d}'::pg_catalog."char"[]) \
        OR k.confupdtype OPERATOR(pg_catalog.=) ANY ('{c,n,d}'::pg_catalog."char"[])) \
        UNION ALL SELECT d.refobjid FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_depend AS d \
        ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid \
        AND d.objid OPERATOR(pg_catalog.=) r.oid \
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid \
        WHERE r.ev_class OPERATOR(pg_catalog.=) w.oid \
        ) AS e(target) \
        ), reached AS MATERIALIZED (SELECT w.oid FROM walk AS w LIMIT 1001 \
        ), other AS MATERIALIZED ( \
        SELECT r.oid, r.rolname FROM pg_catalog.pg_roles AS r \
        WHERE NOT r.rolsuper AND r.rolname OPERATOR(pg_catalog.<>) CURRENT_USER \
        ), stored(relation, kind, name, body) AS ( \
        SELECT d.adrelid, CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog."char" THEN 'default' \
        ELSE 'column' END::pg_catalog.text, \
        a.attname, d.adbin::pg_catalog.text \
        FROM reached AS w JOIN pg_catalog.pg_attrdef AS d ON d.adrelid OPERATOR(pg_catalog.=) w.oid \
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) d.adrelid AND a.attnum \
        OPERATOR(pg_catalog.=) d.adnum \
        UNION ALL SELECT k.conrelid, 'check', k.conname, k.conbin::pg_catalog.text \
        FROM reached AS w JOIN pg_catalog.pg_constraint AS k ON k.conrelid OPERATOR(pg_catalog.=) w.oid WHERE \
        k.conbin IS NOT NULL \
        UNION ALL SELECT p.polrelid, 'policy', p.polname, \
        pg_catalog.concat(p.polqual::pg_catalog.text, p.polwithcheck::pg_catalog.text) \
        FROM reached AS w JOIN pg_catalog.pg_policy AS p ON p.polrelid OPERATOR(pg_catalog.=) w.oid \
        JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) w.oid WHERE c.relrowsecurity \
        UNION ALL SELECT r.ev_class, CASE WHEN r.rulename OPERATOR(pg_catalog.=) '_RETURN'::pg_catalog.name THEN \
        'query' ELSE 'rule' END, r.rulename, \
        pg_catalog.concat(r.ev_qual::pg_catalog.text, r.ev_action::pg_catalog.text) \
        FROM reached AS w JOIN pg_catalog.pg_rewrite AS r ON r.ev_class OPERATOR(pg_catalog.=) w.oid \
        WHERE r.ev_enabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char" \
        UNION ALL SELECT i.indrelid, 'index', c.relname, \
        pg_catalog.concat(i.indexprs::pg_catalog.text, i.indpred::pg_catalog.text) \
        FROM reached AS w JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) w.oid \
        JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid \
        WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL \
        UNION ALL SELECT p.partrelid, 'partition', c.relname, p.partexprs::pg_catalog.text \
        FROM reached AS w JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid OPERATOR(pg_catalog.=) w.oid \
        JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) w.oid WHERE p.partexprs IS NOT NULL \
        UNION ALL SELECT g.tgrelid, 'condition', g.tgname, g.tgqual::pg_catalog.text \
        FROM reached AS w JOIN pg_catalog.pg_trigger AS g ON g.tgrelid OPERATOR(pg_catalog.=) w.oid \
        WHERE g.tgqual IS NOT NULL AND g.tgenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char" \
        ), kinds(relation, oid) AS ( \
        SELECT a.attrelid, a.atttypid FROM reached AS w JOIN pg_catalog.pg_attribute AS a ON a.attrelid \
        OPERATOR(pg_catalog.=) w.oid \
        WHERE a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped \
        AND a.atttypid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        UNION SELECT s.relation, m.parts[1]::pg_catalog.oid FROM stored AS s, \
        LATERAL pg_catalog.regexp_matches(s.body, '\(coercion)', 'g') AS m(parts) \
        WHERE m.parts[1]::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        UNION SELECT k.relation, x.oid FROM kinds AS k JOIN pg_catalog.pg_type AS t ON t.oid \
        OPERATOR(pg_catalog.=) k.oid, \
        LATERAL (SELECT t.typbasetype UNION ALL SELECT t.typelem UNION ALL SELECT a.atttypid FROM \
        pg_catalog.pg_attribute AS a \
        WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 \
        AND NOT a.attisdropped UNION ALL SELECT m.parts[1]::pg_catalog.oid FROM pg_catalog.pg_constraint AS n, \
        LATERAL pg_catalog.regexp_matches(n.conbin::pg_catalog.text, '\(coercion)', 'g') AS m(parts) \
        WHERE n.contypid OPERATOR(pg_catalog.=) t.oid UNION ALL SELECT m.parts[1]::pg_catalog.oid \
        FROM pg_catalog.regexp_matches(t.typdefaultbin::pg_catalog.text, '\(coercion)', 'g') AS m(parts)) AS x(oid) WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
        ), tree(relation, kind, name, body) AS ( \
        SELECT s.relation, s.kind, s.name, s.body FROM stored AS s \
        UNION ALL SELECT t.relation, 'domain', y.typname, k.conbin::pg_catalog.text \
        FROM kinds AS t JOIN pg_catalog.pg_constraint AS k ON k.contypid OPERATOR(pg_catalog.=) t.oid \
        JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) t.oid WHERE k.conbin IS NOT NULL \
        UNION ALL SELECT t.relation, 'domain', y.typname, y.typdefaultbin::pg_catalog.text \
        FROM kinds AS t JOIN pg_catalog.pg_type AS y ON y.oid OPERATOR(pg_catalog.=) t.oid WHERE y.typdefaultbin \
        IS NOT NULL \
        ), call(relation, kind, name, function, isown) AS ( \
        SELECT g.tgrelid, 'trigger'::pg_catalog.text, g.tgname, g.tgfoid, false \
        FROM reached AS w JOIN pg_catalog.pg_trigger AS g ON g.tgrelid OPERATOR(pg_catalog.=) w.oid \
        WHERE g.tgenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char" \
        UNION ALL SELECT t.relation, t.kind, t.name, m.parts[1]::pg_catalog.oid, true FROM tree AS t, \
        LATERAL pg_catalog.regexp_matches(t.body, ':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS \
        m(parts) \
        ) \
        SELECT DISTINCT c.kind, c.name::pg_catalog.text, rn.nspname::pg_catalog.text, r.relname::pg_catalog.text, \
        fn.nspname::pg_catalog.text, p.proname::pg_catalog.text, COALESCE(f.rolname, o.rolname)::pg_catalog.text, \
        f.oid IS NOT NULL \
        FROM call AS c JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) c.relation \
        JOIN pg_catalog.pg_namespace AS rn ON rn.oid OPERATOR(pg_catalog.=) r.relnamespace \
        JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) c.function \
        JOIN pg_catalog.pg_namespace AS fn ON fn.oid OPERATOR(pg_catalog.=) p.pronamespace \
        LEFT JOIN other AS f ON f.oid OPERATOR(pg_catalog.=) p.proowner \
        LEFT JOIN other AS o ON o.oid OPERATOR(pg_catalog.=) r.relowner \
        WHERE NOT p.prosecdef AND (c.kind OPERATOR(pg_catalog.<>) 'rule' OR o.oid IS NULL) \
        AND (f.oid IS NOT NULL OR c.isown AND o.oid IS NOT NULL \
        AND p.provolatile OPERATOR(pg_catalog.=) 'v'::pg_catalog."char" \
        AND NOT p.proname OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.name[])) \
        UNION SELECT 'rule', w.rulename, n.nspname, r.relname, NULL, NULL, o.rolname, true \
        FROM reached AS h JOIN pg_catalog.pg_rewrite AS w ON w.ev_class OPERATOR(pg_catalog.=) h.oid \
        JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) h.oid \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace \
        JOIN other AS o ON o.oid OPERATOR(pg_catalog.=) r.relowner \
        WHERE w.rulename OPERATOR(pg_catalog.<>) '_RETURN'::pg_catalog.name AND w.ev_enabled \
        OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char" \
        UNION SELECT 'more', NULL, NULL, NULL, NULL, NULL, NULL, true \
        WHERE (SELECT pg_catalog.count(*) FROM reached) OPERATOR(pg_catalog.>) 1000::pg_catalog.int8 \
        ORDER BY 1, 3, 4, 2, 5, 6 LIMIT 21
        """
}

extension Database {
    /// Warns of code of somebody else that a write would run with the rights of the connection.
    ///
    /// - Parameter plan: what would be run.
    /// - Returns: a sentence for each; one that says so when it cannot be read.
    /// - Throws: ``QueryFailure`` when the call was cancelled.
    func warningsOfOthersCode(_ plan: WritePlan) async throws(QueryFailure) -> [String] {
        guard let statement = CodeOfTables.statement(for: plan) else { return [] }
        do {
            // With the search path that the write will have, so that a name means the same.
            let rows = try await runner.readCatalog([statement], into: [[String?]]()) { rows, _, row in
                rows.append((0..<8).map { row.string($0) })
            }
            return CodeOfTables.warnings(rows)
        } catch {
            let failure = QueryFailure.wrapping(error, sql: "", database: name)
            if case .cancelled = failure.kind { throw failure }
            return [CodeOfTables.unknown]
        }
    }
}
