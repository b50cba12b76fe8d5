internal import SQLClassifier

/// How a text that may change something would be run, decided by the text alone.
struct WritePlan: Sendable {
    /// One statement of it.
    struct Step: Sendable {
        let statement: Statement
        let shape: StatementShape
        /// The bytes of the statement, without its semicolon.
        let sql: String
        /// Characters of the text before the statement, to place the server's errors.
        let charactersBefore: Int

        /// The command tag, or what can be said of a statement that is not understood.
        var kind: String {
            if statement.commandTag.isEmpty { return "a statement that is not understood" }
            if statement.isExplain { return "EXPLAIN ANALYZE" + shape.rowChanges.map { " " + $0.command }.joined() }
            // A SELECT with data-modifying parts is told by them.
            let inner = shape.rowChanges.map(\.command).filter { $0 != statement.commandTag }
            return inner.isEmpty
                ? statement.commandTag : "\(statement.commandTag) with \(inner.joined(separator: ", "))"
        }
    }

    let sql: String
    let steps: [Step]
    /// Whether the only statement runs outside of a transaction block.
    let isAlone: Bool

    /// The most statements of one text: more than a person reads.
    static let maximumSteps = 200
    /// The longest text, in bytes of UTF-8, that a person is shown and asked about.
    static let maximumBytes = 32_768

    /// Plans a text.
    ///
    /// - Parameters:
    ///   - sql: the text.
    ///   - verdict: what the classifier found; not a single read.
    ///   - dryRun: whether it is to be rolled back.
    ///   - isPooled: whether a pooler gives each transaction another session, so that only a transaction can be cleaned up
    ///     behind.
    /// - Throws: ``QueryFailure`` when it cannot be run whole.
    init(_ sql: String, _ verdict: Verdict, dryRun: Bool, isPooled: Bool = false) throws(QueryFailure) {
        if let reason = verdict.reason, Self.isUnreadable(reason.code) {
            throw .unreadableWrite(reason, sql: sql)
        }
        let statements = verdict.statements
        if statements.count > 1, statements.allSatisfy(\.isReadOnly) {
            throw QueryFailure(
                .refusedWrite,
                "Refused: the text holds \(statements.count) statements, and all of them only read. Nothing was run. Send "
                    + "them one at a time: reads need no approval.")
        }
        guard sql.utf8.count <= Self.maximumBytes else {
            throw QueryFailure(
                .refusedWrite,
                "Refused: the text has \(sql.utf8.count) bytes, and a person is shown at most \(Self.maximumBytes), since "
                    + "nobody approves what was not read. Nothing was run. Split it into writes of their own.")
        }
        guard statements.count <= Self.maximumSteps else {
            throw QueryFailure(
                .refusedWrite,
                "Refused: the text holds \(statements.count) statements, and one write has at most \(Self.maximumSteps). "
                    + "Nothing was run. Split it into writes of their own.")
        }
        var steps: [Step] = []
        var characters = 0
        var end = sql.utf8.startIndex
        for statement in statements {
            let start = sql.utf8.index(sql.utf8.startIndex, offsetBy: statement.range.lowerBound)
            characters += sql.unicodeScalars[end..<start].count
            end = sql.utf8.index(start, offsetBy: statement.range.count)
            let step = Step(
                statement: statement, shape: StatementShape(of: sql, in: statement.range),
                sql: String(sql[start..<end]),
                charactersBefore: characters)
            characters += sql.unicodeScalars[start..<end].count
            if let refusal = WriteRule.refusal(of: step) { throw Self.refused(step, refusal, sql: sql) }
            steps.append(step)
        }
        guard let first = steps.first else {
            throw QueryFailure(.refusedWrite, "Refused: the text holds no statement. Nothing was run.")
        }
        if let loner = steps.first(where: { WriteRule.mustRunAlone($0) }) {
            if steps.count > 1 {
                throw Self.refused(
                    loner,
                    "cannot run in a transaction, and several statements run in one, all or nothing: send it alone",
                    sql: sql)
            }
            if dryRun {
                throw Self.refused(
                    loner, "cannot run in a transaction, so it cannot be rolled back: there is no dry run of it",
                    sql: sql)
            }
        }
        if dryRun, let copy = steps.first(where: { WriteRule.leavesDatabase($0) }) {
            throw Self.refused(
                copy, "writes a file or runs a program, which is not rolled back: there is no dry run of it", sql: sql)
        }
        self.sql = sql
        self.steps = steps
        isAlone =
            steps.count == 1 && !dryRun
            && (WriteRule.mustRunAlone(first) || !isPooled && ["CALL", "DO"].contains(first.statement.commandTag))
    }

    /// The kinds of the statements, each once, in order.
    var kinds: [String] {
        var seen: Set<String> = []
        return steps.map(\.kind).filter { seen.insert($0).inserted }
    }

    /// A text whose parts cannot be told apart: neither could it be shown truly, nor its statements be separated.
    private static func isUnreadable(_ code: Reason.Code) -> Bool {
        switch code {
        case .empty, .invalidUTF8, .nulByte, .unterminated, .invalidEscape, .invalidToken, .unbalanced: true
        default: false
        }
    }

    private static func refused(_ step: Step, _ why: String, sql: String) -> QueryFailure {
        var text = "Refused: \(step.kind) \(why)"
        if let location = Caret.location(in: sql, offset: step.statement.range.lowerBound) {
            text += " (\(location)).\n" + Caret.lines(in: sql, at: location)
        } else {
            text += "."
        }
        return QueryFailure(.refusedWrite, text + "\nNothing was run.")
    }
}

/// Which statements may be part of a write, and which cannot share a transaction.
enum WriteRule {
    /// Why a statement cannot be part of a write; nil when it can.
    ///
    /// A write is one transaction that is opened and ended here, on a connection that nobody else gets afterwards: what
    /// would end it early, or leave something for later, has no place in it.
    static func refusal(of step: WritePlan.Step) -> String? {
        let statement = step.statement
        let words = step.shape.words
        func word(_ index: Int) -> String { index < words.count ? words[index] : "" }
        switch statement.commandTag {
        case "SET CONSTRAINTS", "NOTIFY", "LOCK TABLE": return nil
        case "SET" where word(1) == "LOCAL" && word(2) != "TRANSACTION": return nil
        case "SET", "RESET", "DISCARD ALL", "DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP":
            if statement.effect == .transaction { break }
            return "changes the session, which ends with this write; SET LOCAL lasts for the transaction"
        case "LISTEN", "UNLISTEN", "PREPARE", "DEALLOCATE", "DEALLOCATE ALL", "EXECUTE", "LOAD":
            return "is of use only in a session that goes on, and this one ends with the write"
        case "DECLARE CURSOR", "FETCH", "MOVE", "CLOSE CURSOR", "CLOSE CURSOR ALL":
            return "needs a cursor; write the query itself"
        case "COPY" where step.shape.keywords.contains("STDIN") || step.shape.keywords.contains("STDOUT"):
            return "moves data between the client and the server, which cannot be done here; "
                + "use INSERT … VALUES or SELECT"
        default: break
        }
        if statement.effect == .transaction {
            return "steers a transaction; every write is one transaction already, all or nothing, so leave it out"
        }
        return nil
    }

    /// Whether a statement cannot be part of a write either.
    static func refuses(_ statement: Statement, _ sql: String) -> Bool {
        let shape = StatementShape(of: sql, in: statement.range)
        return refusal(of: WritePlan.Step(statement: statement, shape: shape, sql: "", charactersBefore: 0)) != nil
    }

    /// Whether what the statement does outside of the database stays when its transaction is rolled back.
    static func leavesDatabase(_ step: WritePlan.Step) -> Bool {
        step.statement.commandTag == "COPY"
            && (step.shape.keywords.contains("TO") || step.shape.keywords.contains("PROGRAM"))
    }

    /// Whether PostgreSQL refuses the statement inside of a transaction block (`PreventInTransactionBlock` in its source).
    static func mustRunAlone(_ step: WritePlan.Step) -> Bool {
        let shape = step.shape
        let words = shape.words
        let isConcurrent = shape.keywords.contains("CONCURRENTLY") || shape.optionWords.contains("CONCURRENTLY")
        switch step.statement.commandTag {
        case "VACUUM", "CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE", "ALTER SYSTEM",
            "CREATE SUBSCRIPTION", "DROP SUBSCRIPTION":
            return true
        case "CREATE INDEX", "DROP INDEX": return isConcurrent
        case "REINDEX":
            return isConcurrent || words.contains("DATABASE") || words.contains("SYSTEM") || words.contains("SCHEMA")
        // Without a table it works on every one, each in a transaction of its own.
        case "CLUSTER": return !words.dropFirst().contains("")
        case "ALTER DATABASE": return words.contains("TABLESPACE")
        case "ALTER SUBSCRIPTION": return words.contains("REFRESH") || words.contains("PUBLICATION")
        case "ALTER TABLE": return shape.keywords.contains("DETACH") && isConcurrent
        default: return false
        }
    }
}
