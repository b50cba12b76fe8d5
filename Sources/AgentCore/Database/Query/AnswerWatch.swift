internal import PGConnector
internal import Synchronization

/// Ends exchanges whose answer does not come, since a network that swallows packets keeps `statement_timeout`'s answer
/// from arriving too.
///
/// One task looks once a second at all exchanges of a database while there are any: a timer and a task for each would
/// cost more than a small query.
final class AnswerWatch: Sendable {
    private struct Entry {
        let deadline: ContinuousClock.Instant
        let connection: PGConnection
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        /// Exchanges that were ended, until they have been told.
        var expired: Set<Int> = []
        var nextID = 0
        var watcher: Task<Void, Never>?
    }

    private let state = Mutex(State())

    deinit { state.withLock { $0.watcher?.cancel() } }

    /// Runs an exchange.
    ///
    /// - Parameters:
    ///   - limit: how long it may take.
    ///   - connection: the connection that it uses; cancelled, and closed when even that brings no answer, after the
    ///     limit.
    ///   - body: the exchange.
    /// - Throws: ``Expired`` when the limit was met; what the body throws.
    func run<Result>(
        within limit: Duration, on connection: PGConnection, _ body: () async throws -> Result
    ) async throws -> Result {
        let id = begin(.now + limit, connection)
        do {
            let result = try await body()
            _ = end(id)
            return result
        } catch {
            throw end(id) ? Expired() : error
        }
    }

    /// The limit was met.
    struct Expired: Error {}

    private func begin(_ deadline: ContinuousClock.Instant, _ connection: PGConnection) -> Int {
        state.withLock { state in
            state.nextID += 1
            state.entries[state.nextID] = Entry(deadline: deadline, connection: connection)
            if state.watcher == nil {
                state.watcher = Task { [weak self] in
                    while !Task.isCancelled {
                        guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
                        guard let self, await look() else { return }
                    }
                }
            }
            return state.nextID
        }
    }

    /// - Returns: whether the exchange was ended by the watch.
    private func end(_ id: Int) -> Bool {
        state.withLock { state in
            state.entries[id] = nil
            return state.expired.remove(id) != nil
        }
    }

    /// Ends what is overdue.
    ///
    /// - Returns: whether there is anything left to look at; if not, the watcher has been let go.
    private func look() async -> Bool {
        let overdue: [PGConnection]? = state.withLock { state in
            if state.entries.isEmpty {
                state.watcher = nil
                return nil
            }
            let now = ContinuousClock.now
            let overdue = state.entries.filter { $0.value.deadline <= now }
            for id in overdue.keys {
                state.entries[id] = nil
                state.expired.insert(id)
            }
            return overdue.values.map(\.connection)
        }
        guard let overdue else { return false }
        await withDiscardingTaskGroup { group in
            for connection in overdue { group.addTask { await connection.cancel() } }
        }
        return true
    }
}
