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

/// An SQLite file in `state.directory`, which the processes on one host share.
///
/// Nothing is opened before it is needed. The folder is made with mode 700, the file with 600; a folder that others may write
/// to is refused, since who can remove a file can bring back what was spent.
final class StateDatabase: Sendable {
    /// What is special about a file.
    struct Options: Sendable {
        /// Whether changes go to a write-ahead log first, which is faster, and keeps copies of what was deleted for a while.
        var usesWriteAheadLog = false
        /// Whether a change is on the disk before it counts: it stays when the power fails. Without, the last changes may be
        /// lost then, and nothing is when only the process ends.
        var isDurable = true
        /// Statements for each connection.
        var pragmas: [String] = []
        /// Makes or changes the tables; called in a transaction.
        var prepare: @Sendable (GRDB.Database) throws -> Void
    }

    /// The file; nil for one in memory.
    let path: String?
    private let directory: String?
    private let options: Options
    private let opened = Mutex<DatabaseQueue?>(nil)

    /// - Parameters:
    ///   - directory: The state folder, as an absolute path; nil: in memory.
    ///   - name: The name of the file.
    ///   - options: What is special about it.
    init(directory: String?, name: String, options: Options) {
        self.directory = directory
        self.options = options
        path = directory.map { $0 + "/" + name }
    }

    /// What messages call it.
    private var place: String { path ?? "the state in memory" }

    /// Runs `body` in a transaction that nobody else's write comes between; a transaction that ends in an error changes
    /// nothing.
    ///
    /// - Throws: ``StateFailure`` when the file cannot be used; what else `body` throws that is none of GRDB's errors.
    func writing<Value: Sendable>(
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
        } catch let error as DatabaseError {
            throw StateFailure(description: "cannot use \(place): \(error)")
        } catch let error as FileFailure {
            throw StateFailure(description: "cannot use \(place): \(error)")
        }
    }

    /// Runs `body` in a transaction that only reads.
    ///
    /// - Throws: As ``writing(_:)``.
    func reading<Value: Sendable>(
        _ body: @escaping @Sendable (GRDB.Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await database().read(body)
        } catch let error as DatabaseError {
            throw StateFailure(description: "cannot use \(place): \(error)")
        } catch let error as FileFailure {
            throw StateFailure(description: "cannot use \(place): \(error)")
        }
    }

    /// Empties the write-ahead log, which keeps copies of what was deleted until then.
    ///
    /// - Throws: ``StateFailure``.
    func clearLog() async throws {
        guard path != nil, options.usesWriteAheadLog else { return }
        do {
            try await database().writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError {
            throw StateFailure(description: "cannot empty the log of \(place): \(error)")
        } catch let error as FileFailure {
            throw StateFailure(description: "cannot use \(place): \(error)")
        }
    }

    /// Closes the file; the next use opens it again.
    func close() {
        let queue = opened.withLock { opened in
            defer { opened = nil }
            return opened
        }
        try? queue?.close()
    }

    private func database() throws -> DatabaseQueue {
        try opened.withLock { opened in
            if let opened { return opened }
            let queue = try open()
            opened = queue
            return queue
        }
    }

    private func open() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { [pragmas = options.pragmas] db in
            for pragma in pragmas { try db.execute(sql: pragma) }
        }
        guard let directory, let path else {
            let queue = try DatabaseQueue(configuration: configuration)
            try prepare(queue)
            return queue
        }
        try Self.prepareFolder(directory)
        // Two processes that make the file at once would meet while it changes to a write-ahead log, where SQLite does not
        // wait.
        let lock = try FileLock(beside: path)
        try Self.prepareFile(path)
        if options.usesWriteAheadLog { configuration.journalMode = .wal }
        configuration.prepareDatabase { [isDurable = options.isDurable] db in
            try db.execute(sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL")")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try prepare(queue)
        lock.release()
        return queue
    }

    private func prepare(_ queue: DatabaseQueue) throws {
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try options.prepare(db)
                return .commit
            }
        }
    }

    private static func prepareFolder(_ directory: String) throws(StateFailure) {
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
    private static func prepareFile(_ path: String) throws(StateFailure) {
        let descriptor = openOwnFile(path)
        guard descriptor >= 0 else {
            throw StateFailure(description: "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        closeFile(descriptor)
    }
}

/// Opens a file for its owner alone, which is made when there is none; a symbolic link is refused.
private func openOwnFile(_ path: String) -> Int32 { open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
private func closeFile(_ descriptor: Int32) { close(descriptor) }
