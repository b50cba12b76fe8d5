internal import AuthTokens
internal import GRDB

/// Approvals in `state.directory`: spent nonces, and questions that wait for an answer. Processes on one host share it.
final class StateStore: SpentNonces, HeldQuestions {
    /// How long something is kept after its expiry: a clock that is set back must not bring it to life.
    static let kept: Duration = .seconds(86_400)
    /// The most questions that wait at a time; a program that only asks must not fill the disk.
    static let mostPending = 10_000

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
                        CREATE TABLE IF NOT EXISTS pending_approval (
                            id TEXT PRIMARY KEY NOT NULL, sealed TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
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

    func hold(_ sealed: String, id: String, expires: Timestamp, now: Timestamp) async throws {
        let hasRoom = try await database.writing { db in
            try db.execute(sql: "DELETE FROM pending_approval WHERE expires < ?", arguments: [now.seconds])
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM pending_approval") ?? 0
            guard count < Self.mostPending else { return false }
            try db.execute(
                sql: "INSERT INTO pending_approval (id, sealed, expires) VALUES (?, ?, ?)",
                arguments: [id, sealed, expires.seconds])
            return true
        }
        if !hasRoom { throw StateFailure(description: "too many questions wait for an answer") }
    }

    func pending(_ id: String) async throws -> String? {
        try await database.writing { db in
            try String.fetchOne(db, sql: "SELECT sealed FROM pending_approval WHERE id = ?", arguments: [id])
        }
    }

    func remove(_ id: String) async throws -> Bool {
        try await database.writing { db in
            try db.execute(sql: "DELETE FROM pending_approval WHERE id = ?", arguments: [id])
            return db.changesCount == 1
        }
    }
}
