internal import PGConnector

/// Waiting for locks.
///
/// A statement that waits for a lock gives whoever holds it time to change what the guard decided by: a function gets another
/// body while the server plans over a locked partition, or reads a literal whose type has a check. So no statement waits:
/// one that meets a lock ends, the lock is waited for with nothing of the statement running, and it is decided about anew by the
/// tests of the next try.
extension QueryRunner {
    /// The statement met a lock; its transaction was rolled back.
    struct LockMet: Error {
        let error: PGServerError
    }

    /// The SQLSTATE for `lock_timeout`: `lock_not_available`.
    static let lockNotAvailable = "55P03"

    /// The shortest `lock_timeout`, in milliseconds: 0 would be no limit at all.
    static let hastyLockTimeout = PGParameter.text("1")

    /// Whether a statement ends when it meets a lock. Not one that may have an effect, which must not have it twice.
    static func isHasty(_ conditions: SessionConditions) -> Bool {
        conditions.catalog != nil && !conditions.retiresSession
    }

    /// Runs what ends when it meets a lock, until it does not or `limits.lock_timeout` has passed since it first did.
    ///
    /// - Parameters:
    ///   - relations: the relations that the statement names, as SQL.
    ///   - attempt: the statement.
    /// - Throws: ``LockMet`` when the time has passed; what `attempt` throws.
    func patiently<Result>(
        for relations: [String], _ attempt: () async throws -> Result
    ) async throws -> Result {
        var deadline: ContinuousClock.Instant?
        var pause = Duration.milliseconds(5)
        while true {
            do {
                return try await attempt()
            } catch let met as LockMet {
                let begin = ContinuousClock.now
                let end = deadline ?? begin + limits.lockTimeout
                deadline = end
                guard begin < end else { throw met }
                try await awaitLocks(of: relations.prefix(Self.mostRelations), within: end - begin)
                // Another lock than those of what it names: of a partition, or of a function's table.
                let left = end - ContinuousClock.now
                if ContinuousClock.now - begin < pause || relations.isEmpty {
                    try await Task.sleep(for: min(pause, max(left, .zero)))
                }
                pause = min(pause * 2, .milliseconds(500))
            }
        }
    }

    /// The most relations that are waited for by name.
    private static let mostRelations = 32

    /// Waits in the queues of the locks of some relations, one after the other, and of what views among them read, and gives the
    /// locks back.
    ///
    /// The server only reads `SELECT FROM name`, which evaluates nothing; an error, such as for the name of a WITH query, is of
    /// no interest here.
    private func awaitLocks(of relations: ArraySlice<String>, within limit: Duration) async throws {
        guard !relations.isEmpty else { return }
        let end = ContinuousClock.now + limit
        try await lend { connection in
            do {
                for relation in relations {
                    let left = end - ContinuousClock.now
                    guard left > .zero, try await awaitLock(of: relation, within: left, on: connection) else { break }
                }
            } catch {
                connection.retire()
                throw error
            }
            if connection.transactionStatus != .idle { connection.retire() }
        }
    }

    /// - Returns: whether the lock was had in time, as far as there is one.
    private func awaitLock(
        of relation: String, within limit: Duration, on connection: PGConnection
    ) async throws -> Bool {
        let timeout = PGParameter.text(String(max(1, limit.wholeMilliseconds)))
        let steps =
            transactionStart + [
                .statement("SELECT pg_catalog.set_config('lock_timeout', $1, true)", [timeout]),
                .prepare("SELECT FROM " + relation), .sync, .statement("ROLLBACK"), .sync,
            ]
        return try await watch.run(within: limit + Self.grace, on: connection) {
            var isInTime = true
            for try await event in try await connection.pipeline(steps) {
                if case .failed(_, let error) = event, error.sqlState == Self.lockNotAvailable { isInTime = false }
            }
            return isInTime
        }
    }
}
