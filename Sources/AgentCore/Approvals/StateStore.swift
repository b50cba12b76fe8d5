internal import AuthTokens
internal import GRDB
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The state folder cannot be used.
public struct StateFailure: Error, Sendable, CustomStringConvertible {
    /// A sentence with the path, for the operator.
    public let description: String
}

/// Approvals in `state.directory`: spent nonces, and questions that wait for an answer. Processes on one host share it.
///
/// Nothing is opened before it is needed. The folder is made with mode 700, the file with 600; a folder that others may write
/// to is refused, since who can remove the file can use an approval twice.
final class StateStore: SpentNonces, HeldQuestions {
    /// How long something is kept after its expiry: a clock that is set back must not bring it to life.
    static let kept: Duration = .seconds(86_400)
    /// The most questions that wait at a time; a program that only asks must not fill the disk.
    static let mostPending = 10_000

    private let directory: String
    private let opened = Mutex<DatabaseQueue?>(nil)

    /// - Parameter directory: the state folder, as an absolute path.
    init(directory: String) {
        self.directory = directory
    }

    /// The file within the folder.
    var path: String { directory + "/approvals.sqlite3" }

    func spend(_ nonce: [UInt8], expires: Timestamp, now: Timestamp) async throws -> Bool {
        try await writing { db in
            try db.execute(
                sql: "DELETE FROM spent_nonce WHERE expires < ?", arguments: [(now - Self.kept).seconds])
            try db.execute(
                sql: "INSERT INTO spent_nonce (nonce, expires) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [Digest.hexadecimal(nonce), expires.seconds])
            return db.changesCount == 1
        }
    }

    func hold(_ sealed: String, id: String, expires: Timestamp, now: Timestamp) async throws {
        let hasRoom = try await writing { db in
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
        try await writing { db in
            try String.fetchOne(db, sql: "SELECT sealed FROM pending_approval WHERE id = ?", arguments: [id])
        }
    }

    func remove(_ id: String) async throws -> Bool {
        try await writing { db in
            try db.execute(sql: "DELETE FROM pending_approval WHERE id = ?", arguments: [id])
            return db.changesCount == 1
        }
    }

    private func writing<Value: Sendable>(
        _ body: @escaping @Sendable (GRDB.Database) throws -> Value
    ) async throws -> Value {
        do {
            let queue = try database()
            return try await queue.writeWithoutTransaction { db in
                var value: Value?
                // Immediate: who reads before it writes must not be overtaken in between.
                try db.inTransaction(.immediate) {
                    value = try body(db)
                    return .commit
                }
                guard let value else { throw StateFailure(description: "nothing was written") }
                return value
            }
        } catch let error as StateFailure {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw StateFailure(description: "cannot use \(path): \(error)")
        }
    }

    private func database() throws -> DatabaseQueue {
        try opened.withLock { opened in
            if let opened { return opened }
            try prepareFolder()
            // Two processes that make the file at once would meet while it changes to a write-ahead log, where SQLite does not
            // wait.
            let lock = try FileLock(beside: path)
            try prepareFile()
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { db in
                // A nonce that was spent stays spent when the power fails.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    try db.execute(
                        sql: """
                            CREATE TABLE IF NOT EXISTS spent_nonce (
                                nonce TEXT PRIMARY KEY NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
                            CREATE INDEX IF NOT EXISTS spent_nonce_expires ON spent_nonce (expires);
                            CREATE TABLE IF NOT EXISTS pending_approval (
                                id TEXT PRIMARY KEY NOT NULL, sealed TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
                            """)
                    return .commit
                }
            }
            opened = queue
            lock.release()
            return queue
        }
    }

    private func prepareFolder() throws(StateFailure) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw StateFailure(
                description: "cannot make the state folder \(directory): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard stat(directory, &status) == 0 else {
            throw StateFailure(
                description: "cannot examine the state folder \(directory): \(String(cString: strerror(errno)))")
        }
        guard UInt32(status.st_mode) & 0o170000 == 0o040000 else {
            throw StateFailure(description: "state.directory \(directory) is no folder")
        }
        if UInt32(status.st_mode) & 0o022 != 0 {
            throw StateFailure(
                description: "others may write to the state folder \(directory): chmod 700 \(directory)")
        }
    }

    /// SQLite gives its other files the mode of the first, so that one is made before SQLite sees it.
    private func prepareFile() throws(StateFailure) {
        let descriptor = openOwnFile(path)
        guard descriptor >= 0 else {
            throw StateFailure(description: "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }
}

/// Opens a file for its owner alone, which is made when there is none; a symbolic link is refused.
private func openOwnFile(_ path: String) -> Int32 { open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
