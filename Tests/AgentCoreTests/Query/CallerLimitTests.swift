import Logging
import TestSupport
import Testing

@testable import AgentCore

@Suite("limits.concurrent_per_token")
struct CallerLimitTests {
    static let shop = Result { try ShopDatabase.make() }

    /// Asks as a caller.
    private func ask(_ sql: String, of database: Database, as caller: String) async -> Ending {
        await CallerKey.$current.withValue(CallerKey(principal: caller)) {
            await Ending { try await database.query(QueryRequest(sql: sql)) }
        }
    }

    @Test("A caller with slow queries holds up itself and nobody else, and is told why")
    func fairness() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured {
            $0.pool.max = 3
            $0.limits.concurrentPerToken = 2
            $0.pool.acquireTimeout = .seconds(3)
        }
        try await database.open(connections: 3)
        let slow = (0..<2).map { number in
            Task { await ask("SELECT pg_sleep(600), 'mark-slow-\(number)'", of: database, as: "a") }
        }
        for number in 0..<2 { try await wait(for: "mark-slow-\(number)", on: shop.fixture) }
        let third = Task { await ask("SELECT 1", of: database, as: "a") }
        for _ in 0..<3 {
            guard case .answered = await ask("SELECT 1", of: database, as: "b") else {
                Issue.record("another caller was held up")
                break
            }
        }
        #expect(await third.value == .failed("too_many_at_once"))
        for task in slow { task.cancel() }
        for task in slow { #expect(await task.value == .failed("cancelled")) }
        guard case .answered = await ask("SELECT 1", of: database, as: "a") else {
            Issue.record("the caller was not let in again")
            return
        }
        await database.shutdown()
    }

    @Test("A call that waits for its turn gets it, and one that is cancelled leaves the line")
    func turns() async throws {
        let shop = try Self.shop.get()
        let database = shop.reconfigured { $0.limits.concurrentPerToken = 1 }
        _ = try await database.query(QueryRequest(sql: "SELECT 1"))
        let first = Task { await ask("SELECT pg_sleep(600), 'mark-turn'", of: database, as: "a") }
        try await wait(for: "mark-turn", on: shop.fixture)
        let cancelled = Task { await ask("SELECT 2", of: database, as: "a") }
        let second = Task { await ask("SELECT 3", of: database, as: "a") }
        cancelled.cancel()
        #expect(await cancelled.value == .failed("cancelled"))
        first.cancel()
        _ = await first.value
        guard case .answered = await second.value else {
            Issue.record("the second call was not let in")
            return
        }
        await database.shutdown()
    }

    private static func refusal(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? QueryFailure)?.code ?? "\(error)"
        }
    }

    @Test("Each call that waits too long is told so, and whoever comes afterwards is let in")
    func patience() async throws {
        var configuration = DatabaseConfiguration(name: "x")
        configuration.limits.concurrentPerToken = 1
        configuration.pool.acquireTimeout = .milliseconds(10)
        let limiter = CallerLimiter(configuration)
        try await CallerKey.$current.withValue(CallerKey(principal: "a")) {
            // Twice, since the first time ends what looks after those who wait.
            for _ in 0..<2 {
                let codes = try await limiter.run {
                    await withTaskGroup(of: String?.self) { group in
                        for _ in 0..<3 { group.addTask { await Self.refusal { try await limiter.run {} } } }
                        return await group.reduce(into: [String?]()) { $0.append($1) }
                    }
                }
                #expect(codes == Array(repeating: "too_many_at_once", count: 3))
            }
        }
    }

    @Test(
        "One caller never gets the last connection of a pool that has more than one",
        arguments: [(2, 4, 2), (4, 4, 3), (10, 4, 3), (2, 2, 1), (2, 1, 1), (1, 10, 1)])
    func lastConnection(limit: Int, connections: Int, effective: Int) {
        var configuration = DatabaseConfiguration(name: "x")
        configuration.limits.concurrentPerToken = limit
        configuration.pool.max = connections
        #expect(CallerLimiter.effectiveLimit(configuration) == effective)
    }
}
