import PGConnector

/// The pipeline that `agentd` sends for a query which calls no function: AgentCore's query runner has these steps, in this order.
enum GuardedTransaction {
    /// Sets the limits of the transaction, and has the server confirm what the guard relies upon. Prepared once for each
    /// connection, as by `agentd`.
    private static let session = """
        SELECT pg_catalog.set_config('statement_timeout', $1, true), \
        pg_catalog.set_config('lock_timeout', $2, true), \
        pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true), \
        1 OPERATOR(pg_catalog./) (CASE WHEN \
        pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on' \
        AND pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on' \
        THEN 1 ELSE 0 END)
        """
    private static let name = "session"
    private static let limits: [PGParameter] = [.text("30000"), .text("2000"), .text("40000")]

    /// Runs the transaction on a connection of the pool.
    ///
    /// - Parameter client: The pool.
    /// - Throws: ``NoRow`` when it brought anything else than its row, `PGError` when the connection is gone.
    static func run(on client: PGClient) async throws {
        try await client.withConnection { connection in
            var steps: [PGPipelineStep] = [.statement("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")]
            if !connection.isPrepared(name) { steps.append(.prepare(session, name: name)) }
            steps += [.execute(name: name, limits), .statement("SELECT 1"), .sync, .statement("ROLLBACK"), .sync]
            let answerStep = steps.count - 4
            var rows = 0
            var isFailed = false
            for try await event in try await connection.pipeline(steps) {
                switch event {
                case .rows(let step, let batch) where step == answerStep: rows += batch.count
                case .failed, .aborted: isFailed = true
                default: break
                }
            }
            guard rows == 1, !isFailed else { throw NoRow() }
        }
    }

    struct NoRow: Error {}
}
