import AuthTokens
import Logging
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

/// Keeps what it is told.
final class RecordingObserver: GuardObserver {
    private let kept = Mutex<[GuardedCall]>([])
    var calls: [GuardedCall] { kept.withLock { $0 } }

    func finished(_ call: GuardedCall) async { kept.withLock { $0.append(call) } }
}

@Suite("Who listens at the guard")
struct GuardObserverTests {
    private static let shop = Result { try ShopDatabase.make() }

    /// A door to the shop that tells the observer.
    private func observed(
        _ adjust: (inout DatabaseConfiguration) -> Void = { _ in }
    ) throws -> (Database, RecordingObserver) {
        let observer = RecordingObserver()
        var configuration = try Self.shop.get().database.configuration
        adjust(&configuration)
        return (Database(configuration: configuration, logger: Logger(label: "test"), observers: [observer]), observer)
    }

    @Test(
        "Each call is told once, with what became of it",
        arguments: [
            ("SELECT id FROM orders ORDER BY id LIMIT 3", GuardedCall.Verdict.read, GuardedCall.Outcome.completed, 3),
            ("DELETE FROM orders", .refused, .refused, 0),
            ("SELECT nextval('counter')", .refused, .refused, 0),
            ("SELECT * FROM pg_shadow", .refused, .refused, 0),
            ("SELECT * FROM nowhere", .read, .failed, 0),
            ("SELECT 'oops", .refused, .refused, 0),
        ])
    func outcomes(
        sql: String, verdict: GuardedCall.Verdict, outcome: GuardedCall.Outcome, rows: Int
    ) async throws {
        let (database, observer) = try observed()
        let origin = CallOrigin(requestID: "7", principal: .local, client: "test/1", tool: "query_database")
        _ = try? await database.query(QueryRequest(sql: sql, origin: origin))
        await database.shutdown()
        let call = try #require(observer.calls.first)
        #expect(observer.calls.count == 1)
        #expect(call.sql == sql)
        #expect(call.origin == origin)
        #expect(call.verdict == verdict)
        #expect(call.outcome == outcome)
        #expect(call.rows == rows)
        #expect((call.bytes > 0) == (rows > 0))
        #expect((call.reason == nil) == (outcome == .completed))
        #expect(call.duration > .zero)
    }

    @Test("A failed statement has the server's SQLSTATE, and not its message, which repeats values")
    func sqlState() async throws {
        let (database, observer) = try observed()
        _ = try? await database.query(QueryRequest(sql: "SELECT note::int FROM orders"))
        await database.shutdown()
        #expect(observer.calls.map(\.sqlState) == ["22P02"])
        #expect(observer.calls.map(\.reason) == ["server_error"])
        #expect(observer.calls.map(\.kinds) == [["SELECT"]])
    }

    @Test("A call that its caller gave up is told as cancelled")
    func cancelled() async throws {
        let (database, observer) = try observed()
        let query = Task { try await database.query(QueryRequest(sql: "SELECT pg_sleep(600), 'is_given_up'")) }
        try await wait(for: "is_given_up", on: Self.shop.get().fixture)
        query.cancel()
        _ = await query.result
        await database.shutdown()
        #expect(observer.calls.map(\.outcome) == [.cancelled])
    }

    @Test("A database that is away fails the call of a read")
    func unavailable() async throws {
        let (database, observer) = try observed {
            $0.host = "127.0.0.1"
            $0.port = 1
        }
        _ = try? await database.query(QueryRequest(sql: "SELECT 1"))
        await database.shutdown()
        #expect(observer.calls.map(\.outcome) == [.failed])
        #expect(observer.calls.map(\.verdict) == [.read])
        #expect(observer.calls.map(\.reason) == ["unavailable"])
    }

    @Test("What other tools run enters at the same place, a condition that is no expression too")
    func otherTools() async throws {
        let (database, observer) = try observed()
        let origin = CallOrigin(tool: "count_rows")
        _ = try await database.count(schema: nil, table: "orders", where: "id < 10", origin: origin)
        _ = try? await database.count(schema: nil, table: "orders", where: "true) UNION SELECT (1", origin: origin)
        _ = try? await database.count(schema: nil, table: "", where: nil, origin: origin)
        _ = try await database.explain("DELETE FROM orders", analyze: false, format: .text, origin: origin)
        await database.shutdown()
        #expect(observer.calls.map(\.outcome) == [.completed, .refused, .refused, .completed])
        #expect(observer.calls.allSatisfy { $0.origin == origin })
        #expect(observer.calls[1].sql.contains("UNION"))
        #expect(observer.calls[3].kinds == ["EXPLAIN"])
    }
}

@Suite("A time as records keep it")
struct UTCTimeTests {
    @Test(
        "A time is written as RFC 3339 and read back",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_795_367_388_123_456, "2026-11-22T17:09:48.123456Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        ])
    func written(microseconds: Int, text: String) {
        #expect(UTCTime(microseconds: Int64(microseconds)).description == text)
        #expect(UTCTime(text)?.microseconds == Int64(microseconds))
    }

    @Test(
        "A person's shorter forms are read",
        arguments: [
            ("2026-11-22", "2026-11-22T00:00:00.000000Z"), ("2026-11-22 17:09", "2026-11-22T17:09:00.000000Z"),
            ("2026-11-22T17:09:48+02:00", "2026-11-22T15:09:48.000000Z"),
            ("2026-11-22T17:09:48.5", "2026-11-22T17:09:48.500000Z"),
        ])
    func short(text: String, full: String) { #expect(UTCTime(text)?.description == full) }

    @Test(
        "What is no time is refused",
        arguments: ["", "today", "2026-02-30", "2026-13-01", "2026-11-22T25:00", "2026-11-22x"])
    func refused(text: String) { #expect(UTCTime(text) == nil) }
}
