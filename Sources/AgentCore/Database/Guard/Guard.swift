internal import SQLClassifier

/// The one place that decides what runs on a database.
///
/// It looks at the text and at what is hazardous in the catalog; it sends nothing of the text to the server, since planning
/// a statement already runs some functions.
struct Guard: Sendable {
    let database: String
    let allowedRelations: [String]
    let allowedSettings: [String]

    init(_ configuration: DatabaseConfiguration) {
        database = configuration.name
        allowedRelations = configuration.allowRelations
        allowedSettings = configuration.allowSettings
    }

    /// What can be decided by the text alone.
    ///
    /// - Parameter sql: the text.
    /// - Returns: the classification, and the statement or why it is refused.
    func classify(_ sql: String) -> (verdict: Verdict, decision: Result<Statement, QueryFailure>) {
        let verdict = SQLClassifier.classify(sql)
        if let reason = verdict.reason {
            let isNeverRun = verdict.statements.count == 1 && verdict.statements.contains { WriteRule.refuses($0, sql) }
            return (
                verdict, .failure(.notReadOnly(reason, sql: sql, database: database, isNeverRun: isNeverRun))
            )
        }
        guard verdict.statements.count == 1, let statement = verdict.statements.first, statement.isReadOnly else {
            let reason = Reason(
                code: .notUnderstood, message: "The text is not understood.",
                location: SourceLocation(offset: 0, line: 1, column: 1))
            return (verdict, .failure(.notReadOnly(reason, sql: sql, database: database)))
        }
        return (verdict, .success(statement))
    }

    /// Looks at relations and settings.
    ///
    /// - Parameters:
    ///   - statement: the statement.
    ///   - sql: the text.
    ///   - leavesValues: whether the server will be asked for the values of ``SessionConditions/namedSettings``, so that
    ///     a setting is not refused for its name.
    /// - Returns: why the statement is refused, or nil.
    func refusal(of statement: Statement, sql: String, leavesValues: Bool = false) -> QueryFailure? {
        if statement.isExplain, let failure = refusedExplain(sql) { return failure }
        for mention in statement.relations {
            guard let refusal = SecretRelations.refusal(of: mention.name, allowed: allowedRelations) else { continue }
            return .refusedRelation(
                QueryFailure.RefusedName(
                    name: mention.name.description, why: refusal.why, location: mention.location,
                    remedy: "allow_relations: [\(refusal.entry)]"), sql: sql)
        }
        for mention in statement.settings {
            // A setting's own name may have a dot: app.secret.
            let name = mention.name.parts.joined(separator: ".")
            if leavesValues, SecretSettings.isDecidedByValue(name) { continue }
            if let refused = refusedSetting(name, at: mention.location) {
                return .refusedSetting(refused, sql: sql)
            }
        }
        for mention in statement.functions where mention.name.name == "current_setting" {
            guard mention.kind == .call, let name = SettingArgument.read(sql, at: mention.location.offset) else {
                return .refusedSetting(
                    QueryFailure.RefusedName(
                        name: "in current_setting", why: "is not a plain string constant, so it could be any",
                        location: mention.location, remedy: nil), sql: sql)
            }
            if leavesValues, SecretSettings.isDecidedByValue(name) { continue }
            if let refused = refusedSetting(name, at: mention.location) {
                return .refusedSetting(refused, sql: sql)
            }
        }
        return nil
    }

    /// The settings that a statement reads by names that tell of a credential, with the first place.
    func namedSettings(_ statement: Statement, sql: String) -> [QueryFailure.RefusedName] {
        let calls = statement.functions.filter { $0.name.name == "current_setting" && $0.kind == .call }
        let shown = statement.settings.map { ($0.name.parts.joined(separator: "."), $0.location) }
        let read = calls.compactMap { mention in
            SettingArgument.read(sql, at: mention.location.offset).map { ($0, mention.location) }
        }
        return (shown + read).compactMap { refusedSetting($0.0, at: $0.1) }
    }

    /// `EXPLAIN EXECUTE` plans a statement that somebody prepared; behind a pooler it may be another client's. So does
    /// `EXPLAIN CREATE TABLE … AS EXECUTE`.
    private func refusedExplain(_ sql: String) -> QueryFailure? {
        LexemeReader.read(sql) { reader in
            var depth = 0
            var isCreation = false
            var isBehindAs = false
            while let token = reader.next() {
                if token.kind == .leftParenthesis { depth += 1 }
                if token.kind == .rightParenthesis { depth -= 1 }
                guard depth == 0 else { continue }
                let word = token.kind == .word ? reader.name(of: token) : ""
                switch word {
                case "execute" where !isCreation || isBehindAs:
                    let reason = Reason(
                        code: .explain,
                        message: "EXPLAIN EXECUTE plans a prepared statement, which the guard cannot see.",
                        location: reader.location(of: token.range.lowerBound))
                    return .notReadOnly(reason, sql: sql, database: database)
                case "create" where !isCreation: isCreation = true
                case "explain", "analyze", "analyse", "verbose": continue
                default:
                    // What is created stands behind the first AS outside of brackets.
                    if isCreation ? isBehindAs : token.kind == .word { return nil }
                }
                isBehindAs = word == "as"
            }
            return nil
        }
    }

    private func refusedSetting(_ name: String, at location: SourceLocation) -> QueryFailure.RefusedName? {
        guard SecretSettings.isRefused(name, allowed: allowedSettings) else { return nil }
        return QueryFailure.RefusedName(
            name: name, why: "may hold a credential", location: location, remedy: "allow_settings: [\(name)]")
    }

    /// Whether a statement can reach anything of the catalog that a user made: not, when it mentions nothing and holds
    /// no sign of an operator.
    func reachesCatalog(_ statement: Statement, sql: String) -> Bool {
        if !statement.functions.isEmpty || !statement.relations.isEmpty || !statement.types.isEmpty { return true }
        if statement.commandTag == "SHOW" { return false }
        // SELECT 1, VALUES (1, 'a'): no operator, nor a keyword that stands for one. A long text is not worth the look.
        if statement.range.count > 128 { return true }
        return LexemeReader.read(sql) { reader in
            while let token = reader.next() {
                if token.kind == .operator { return true }
                if token.kind == .word, OperatorWords.implied[reader.name(of: token)] != nil { return true }
            }
            return false
        }
    }

    /// What the server has to confirm for what a statement reads.
    func conditions(for statement: Statement, sql: String) -> SessionConditions {
        var conditions = SessionConditions()
        conditions.readsAllSettings = readsAllSettings(statement)
        conditions.namedSettings = Array(Set(namedSettings(statement, sql: sql).map(\.name))).sorted()
        for mention in statement.relations {
            if let kept = SecretSettings.Kept(relation: mention.name.name), conditions.keptSettings != .all,
                KeptSettings.areRead(by: statement, sql)
            {
                conditions.keptSettings = kept
            }
            if SecretRelations.statistics.contains(mention.name.name) { conditions.readsStatistics = true }
        }
        return conditions
    }

    /// Whether a statement reads all settings at once.
    private func readsAllSettings(_ statement: Statement) -> Bool {
        statement.settings.contains { $0.name.parts.map { $0.lowercased() } == ["all"] }
            || statement.relations.contains { $0.name.name == "pg_settings" }
            || statement.functions.contains { $0.name.name == "pg_show_all_settings" }
    }
}
