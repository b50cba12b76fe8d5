/// A PostgreSQL client: a pool of connections to one server (or to one of several hosts).
///
/// Nothing is connected until it is needed, so that a client can be made while the server is down; it heals by
/// itself. Call ``shutdown()`` at the end.
public final class PGClient: Sendable {
    let pool: PGPool

    /// Makes a client; does not connect.
    /// - Parameters:
    ///   - configuration: The server and the pool.
    ///   - observer: Told what the pool does, for metrics.
    public init(configuration: PGConfiguration, observer: (any PGPoolObserver)? = nil) {
        pool = PGPool(configuration: configuration, observer: observer)
    }

    deinit { pool.abandon() }

    /// Lends a connection.
    ///
    /// When `body` ends, what still runs on the connection is cancelled; it goes back to the pool once that is
    /// confirmed and it is idle, outside any transaction, and not retired; else it is closed.
    /// - Parameters:
    ///   - isolation: The caller's actor.
    ///   - body: Uses the connection, which must not be kept.
    /// - Returns: What `body` returns.
    /// - Throws: ``PGError`` when no connection can be had, or what `body` throws.
    public func withConnection<R>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        let lease = try await pool.acquire()
        let connection = PGConnection(lease.session)
        defer {
            connection.endLoan()
            pool.release(lease)
        }
        return try await body(connection)
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    /// - Parameters:
    ///   - readOnly: Whether the transaction is `READ ONLY`.
    ///   - isolation: The caller's actor.
    ///   - body: Uses the connection.
    /// - Returns: What `body` returns.
    /// - Throws: ``PGError``, or what `body` throws.
    public func withTransaction<R>(
        readOnly: Bool = false, isolation: isolated (any Actor)? = #isolation,
        _ body: (PGConnection) async throws -> R
    ) async throws -> R {
        try await withConnection { connection in
            try await connection.execute(readOnly ? "BEGIN READ ONLY" : "BEGIN")
            let result: R
            do {
                result = try await body(connection)
            } catch {
                // In a cancelled task this throws at once; the connection is then closed, which rolls back as well.
                _ = try? await connection.execute("ROLLBACK")
                throw error
            }
            let commit = try await connection.execute("COMMIT")
            // The server answers ROLLBACK when a statement had failed and `body` went on regardless.
            guard commit.commandTag == "COMMIT" else {
                throw PGError(.server, "The transaction was rolled back, since one of its statements had failed.")
            }
            return result
        }
    }

    /// Runs one statement on a connection of the pool and streams its rows; the connection goes back when the last
    /// row was read or the sequence was dropped.
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: Values for `$1`, `$2`, …
    ///   - format: How rows shall travel.
    /// - Returns: The rows.
    /// - Throws: ``PGError``.
    public func query(
        _ sql: String, _ parameters: [PGParameter] = [], format: PGFormat = .text
    ) async throws -> PGRowSequence {
        let lease = try await pool.acquire()
        let exchange: PGExchange
        do {
            exchange = try await lease.session.send([.statement(sql, parameters, format: format), .sync])
        } catch {
            pool.release(lease)
            throw error
        }
        exchange.whenOver { [pool] in pool.release(lease) }
        return try await PGRowSequence(reading: exchange)
    }

    /// Runs one statement on a connection of the pool and waits for all it returns.
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: Values for `$1`, `$2`, …
    ///   - format: How rows shall travel.
    /// - Returns: The command tag, rows and notices.
    /// - Throws: ``PGError``.
    @discardableResult
    public func execute(
        _ sql: String, _ parameters: [PGParameter] = [], format: PGFormat = .text
    ) async throws -> PGCommandResult {
        let lease = try await pool.acquire()
        defer { pool.release(lease) }
        return try await lease.session.execute(sql, parameters, format: format)
    }

    /// Ends the client: nobody gets a connection any more, idle connections are closed at once, those in use when
    /// they come back, or after ``PGPoolConfiguration/shutdownGrace``.
    public func shutdown() async { await pool.shutdown() }

    /// The pool at this moment.
    public var poolStatus: PGPoolStatus { pool.status }
}
