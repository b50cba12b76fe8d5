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
        "credential",
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
        OR (s.name OPERATOR(pg_catalog.~) '[.]' AND s.setting OPERATOR(pg_catalog.<>) '' \
        AND s.name OPERATOR(pg_catalog.~*) '\(words.joined(separator: "|"))')))
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
        pg_catalog.split_part(s.entry, '=', 1) AS n(name) \
        WHERE NOT (n.name OPERATOR(pg_catalog.=) ANY ($\(allowedParameter)::pg_catalog.text[])) \
        AND n.name OPERATOR(pg_catalog.~) '[.]' \
        \(kept == .ofRoles ? "AND r.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid " : "")\
        AND n.name OPERATOR(pg_catalog.~*) '\(words.joined(separator: "|"))')
        """
    }
}
