/// Settings whose value may hold a credential.
enum SecretSettings {
    /// Settings of the server that hold a connection string, or a command whose arguments may hold a key.
    static let names: Set<String> = [
        "primary_conninfo", "ssl_passphrase_command", "archive_command", "restore_command",
        "archive_cleanup_command", "recovery_end_command", "krb_server_keyfile",
    ]

    /// Words in the name of a custom setting (`app.jwt_secret`) that tell of a credential.
    static let words = [
        "secret", "passw", "passphrase", "conninfo", "api_key", "apikey", "access_key", "private_key", "token",
        "credential", "pwd", "encryption_key", "signing_key", "master_key",
    ]

    /// Settings with such a word in their name and no credential in their value.
    static let harmless: Set<String> = ["password_encryption", "ssl_passphrase_command_supports_reload"]

    /// Whether a setting may hold a credential.
    ///
    /// - Parameters:
    ///   - name: the setting's name in any case, as the server compares it.
    ///   - allowed: the database's `allow_settings`.
    /// - Returns: whether reading it is refused.
    static func isRefused(_ name: String, allowed: [String]) -> Bool {
        // By bytes: another letter that is like one of these in small letters is another setting to the server.
        if allowed.contains(where: { $0.lowercased().utf8.elementsEqual(name.lowercased().utf8) }),
            name.utf8.allSatisfy({ $0 < 0x80 })
        {
            return false
        }
        let name = name.lowercased()
        if harmless.contains(name) { return false }
        return names.contains(name) || words.contains { name.contains($0) }
    }

    /// Whether a setting is refused for a word in its name alone, so that its value decides: a limit of tokens is no secret.
    static func isDecidedByValue(_ name: String) -> Bool { !names.contains(name.lowercased()) }

    /// A condition on the server that is true when a value is none that anybody keeps secret: empty, yes or no, a few digits,
    /// a number with a unit; and any number, when the name speaks of nothing but tokens.
    private static func harmless(_ value: String, of name: String) -> String {
        let others = words.filter { $0 != "token" }.joined(separator: "|")
        return """
            (\(value) OPERATOR(pg_catalog.~*) \
            '^([+-]?[0-9]{1,4}([.][0-9]{1,4})?|[0-9]{1,9} *(b|kb|mb|gb|tb|us|ms|s|min|h|d)|on|off|true|false|yes|no)?$' \
            OR \(value) OPERATOR(pg_catalog.~) '^[+-]?[0-9]{1,12}$' \
            AND \(name) OPERATOR(pg_catalog.!~*) '\(others)')
            """
    }

    /// A condition that is true when one of the settings that a statement reads by name may hold a credential, or when that
    /// is not known, since there is none.
    ///
    /// `$n` is an array of their names.
    static func namedSecretCondition(namesParameter: Int) -> String {
        """
        EXISTS (SELECT FROM pg_catalog.unnest($\(namesParameter)::pg_catalog.text[]) AS s(name) \
        WHERE \(harmless("pg_catalog.current_setting(s.name, true)", of: "s.name")) IS NOT TRUE)
        """
    }

    /// A condition that is true when the settings that this session may see show a credential, for statements that read
    /// all settings at once (`SHOW ALL`, `pg_settings`); the commands are left out, since nearly every server sets one.
    ///
    /// `$n` is an array of the names that the operator allowed.
    static func visibleSecretCondition(allowedParameter: Int) -> String {
        """
        EXISTS (SELECT FROM pg_catalog.pg_show_all_settings() AS s(name, setting) \
        WHERE NOT (s.name OPERATOR(pg_catalog.=) ANY ($\(allowedParameter)::pg_catalog.text[])) \
        AND ((s.name OPERATOR(pg_catalog.=) 'primary_conninfo' AND s.setting OPERATOR(pg_catalog.~*) 'passw') \
        OR (s.name OPERATOR(pg_catalog.=) 'ssl_passphrase_command' AND s.setting OPERATOR(pg_catalog.<>) '') \
        OR (s.name OPERATOR(pg_catalog.~) '[.]' AND s.name OPERATOR(pg_catalog.~*) '\(words.joined(separator: "|"))' \
        AND NOT \(harmless("s.setting", of: "s.name")))))
        """
    }

    /// The settings kept for roles and databases that a relation shows.
    enum Kept: Sendable {
        /// Those of roles in all databases.
        case ofRoles
        case all

        /// What a relation of this name shows of them, or nil.
        init?(relation: String) {
            switch relation {
            case "pg_db_role_setting": self = .all
            case "pg_roles", "pg_user": self = .ofRoles
            default: return nil
            }
        }
    }

    /// Matches, without regard to case, an array of settings as text, `{"app.api_key=x"}`, when one may hold a credential:
    /// a custom one, with such a word in its name.
    static var keptPattern: String {
        let word = "(\(words.joined(separator: "|")))"
        let part = "[^={},\"]*"
        return "[{,\"](\(part)[.]\(part)\(word)|\(part)\(word)\(part)[.])\(part)="
    }

    /// A condition that is true when a setting kept for a role or a database may hold a credential; the server shows
    /// `pg_db_role_setting` to everybody.
    ///
    /// `$n` is an array of the names that the operator allowed.
    static func keptSecretCondition(_ kept: Kept, allowedParameter: Int) -> String {
        """
        EXISTS (SELECT FROM pg_catalog.pg_db_role_setting AS r, pg_catalog.unnest(r.setconfig) AS s(entry), \
        LATERAL (SELECT pg_catalog.split_part(s.entry, '=', 1), \
        pg_catalog.substr(s.entry, pg_catalog.strpos(s.entry, '=') OPERATOR(pg_catalog.+) 1)) AS n(name, value) \
        WHERE NOT (n.name OPERATOR(pg_catalog.=) ANY ($\(allowedParameter)::pg_catalog.text[])) \
        AND n.name OPERATOR(pg_catalog.~) '[.]' \
        \(kept == .ofRoles ? "AND r.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid " : "")\
        AND n.name OPERATOR(pg_catalog.~*) '\(words.joined(separator: "|"))' AND NOT \(harmless("n.value", of: "n.name")))
        """
    }
}
