/// A command tag by PostgreSQL's names (`src/include/tcop/cmdtaglist.h`) and the effect that goes with it.
struct CommandTag {
    var tag: String
    var effect: Effect

    init(_ tag: String, _ effect: Effect) {
        self.tag = tag
        self.effect = effect
    }

    static let unknown = CommandTag("", .unknown)

    /// The tag of a statement that is neither a query nor a change of rows.
    static func read(_ head: StatementHead) -> CommandTag {
        let words = head.words
        func word(_ index: Int) -> Keyword { index < words.count ? words[index] : .notAKeyword }
        switch word(0) {
        case .create: return ObjectTag.create(words, hasAs: head.hasAs)
        case .alter: return ObjectTag.alter(words)
        case .drop: return ObjectTag.drop(words)
        case .abort: return CommandTag("ROLLBACK", .transaction)
        case .analyze, .analyse: return CommandTag("ANALYZE", .maintenance)
        case .begin: return CommandTag("BEGIN", .transaction)
        case .call: return CommandTag("CALL", .procedural)
        case .checkpoint: return CommandTag("CHECKPOINT", .maintenance)
        case .close: return CommandTag(word(1) == .all ? "CLOSE CURSOR ALL" : "CLOSE CURSOR", .session)
        case .cluster: return CommandTag("CLUSTER", .maintenance)
        case .comment: return CommandTag("COMMENT", .ddl)
        case .commit: return CommandTag(word(1) == .prepared ? "COMMIT PREPARED" : "COMMIT", .transaction)
        case .end: return CommandTag("COMMIT", .transaction)
        case .copy: return CommandTag("COPY", .copy)
        case .deallocate:
            let all = word(1) == .all || (word(1) == .prepare && word(2) == .all)
            return CommandTag(all ? "DEALLOCATE ALL" : "DEALLOCATE", .session)
        case .declare: return CommandTag("DECLARE CURSOR", .session)
        case .discard: return discard(word(1))
        case .do: return CommandTag("DO", .procedural)
        case .execute: return CommandTag("EXECUTE", .procedural)
        case .explain: return CommandTag("EXPLAIN", .unknown)
        case .fetch: return CommandTag("FETCH", .session)
        case .move: return CommandTag("MOVE", .session)
        case .grant: return CommandTag(head.hasOn ? "GRANT" : "GRANT ROLE", .ddl)
        case .revoke: return CommandTag(head.hasOn ? "REVOKE" : "REVOKE ROLE", .ddl)
        case .import: return CommandTag("IMPORT FOREIGN SCHEMA", .ddl)
        case .listen: return CommandTag("LISTEN", .session)
        case .load: return CommandTag("LOAD", .maintenance)
        case .lock: return CommandTag("LOCK TABLE", .session)
        case .notify: return CommandTag("NOTIFY", .session)
        case .prepare:
            return word(1) == .transaction
                ? CommandTag("PREPARE TRANSACTION", .transaction) : CommandTag("PREPARE", .session)
        case .reassign: return CommandTag("REASSIGN OWNED", .ddl)
        case .refresh: return CommandTag("REFRESH MATERIALIZED VIEW", .maintenance)
        case .reindex: return CommandTag("REINDEX", .maintenance)
        case .release: return CommandTag("RELEASE", .transaction)
        case .reset: return CommandTag("RESET", .session)
        case .rollback: return CommandTag(word(1) == .prepared ? "ROLLBACK PREPARED" : "ROLLBACK", .transaction)
        case .savepoint: return CommandTag("SAVEPOINT", .transaction)
        case .security: return CommandTag("SECURITY LABEL", .ddl)
        case .set: return set(word(1), word(2))
        case .start: return CommandTag("START TRANSACTION", .transaction)
        case .truncate: return CommandTag("TRUNCATE TABLE", .write)
        case .unlisten: return CommandTag("UNLISTEN", .session)
        case .vacuum: return CommandTag("VACUUM", .maintenance)
        default: return .unknown
        }
    }

    private static func discard(_ what: Keyword) -> CommandTag {
        switch what {
        case .plans: CommandTag("DISCARD PLANS", .session)
        case .sequences: CommandTag("DISCARD SEQUENCES", .session)
        case .temp, .temporary: CommandTag("DISCARD TEMP", .session)
        default: CommandTag("DISCARD ALL", .session)
        }
    }

    private static func set(_ first: Keyword, _ second: Keyword) -> CommandTag {
        switch (first, second) {
        case (.constraints, _): CommandTag("SET CONSTRAINTS", .transaction)
        case (.transaction, _): CommandTag("SET", .transaction)
        default: CommandTag("SET", .session)
        }
    }
}
