internal import AuthTokens
internal import GRDB

/// Conversations in `state.directory`, or in memory where there is no such folder.
///
/// The file is `conversations.sqlite3`, of mode 600. What is deleted is overwritten (`secure_delete`, SQLite's "PRAGMA
/// Statements"), and the write-ahead log is emptied then: a conversation that was deleted is in no file afterwards. The log spares a
/// question the waits for the disk before its model is asked, which cost more than everything else that is done for it.
final class SQLiteConversations: ConversationStore {
    private let database: StateDatabase
    private let limits: ConversationLimits
    private let clock: @Sendable () -> Timestamp
    /// The most bytes of everything; nil where a disk is the bound.
    private let totalBytes: Int?

    /// - Parameters:
    ///   - directory: The state folder, as an absolute path; nil: in memory.
    ///   - limits: How much is kept.
    ///   - clock: Tells the time.
    init(
        directory: String?, limits: ConversationLimits = ConversationLimits(),
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.limits = limits
        self.clock = clock
        totalBytes = directory == nil ? limits.memoryBytes : nil
        database = StateDatabase(
            directory: directory, name: "conversations.sqlite3",
            options: StateDatabase.Options(
                usesWriteAheadLog: true, isDurable: false,
                pragmas: ["PRAGMA secure_delete = ON", "PRAGMA foreign_keys = ON", "PRAGMA temp_store = MEMORY"],
                prepare: SQLiteConversationTables.prepare))
    }

    private static let columns = "id, owner, title, database, created, updated, messages"

    func create(owner: String, title: String, database name: String?) async throws -> Conversation {
        try await begin(owner: owner, title: title, database: name, with: [])
    }

    func begin(
        owner: String, title: String, database name: String?, with messages: [StoredMessage]
    ) async throws -> Conversation {
        let title = ConversationTitle.of(title)
        let texts = try messages.map { (try StoredText($0, limits: limits), $0.created.seconds) }
        let now = clock()
        let made = Conversation(
            id: Conversation.newID(), owner: owner, title: title, database: name, created: now, updated: now,
            messageCount: messages.count)
        return try await failing { [limits, database, totalBytes] in
            try await database.writing { db in
                let kept = try Self.kept(owner, db)
                try limits.checkOwner(count: kept.count, bytes: kept.bytes)
                try db.execute(
                    sql: """
                        INSERT INTO conversation (id, owner, title, title_words, database, created, updated, touched,
                            messages, bytes)
                        VALUES (?, ?, ?, ?, ?, ?, ?, \(Self.nextTouch), 0, 0)
                        """,
                    arguments: [
                        made.id, owner, title, StoredText.folded(title, bytes: limits.searchedBytes), name, now.seconds,
                        now.seconds,
                    ])
                guard !texts.isEmpty else { return made }
                try Self.add(texts, to: made.id, count: 0, bytes: 0, limits, now, db)
                if let totalBytes { try Self.forget(beyond: totalBytes, but: made.id, db) }
                return made
            }
        }
    }

    private static let nextTouch = "(SELECT coalesce(max(touched), 0) + 1 FROM conversation)"

    func list(owner: String, search: String?, limit: Int, before: String?) async throws -> [Conversation] {
        try await failing { [database] in
            try await database.reading { db in
                var sql = "SELECT \(Self.columns) FROM conversation AS c WHERE owner = ?"
                var arguments: [(any DatabaseValueConvertible)?] = [owner]
                if let before {
                    let touched = try Int64.fetchOne(
                        db, sql: "SELECT touched FROM conversation WHERE id = ? AND owner = ?",
                        arguments: [before, owner])
                    guard let touched else { throw ConversationFailure.notFound }
                    sql += " AND touched < ?"
                    arguments.append(touched)
                }
                if let search, !search.isEmpty {
                    sql += """
                         AND (instr(title_words, ?) > 0 OR EXISTS (SELECT 1 FROM message AS m
                        WHERE m.conversation = c.id AND instr(m.words, ?) > 0))
                        """
                    let words = StoredText.searched(search)
                    arguments += [words, words]
                }
                sql += " ORDER BY touched DESC LIMIT ?"
                arguments.append(max(1, min(limit, ConversationLimits.page)))
                return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments))
                    .map { Self.conversation($0) }
            }
        }
    }

    func conversation(_ id: String, owner: String) async throws -> Conversation? {
        guard Conversation.isID(id) else { return nil }
        return try await failing { [database] in
            try await database.reading { db in try Self.find(id, owner, db) }
        }
    }

    func messages(of id: String, owner: String) async throws -> [StoredMessage] {
        try await messages(of: id, owner: owner, MessageSelection(limit: .max, bytes: .max))
    }

    func messages(
        of id: String, owner: String, _ selection: MessageSelection
    ) async throws -> [StoredMessage] {
        let rows = try await failing { [database] in
            try await database.reading { db in
                guard try Self.find(id, owner, db) != nil else { throw ConversationFailure.notFound }
                return try Self.rows(of: id, selection, db)
            }
        }
        return try rows.map {
            try StoredMessage(
                index: $0.place, created: Timestamp(seconds: $0.created), body: $0.body, details: $0.details)
        }
    }

    private typealias MessageRow = (place: Int, created: Int64, body: String, details: String?)

    /// Reads row by row, and no further than the selection goes.
    private static func rows(
        of id: String, _ selection: MessageSelection, _ db: GRDB.Database
    ) throws -> [MessageRow] {
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT place, created, body, \(selection.includesDetails ? "details" : "NULL") FROM message
                WHERE conversation = ? AND place < ? ORDER BY place DESC LIMIT ?
                """, arguments: [id, selection.before ?? .max, max(1, selection.limit)])
        var rows: [MessageRow] = []
        var bytes = 0
        while let row = try cursor.next() {
            let found: MessageRow = (row[0], row[1], row[2], row[3])
            bytes += found.body.utf8.count + (found.details?.utf8.count ?? 0)
            guard rows.isEmpty || bytes <= selection.bytes else { break }
            rows.append(found)
        }
        return rows.reversed()
    }

    func append(_ messages: [StoredMessage], to id: String, owner: String) async throws {
        guard !messages.isEmpty else { return }
        let texts = try messages.map { (try StoredText($0, limits: limits), $0.created.seconds) }
        let asksMore = messages.contains(where: \.isSaidByPerson)
        let now = clock()
        try await failing { [limits, database, totalBytes] in
            try await database.writing { db in
                let row = try Row.fetchOne(
                    db, sql: "SELECT messages, bytes FROM conversation WHERE id = ? AND owner = ?",
                    arguments: [id, owner])
                guard let row else { throw ConversationFailure.notFound }
                if asksMore { try limits.checkOwner(bytes: try Self.kept(owner, db).bytes) }
                try Self.add(texts, to: id, count: row[0], bytes: row[1], limits, now, db)
                if let totalBytes { try Self.forget(beyond: totalBytes, but: id, db) }
            }
        }
    }

    func truncate(_ id: String, owner: String, from index: Int) async throws {
        let now = clock()
        try await failing { [database] in
            try await database.writing { db in
                guard let found = try Self.find(id, owner, db) else { throw ConversationFailure.notFound }
                let index = max(0, index)
                guard index < found.messageCount else { return }
                try db.execute(
                    sql: "DELETE FROM message WHERE conversation = ? AND place >= ?", arguments: [id, index])
                let bytes =
                    try Int.fetchOne(
                        db,
                        sql: """
                            SELECT coalesce(sum(length(CAST(body AS BLOB)) + length(CAST(words AS BLOB))
                                + coalesce(length(CAST(details AS BLOB)), 0)), 0) FROM message WHERE conversation = ?
                            """, arguments: [id]) ?? 0
                try Self.changed(id, count: index, bytes: bytes, now, db)
            }
            try await database.clearLog()
        }
    }

    func rename(_ id: String, owner: String, title: String) async throws {
        let title = ConversationTitle.of(title)
        try await failing { [limits, database] in
            try await database.writing { db in
                try db.execute(
                    sql: "UPDATE conversation SET title = ?, title_words = ? WHERE id = ? AND owner = ?",
                    arguments: [title, StoredText.folded(title, bytes: limits.searchedBytes), id, owner])
                guard db.changesCount == 1 else { throw ConversationFailure.notFound }
            }
            try await database.clearLog()
        }
    }

    func setDatabase(_ id: String, owner: String, _ name: String?) async throws {
        try await failing { [database] in
            try await database.writing { db in
                try db.execute(
                    sql: "UPDATE conversation SET database = ? WHERE id = ? AND owner = ?",
                    arguments: [name, id, owner])
                guard db.changesCount == 1 else { throw ConversationFailure.notFound }
            }
        }
    }

    func delete(_ id: String, owner: String) async throws -> Bool {
        try await failing { [database] in
            let isDeleted = try await database.writing { db in
                // Its messages go with it (ON DELETE CASCADE).
                try db.execute(
                    sql: "DELETE FROM conversation WHERE id = ? AND owner = ?", arguments: [id, owner])
                return db.changesCount == 1
            }
            if isDeleted { try await database.clearLog() }
            return isDeleted
        }
    }

    func shutdown() async { database.close() }

    // MARK: - Within a transaction

    private static func find(_ id: String, _ owner: String, _ db: GRDB.Database) throws -> Conversation? {
        try Row.fetchOne(
            db, sql: "SELECT \(columns) FROM conversation WHERE id = ? AND owner = ?", arguments: [id, owner]
        ).map { conversation($0) }
    }

    /// What an owner has in all.
    private static func kept(_ owner: String, _ db: GRDB.Database) throws -> (count: Int, bytes: Int) {
        let row = try Row.fetchOne(
            db, sql: "SELECT count(*), coalesce(sum(bytes), 0) FROM conversation WHERE owner = ?", arguments: [owner])
        return (row?[0] ?? 0, row?[1] ?? 0)
    }

    private static func conversation(_ row: Row) -> Conversation {
        Conversation(
            id: row[0], owner: row[1], title: row[2], database: row[3], created: Timestamp(seconds: row[4]),
            updated: Timestamp(seconds: row[5]), messageCount: row[6])
    }

    private static func add(
        _ texts: [(text: StoredText, created: Int64)], to id: String, count: Int, bytes: Int,
        _ limits: ConversationLimits, _ now: Timestamp, _ db: GRDB.Database
    ) throws {
        try limits.check(count: count, adding: texts.map(\.text), bytes: bytes)
        for (offset, (text, created)) in texts.enumerated() {
            try db.execute(
                sql:
                    "INSERT INTO message (conversation, place, created, body, words, details) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [id, count + offset, created, text.body, text.words, text.details])
        }
        try changed(id, count: count + texts.count, bytes: texts.reduce(bytes) { $0 + $1.text.bytes }, now, db)
    }

    private static func changed(
        _ id: String, count: Int, bytes: Int, _ now: Timestamp, _ db: GRDB.Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE conversation SET messages = ?, bytes = ?, updated = ?, touched = \(nextTouch) WHERE id = ?
                """,
            arguments: [count, bytes, now.seconds, id])
    }

    /// Deletes the oldest conversations until the rest fits.
    private static func forget(beyond limit: Int, but id: String, _ db: GRDB.Database) throws {
        while try Int.fetchOne(db, sql: "SELECT coalesce(sum(bytes), 0) FROM conversation") ?? 0 > limit {
            try db.execute(
                sql: """
                    DELETE FROM conversation WHERE id = (SELECT id FROM conversation WHERE id <> ? ORDER BY touched LIMIT 1)
                    """,
                arguments: [id])
            if db.changesCount == 0 { return }
        }
    }

    /// Makes failures of the file failures of the store.
    private func failing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as StateFailure {
            throw ConversationFailure.unavailable(failure.description)
        }
    }
}
