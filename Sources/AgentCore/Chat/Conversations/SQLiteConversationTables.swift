internal import GRDB

/// The tables of ``SQLiteConversations``, made and changed step by step.
enum SQLiteConversationTables {
    /// The statements of each version, which are never edited once they were released: a new version is a new entry.
    private static let versions = [
        // `touched` counts changes, so that the order of conversations of one second is known.
        """
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
        """,
        // What is only there to be shown, beside what a model is sent again: each turn reads the latter.
        "ALTER TABLE message ADD COLUMN details TEXT",
    ]

    /// Sees to it that the tables are there and as this program knows them.
    ///
    /// - Throws: ``StateFailure`` when a newer program has changed them.
    @Sendable
    static func prepare(_ db: GRDB.Database) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= versions.count else {
            throw StateFailure(
                description: "conversations.sqlite3 was written by a newer version of this program (\(found))")
        }
        guard found < versions.count else { return }
        for version in versions[found...] { try db.execute(sql: version) }
        try db.execute(sql: "PRAGMA user_version = \(versions.count)")
    }
}
