import MCPProtocol
import Synchronization

/// Tells a waiting client once in a while how long a query has run and how many rows have come.
///
/// The seconds since the start are the progress value: they always rise, as MCP asks, also while a query computes and no
/// row has come yet. There is no total, since nobody knows it.
enum ProgressTicker {
    /// The rows that have come so far, written by the query and read by the ticker.
    final class RowCounter: Sendable {
        private let rows = Mutex(0)

        /// Sets the number of rows.
        func set(_ count: Int) { rows.withLock { $0 = count } }

        /// The number of rows.
        var count: Int { rows.withLock { $0 } }
    }

    /// Runs `body` and reports while it runs: each second for ten seconds, then every five. Nothing is reported for what
    /// ends within a second, after the end, or when the client gave no progress token.
    ///
    /// - Parameters:
    ///   - context: The request.
    ///   - what: What is going on, for example `Running the query`.
    ///   - body: The work; it is handed the counter to write to.
    static func run<Result: Sendable>(
        _ context: RequestContext, _ what: String, _ body: (RowCounter) async throws -> Result
    ) async throws -> Result {
        let counter = RowCounter()
        guard context.wantsProgress else { return try await body(counter) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await tick(context, what, counter) }
            defer { group.cancelAll() }
            return try await body(counter)
        }
    }

    private static func tick(_ context: RequestContext, _ what: String, _ counter: RowCounter) async {
        let clock = ContinuousClock()
        let start = clock.now
        var seconds = 0
        while true {
            seconds += seconds < 10 ? 1 : 5
            do {
                try await clock.sleep(until: start.advanced(by: .seconds(seconds)), tolerance: .milliseconds(50))
            } catch {
                return
            }
            let rows = counter.count
            let soFar = rows == 0 ? "no row yet" : rows == 1 ? "1 row so far" : "\(rows) rows so far"
            await context.reportProgress(Double(seconds), total: nil, message: "\(what): \(seconds) s, \(soFar)")
        }
    }
}
