internal import SQLClassifier

/// What a person should look at twice before a write runs.
enum WriteWarnings {
    /// The most warnings of one kind of question.
    private static let most = 20

    /// The warnings of a text, the gravest kinds first within each statement.
    ///
    /// - Parameters:
    ///   - plan: the statements.
    ///   - refused: the function or relation for which the guard refuses it as a read, if that is why.
    ///   - readsSecrets: whether it looks at settings or statistics that may show a credential.
    static func of(_ plan: WritePlan, refused: QueryFailure.RefusedName?, readsSecrets: Bool) -> [String] {
        var warnings: [String] = []
        for (index, step) in plan.steps.enumerated() {
            let prefix = plan.steps.count > 1 ? "statement \(index + 1): " : ""
            for warning in of(step) where warnings.count < most { warnings.append(prefix + warning) }
        }
        if let refused {
            warnings.append(SafeText.cleanLine("uses \(refused.name), which \(refused.why)"))
        }
        if readsSecrets {
            warnings.append("reads settings or statistics that may show a credential")
        }
        if plan.steps.contains(where: \.shape.hasNonASCIIName) {
            warnings.append("a name holds characters outside ASCII, which may look like others")
        }
        if VisibleSQL.hasHidden(plan.sql) {
            warnings.append("the SQL holds characters that cannot be seen; they are shown as ⟨U+…⟩")
        }
        if VisibleSQL.hasRightToLeft(plan.sql) {
            warnings.append(
                "the SQL holds letters written from right to left: it may be shown in another order than it has")
        }
        if VisibleSQL.hasGap(plan.sql) {
            warnings.append("the SQL holds long stretches of white space: read it to its end")
        }
        return warnings
    }

    private static func of(_ step: WritePlan.Step) -> [String] {
        var warnings: [String] = []
        let shape = step.shape
        for change in shape.rowChanges where !change.hasWhere {
            switch change.command {
            case "DELETE": warnings.append("DELETE without WHERE: removes every row of its table")
            case "UPDATE": warnings.append("UPDATE without WHERE: changes every row of its table")
            case "MERGE" where shape.keywords.contains("DELETE"): warnings.append("MERGE … DELETE removes rows")
            default: break
            }
        }
        for change in shape.rowChanges where change.hasIdleWhere {
            if change.command == "MERGE" {
                // ON false with an INSERT alone is a way to add rows.
                guard shape.keywords.contains("UPDATE") || shape.keywords.contains("DELETE") else { continue }
                warnings.append(
                    "MERGE whose ON, or one side of an OR in it, names no column or compares one to itself: every row of its "
                        + "table may be changed")
                continue
            }
            let verb = change.command == "DELETE" ? "removed" : "changed"
            warnings.append(
                "\(change.command) whose WHERE, or one side of an OR in it, names no column or compares one to itself: every "
                    + "row of its table may be \(verb)")
        }
        let tag = step.statement.commandTag
        func has(_ word: String) -> Bool { shape.keywords.contains(word) }
        if step.statement.effect == .unknown {
            warnings.append("the statement is not understood: it may do anything")
        } else if tag == "TRUNCATE TABLE" {
            warnings.append("TRUNCATE removes every row" + (has("CASCADE") ? ", also of tables that refer to it" : ""))
        } else if tag.hasPrefix("DROP") {
            warnings.append("\(tag) removes it for good" + (has("CASCADE") ? ", with all that depends on it" : ""))
        } else if tag.hasPrefix("ALTER"), has("DROP") {
            warnings.append("\(tag) … DROP removes a part for good")
        } else if tag.hasPrefix("GRANT") || tag.hasPrefix("REVOKE") || tag == "ALTER DEFAULT PRIVILEGES" {
            warnings.append("\(tag) changes who may do what")
        } else if tag == "CREATE ROLE" || tag == "ALTER ROLE" || tag == "REASSIGN OWNED" {
            warnings.append("\(tag) changes who may do what")
        } else if tag == "COPY" {
            warnings.append(
                has("PROGRAM")
                    ? "COPY … PROGRAM runs a program on the server" : "COPY reads or writes a file of the server")
        } else if tag == "DO" || tag == "CALL" {
            warnings.append("\(tag) runs code that is not shown in full: it may do anything")
        } else if tag == "ALTER SYSTEM" {
            warnings.append("ALTER SYSTEM changes the settings of the whole server")
        } else if ["IMPORT FOREIGN SCHEMA", "CREATE SUBSCRIPTION", "ALTER SUBSCRIPTION"].contains(tag) {
            warnings.append("\(tag) connects the server to another one")
        } else if tag == "VACUUM", has("FULL") || shape.optionWords.contains("FULL") {
            warnings.append("VACUUM FULL locks the table and rewrites it")
        } else if tag == "CLUSTER" {
            warnings.append("CLUSTER locks the table and rewrites it")
        } else if ["CREATE FUNCTION", "CREATE PROCEDURE", "CREATE EXTENSION", "CREATE LANGUAGE"].contains(tag) {
            warnings.append("\(tag) installs code on the server")
        } else if ["CREATE TRIGGER", "CREATE EVENT TRIGGER", "CREATE RULE"].contains(tag) {
            warnings.append("\(tag) makes other statements do more than they say")
        }
        return warnings + ofRights(tag, shape)
    }

    /// What changes by whom, and with whose rights, something may be done later.
    private static func ofRights(_ tag: String, _ shape: StatementShape) -> [String] {
        /// Whether words stand one after the other; of a long statement, whether it has them.
        func has(_ sequence: String...) -> Bool {
            let words = shape.words
            if words.count >= 64 { return sequence.allSatisfy { shape.keywords.contains($0) } }
            return words.indices.contains { words[$0...].starts(with: sequence) }
        }
        var warnings: [String] = []
        if tag.hasPrefix("ALTER") {
            if has("DISABLE", "ROW", "LEVEL", "SECURITY") || has("NO", "FORCE", "ROW", "LEVEL", "SECURITY") {
                warnings.append("\(tag) … ROW LEVEL SECURITY lifts the row policies of a table")
            }
            if has("OWNER", "TO") { warnings.append("\(tag) … OWNER TO gives it to another role") }
            if has("DISABLE", "TRIGGER") || has("DISABLE", "RULE") || tag == "ALTER EVENT TRIGGER" && has("DISABLE") {
                warnings.append("\(tag) … DISABLE switches off what guards or records changes")
            }
        }
        let setsSettings = has("SET") && !has("SET", "TABLESPACE") || has("RESET")
        if tag == "ALTER DATABASE" || tag == "ALTER ROLE", setsSettings {
            warnings.append("\(tag) … SET changes the settings of sessions to come")
        }
        if ["FUNCTION", "PROCEDURE", "ROUTINE"].contains(where: { tag.hasSuffix($0) }), has("SECURITY", "DEFINER") {
            warnings.append("\(tag) … SECURITY DEFINER lends its owner's rights to all who may call it")
        }
        if tag == "CREATE CAST" || tag == "CREATE TRANSFORM" || tag.hasPrefix("CREATE OPERATOR") {
            warnings.append("\(tag) changes what other statements run")
        } else if tag == "CREATE POLICY" || tag == "ALTER POLICY" {
            warnings.append("\(tag) changes which rows may be seen and changed")
        } else if tag == "SECURITY LABEL" {
            warnings.append("SECURITY LABEL changes who may do what")
        } else if tag == "CREATE PUBLICATION" || tag == "ALTER PUBLICATION" {
            warnings.append("\(tag) hands changes of tables to other servers")
        }
        return warnings
    }
}

extension SessionConditions {
    /// Whether a read would have to be proven to show no credential.
    var concernsSecrets: Bool { readsAllSettings || keptSettings != nil || readsStatistics }
}
