internal import AuthTokens
internal import GRDB

/// Approvals in `state.directory`: spent nonces, and questions that wait for an answer. Processes on one host share it.
final class StateStore: SpentNonces, HeldQuestions {
    /// How long something is kept after its expiry: a clock that is set back must not bring it to life.
    static let kept: Duration = .seconds(86_400)

    private let database: StateDatabase

    /// - Parameter directory: the state folder, as an absolute path.
    init(directory: String) {
        path = directory + "/" + Self.name
        database = StateDatabase(
            directory: directory, name: Self.name,
            options: StateDatabase.Options(usesWriteAheadLog: true) { db in
                try db.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS spent_nonce (
                            nonce TEXT PRIMARY KEY NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
                        CREATE INDEX IF NOT EXISTS spent_nonce_expires ON spent_nonce (expires);
                        DROP TABLE IF EXISTS pending_approval;
                        CREATE TABLE IF NOT EXISTS held_question (
                            id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, sealed TEXT NOT NULL,
                            expires INTEGER NOT NULL);
                        CREATE INDEX IF NOT EXISTS held_question_owner ON held_question (owner);
                        CREATE INDEX IF NOT EXISTS held_question_expires ON held_question (expires);
                        """)
            })
    }

    private static let name = "approvals.sqlite3"
    /// The file within the folder.
    let path: String

    func spend(_ nonce: [UInt8], expires: Timestamp, now: Timestamp) async throws -> Bool {
        try await database.writing { db in
            try db.execute(
                sql: "DELETE FROM spent_nonce WHERE expires < ?", arguments: [(now - Self.kept).seconds])
            try db.execute(
                sql: "INSERT INTO spent_nonce (nonce, expires) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [Digest.hexadecimal(nonce), expires.seconds])
            return db.changesCount == 1
        }
    }

    func hold(_ sealed: String, id: String, owner: String, expires: Timestamp, now: Timestamp) async throws {
        try await database.writing { db in
            try db.execute(sql: "DELETE FROM held_question WHERE expires < ?", arguments: [now.seconds])
            try HeldQuestionBounds.check(
                owned: Int.fetchOne(
                    db, sql: "SELECT count(*) FROM held_question WHERE owner = ?", arguments: [owner]) ?? 0,
                all: Int.fetchOne(db, sql: "SELECT count(*) FROM held_question") ?? 0)
            try db.execute(
                sql: "INSERT INTO held_question (id, owner, sealed, expires) VALUES (?, ?, ?, ?)",
                arguments: [id, owner, sealed, expires.seconds])
        }
    }

    func pending(_ id: String) async throws -> String? {
        try await database.writing { db in
            try String.fetchOne(db, sql: "SELECT sealed FROM held_question WHERE id = ?", arguments: [id])
        }
    }

    func remove(_ id: String) async throws -> Bool {
        try await database.writing { db in
            try db.execute(sql: "DELETE FROM held_question WHERE id = ?", arguments: [id])
            return db.changesCount == 1
        }
    }
}
