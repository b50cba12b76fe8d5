internal import PGConnector

/// Runs an approved write: the bytes that were approved, once, all or nothing.
///
/// Each statement is its own message of the extended protocol, so that no statement can hold a second one. The connection is
/// closed afterwards, whatever happened: nothing of the write reaches another caller.
struct WriteRunner: Sendable {
    /// The reads of the database, whose door to the server this goes through.
    let runner: QueryRunner

    private var database: String { runner.database }

    /// What came back.
    struct Outcome: Sendable {
        struct Statement: Sendable {
            var collector: RowCollector
            var commandTag: String
        }

        var statements: [Statement] = []
        var notices: [String] = []
        var typeNames: [UInt32: String] = [:]
    }

    /// Runs a plan.
    ///
    /// - Parameters:
    ///   - plan: the statements.
    ///   - dryRun: whether to roll back at the end.
    ///   - rows: the most rows of the answer.
    ///   - types: which types have a known name.
    ///   - meter: told what has arrived.
    /// - Throws: ``QueryFailure`` that says what became of the write.
    func run(
        _ plan: WritePlan, dryRun: Bool, rows: Int, types: TypeNames, meter: ProgressMeter? = nil
    ) async throws -> Outcome {
        let progress = WriteProgress()
        do {
            return try await runner.lend { connection in
                defer { connection.retire() }
                // Each statement has its own statement_timeout; opening and ending the transaction take one more each.
                let limit = runner.limits.statementTimeout * (plan.steps.count + 2) + QueryRunner.grace
                return try await runner.watch.run(within: limit, on: connection) {
                    let session = WriteSession(
                        connection: connection, plan: plan, limits: runner.limits, rows: rows, pooler: runner.pooler,
                        transactionRole: runner.transactionRole, types: types, meter: meter, progress: progress)
                    return try await plan.isAlone ? session.runAlone() : session.runInTransaction(dryRun: dryRun)
                }
            }
        } catch {
            throw failure(error, plan, progress.state)
        }
    }

    /// What to say of an error, by how far the write had come.
    private func failure(_ error: any Error, _ plan: WritePlan, _ state: WriteProgress.State) -> QueryFailure {
        let step: WritePlan.Step? = if case .statement(let index) = state { plan.steps[index] } else { nil }
        let failure: QueryFailure =
            switch error {
            case is AnswerWatch.Expired: QueryRunner.noAnswer(database)
            default:
                // The server counts from the start of its statement, the caret from the start of the text.
                .wrapping(error, sql: plan.sql, database: database, prefix: -(step?.charactersBefore ?? 0))
            }
        if case .outcomeUnknown = failure.kind { return failure }
        switch state {
        case .waiting: return failure
        case .statement(let index):
            if plan.isAlone {
                if failure.isOfConnection { return .outcomeUnknown(database, operatorDetail: failure.operatorDetail) }
                return .ofWrite(failure, step: nil, rolledBack: false)
            }
            return .ofWrite(failure, step: (index + 1, plan.steps.count), rolledBack: true)
        case .ending:
            // An ERROR in answer to COMMIT means a rollback (a deferred constraint). Anything else that is no answer means
            // that nobody knows.
            if failure.isOfConnection { return .outcomeUnknown(database, operatorDetail: failure.operatorDetail) }
            return .ofWrite(failure, step: nil, rolledBack: true)
        case .ended: return failure
        }
    }
}

extension QueryFailure {
    /// Whether it says that no answer came, instead of being one.
    fileprivate var isOfConnection: Bool {
        switch kind {
        case .server, .timeout, .refusedWrite: false
        default: true
        }
    }
}
