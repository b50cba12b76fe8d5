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

    private static let version = 1

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
                prepare: Self.prepare))
    }

    @Sendable
    private static func prepare(_ db: GRDB.Database) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= version else {
            throw StateFailure(
                description: "conversations.sqlite3 was written by a newer version of this program (\(found))")
        }
        guard found == 0 else { return }
        // `touched` counts changes, so that the order of conversations of one second is known.
        try db.execute(
            sql: """
                CREATE TABLE conversation (
                    id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, title TEXT NOT NULL, title_words TEXT NOT NULL,
                    database TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, touched INTEGER NOT NULL,
                    messages INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
                CREATE UNIQUE INDEX conversation_touched ON conversation (touched);
                CREATE INDEX conversation_owner ON conversation (owner, touched);
                CREATE TABLE message (
                    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE, place INTEGER NOT NULL,
                    created INTEGER NOT NULL, body TEXT NOT NULL, words TEXT NOT NULL,
                    PRIMARY KEY (conversation, place));
                PRAGMA user_version = 1;
                """)
    }

    private static let columns = "id, owner, title, database, created, updated, messages"

    func create(owner: String, title: String, database name: String?) async throws -> Conversation {
        let title = ConversationTitle.of(title)
        let now = clock()
        let made = Conversation(
            id: Conversation.newID(), owner: owner, title: title, database: name, created: now, updated: now,
            messageCount: 0)
        return try await failing { [limits, database] in
            try await database.writing { db in
                let count =
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM conversation WHERE owner = ?", arguments: [owner]) ?? 0
                guard count < limits.conversations else { throw limits.tooMany }
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
                         AND (title_words LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM message AS m
                        WHERE m.conversation = c.id AND m.words LIKE ? ESCAPE '\\'))
                        """
                    let pattern = StoredText.pattern(search)
                    arguments += [pattern, pattern]
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
        let rows = try await failing { [database] in
            try await database.reading { db in
                guard try Self.find(id, owner, db) != nil else { throw ConversationFailure.notFound }
                return try Row.fetchAll(
                    db, sql: "SELECT place, created, body FROM message WHERE conversation = ? ORDER BY place",
                    arguments: [id]
                ).map { (place: $0[0] as Int, created: $0[1] as Int64, body: $0[2] as String) }
            }
        }
        return try rows.map {
            try StoredMessage(index: $0.place, created: Timestamp(seconds: $0.created), body: $0.body)
        }
    }

    func append(_ messages: [StoredMessage], to id: String, owner: String) async throws {
        guard !messages.isEmpty else { return }
        let texts = try messages.map { try StoredText($0, limits: limits) }
        let created = messages.map(\.created.seconds)
        let now = clock()
        try await failing { [limits, database, totalBytes] in
            try await database.writing { db in
                let row = try Row.fetchOne(
                    db, sql: "SELECT messages, bytes FROM conversation WHERE id = ? AND owner = ?",
                    arguments: [id, owner])
                guard let row else { throw ConversationFailure.notFound }
                let (count, bytes) = (row[0] as Int, row[1] as Int)
                try limits.check(count: count, adding: texts, bytes: bytes)
                for (offset, text) in texts.enumerated() {
                    try db.execute(
                        sql: "INSERT INTO message (conversation, place, created, body, words) VALUES (?, ?, ?, ?, ?)",
                        arguments: [id, count + offset, created[offset], text.body, text.words])
                }
                try Self.changed(
                    id, count: count + texts.count, bytes: texts.reduce(bytes) { $0 + $1.bytes }, now, db)
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
                            SELECT coalesce(sum(length(CAST(body AS BLOB)) + length(CAST(words AS BLOB))), 0) FROM message
                            WHERE conversation = ?
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

    private static func conversation(_ row: Row) -> Conversation {
        Conversation(
            id: row[0], owner: row[1], title: row[2], database: row[3], created: Timestamp(seconds: row[4]),
            updated: Timestamp(seconds: row[5]), messageCount: row[6])
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
