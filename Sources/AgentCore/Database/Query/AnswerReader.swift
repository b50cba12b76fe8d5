internal import PGConnector

/// Reads the events of a read's pipeline to their end, and stops the query when enough rows are there.
struct AnswerReader {
    /// The step of the statement that opens the transaction.
    let sessionStep: Int
    /// The step whose rows are the answer.
    let answerStep: Int
    /// The step of the ROLLBACK.
    let rollbackStep: Int
    /// Whether the statement itself ends after the last row that is wanted, so that nothing has to be stopped.
    private let fetchesRows: Bool
    var collector: RowCollector
    private let meter: ProgressMeter?
    private(set) var commandTag = ""
    private(set) var failure: (step: Int, error: PGServerError)?
    private(set) var rolledBack = false
    /// What the statement that opens the transaction answered.
    private(set) var sessionRow: PGRow?
    /// The column of ``CatalogState/quickExpression`` in it: behind the settings and the test.
    static let quickTestColumn = 4

    init(
        sessionStep: Int = 1, answerStep: Int, rollbackStep: Int, fetchesRows: Bool = false, collector: RowCollector,
        meter: ProgressMeter? = nil
    ) {
        self.fetchesRows = fetchesRows
        self.meter = meter
        self.sessionStep = sessionStep
        self.answerStep = answerStep
        self.rollbackStep = rollbackStep
        self.collector = collector
    }

    /// Reads everything, since the connection is clean only when the ROLLBACK has answered.
    mutating func read(_ results: PGPipelineResults, from connection: PGConnection) async throws {
        var events = results.makeAsyncIterator()
        while true {
            let arrived = try await events.nextEvents()
            if arrived.isEmpty { return }
            if take(all: arrived) { continue }
            // The rest is read while the cancel is on its way: the server may be blocked on sending rows.
            async let cancelled: Void = connection.cancel()
            do {
                while true {
                    let arrived = try await events.nextEvents()
                    if arrived.isEmpty { break }
                    _ = take(all: arrived)
                }
            } catch {
                // A server that does not confirm the cancel in time loses the connection; all rows that are wanted are there.
                if Task.isCancelled { throw error }
            }
            await cancelled
            return
        }
    }

    /// - Returns: false when the query has to be stopped.
    private mutating func take(all events: [PGPipelineEvent]) -> Bool {
        var wantsMore = true
        for event in events where !take(event) { wantsMore = false }
        return wantsMore
    }

    /// - Returns: false when the query has to be stopped.
    private mutating func take(_ event: PGPipelineEvent) -> Bool {
        switch event {
        case .columns(let step, let columns) where step == answerStep:
            collector.begin(columns)
        case .rows(let step, let batch) where step == answerStep:
            let wasFull = collector.truncated != nil
            let wantsMore = collector.append(batch)
            meter?.note(rows: collector.arrivedRows, bytes: collector.arrivedBytes)
            return wantsMore || wasFull || (fetchesRows && collector.truncated == .rows)
        case .rows(let step, let batch) where step == sessionStep: sessionRow = batch.first
        case .complete(let step, let tag):
            if step == answerStep { commandTag = tag }
            if step == rollbackStep { rolledBack = tag == "ROLLBACK" }
        case .failed(let step, let error):
            // The error that the cancel brings is ours.
            if failure == nil, collector.truncated == nil || step != answerStep { failure = (step, error) }
        default: break
        }
        return true
    }
}
