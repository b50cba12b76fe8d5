internal import SQLClassifier

/// Relations whose rows hold credentials or the contents of configuration files.
///
/// A least-privileged role cannot read most of them anyway; the guard must hold for a superuser too. Statistics hold
/// samples of the values of columns, so they are read only while there are none of these relations' secrets.
enum SecretRelations {
    /// The refused relations of a schema, each with the words that say why.
    private static let bySchema: [String: [String: String]] = [
        "pg_catalog": [
            "pg_authid": "holds password hashes", "pg_shadow": "holds password hashes",
            "pg_user_mapping": "holds credentials of foreign servers",
            "pg_user_mappings": "holds credentials of foreign servers",
            "pg_subscription": "holds connection strings",
            "pg_hba_file_rules": "shows the server's access rules, with the credentials in them",
            "pg_ident_file_mappings": "shows the server's access rules",
            "pg_file_settings": "shows the server's configuration files",
            "pg_largeobject": "holds large objects, past their permissions",
        ],
        "information_schema": [
            "user_mapping_options": "holds credentials of foreign servers",
            "_pg_user_mappings": "holds credentials of foreign servers",
        ],
        // Long values of the above; the number is the owning table's OID, which initdb fixes.
        "pg_toast": [
            "pg_toast_1260": "holds long values of pg_authid", "pg_toast_1418": "holds long values of pg_user_mapping",
            "pg_toast_6100": "holds long values of pg_subscription",
            // Histograms are long: they are here rather than in their row.
            "pg_toast_2619": "holds samples of all columns", "pg_toast_3429": "holds samples of all columns",
            "pg_toast_2964": "holds settings of roles", "pg_toast_1417": "holds options of foreign servers",
            "pg_toast_2328": "holds options of foreign-data wrappers",
            "pg_toast_3118": "holds options of foreign tables",
        ],
        "vault": ["decrypted_secrets": "holds secrets", "secrets": "holds secrets"],
    ]

    /// All relations that make those who read them hazardous, for the graph of the catalog.
    static let marked: [(schema: String, name: String, hazards: Hazards, why: String?)] = {
        var marked: [(schema: String, name: String, hazards: Hazards, why: String?)] = []
        for (schema, relations) in bySchema {
            for (name, why) in relations { marked.append((schema, name, .running, why)) }
        }
        for name in statistics { marked.append(("pg_catalog", name, [.statistics, .anyArrays], nil)) }
        for name in ["pg_attribute", "pg_statistic_ext_data", "pg_stats_ext_exprs"] {
            marked.append(("pg_catalog", name, .anyArrays, nil))
        }
        marked.append(("pg_catalog", "pg_settings", .allSettings, nil))
        for name in ["pg_db_role_setting", "pg_roles", "pg_user"] {
            guard let kept = SecretSettings.Kept(relation: name) else { continue }
            marked.append(("pg_catalog", name, kept == .all ? .keptSettings : .settingsOfRoles, nil))
        }
        return marked
    }()

    /// Why a relation is refused.
    ///
    /// - Parameters:
    ///   - name: the relation as the statement mentions it. Without a schema it may be the catalog's own, so the names
    ///     of `pg_catalog` are refused then, and `information_schema` and the others only when the search path
    ///     could lead there, which cannot be excluded: a bare name is matched against every schema but `vault`.
    ///   - allowed: the database's `allow_relations`.
    /// - Returns: the words that say why and the entry of `allow_relations` that would allow it; nil when it may be read.
    static func refusal(of name: QualifiedName, allowed: [String]) -> (why: String, entry: String)? {
        for (schema, relations) in bySchema {
            if let given = name.schema {
                guard given == schema else { continue }
            } else if schema == "vault" {
                // "secrets" is a likely name of a table in the search path.
                continue
            }
            guard let why = relations[name.name] else { continue }
            let entry = schema + "." + name.name
            if allowed.contains(entry) || (allowed.contains(name.name) && name.parts.count == 1) { return nil }
            if schema == "pg_catalog", allowed.contains(name.name) { return nil }
            return (why, entry)
        }
        return nil
    }

    /// Relations that show samples of the values of all columns that the role may read.
    static let statistics: Set<String> = ["pg_statistic", "pg_stats"]

    /// The columns of `pg_catalog` that hold secrets, by the relation that an operator may allow.
    private static let secretColumns: [(relation: String, column: String)] = [
        ("pg_authid", "rolpassword"), ("pg_user_mapping", "umoptions"), ("pg_subscription", "subconninfo"),
        ("pg_largeobject", "data"), (settingsOfRoles, "setconfig"),
    ]

    /// Sampled like any other column; only settings that look like credentials count.
    private static let settingsOfRoles = "pg_db_role_setting"

    /// The relations whose statistics would show secrets that the operator has not allowed.
    ///
    /// - Parameter allowed: the database's `allow_relations`.
    static func sampled(allowed: [String]) -> [String] {
        secretColumns.map(\.relation).filter { !allowed.contains($0) && !allowed.contains("pg_catalog." + $0) }
    }

    /// A condition that is true when this role may see statistics of secret columns.
    ///
    /// `$n` is an array of the names of their relations.
    static func sampledSecretCondition(relationsParameter: Int) -> String {
        // Arrays have samples of their elements, even when there is one row.
        let samples = "pg_catalog.concat(s.most_common_vals, s.histogram_bounds, s.most_common_elems)"
        return """
            EXISTS (SELECT FROM pg_catalog.pg_stats AS s WHERE s.schemaname OPERATOR(pg_catalog.=) 'pg_catalog' \
            AND s.tablename OPERATOR(pg_catalog.=) ANY ($\(relationsParameter)::pg_catalog.name[]) \
            AND s.attname OPERATOR(pg_catalog.=) ANY \
            ('{\(secretColumns.map(\.column).joined(separator: ","))}'::pg_catalog.name[]) \
            AND CASE WHEN s.tablename OPERATOR(pg_catalog.=) '\(settingsOfRoles)' \
            THEN \(samples) OPERATOR(pg_catalog.~*) '\(SecretSettings.keptPattern)' \
            ELSE \(samples) OPERATOR(pg_catalog.<>) '' END)
            """
    }
}
