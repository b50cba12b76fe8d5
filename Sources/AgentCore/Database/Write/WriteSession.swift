internal import PGConnector
internal import SQLClassifier
internal import Synchronization

/// How far a write has come: what decides which words are true when the connection is lost.
final class WriteProgress: Sendable {
    enum State: Sendable, Equatable {
        /// Nothing of it was sent.
        case waiting
        /// This statement was sent.
        case statement(Int)
        /// COMMIT was sent.
        case ending
        /// The end was confirmed.
        case ended
    }

    private let value = Mutex(State.waiting)

    var state: State { value.withLock { $0 } }
    func reach(_ state: State) { value.withLock { $0 = state } }
}

/// One write on one connection.
struct WriteSession {
    let connection: PGConnection
    let plan: WritePlan
    let limits: QueryLimits
    let rows: Int
    let pooler: Pooler
    /// The role that the transaction takes on by itself, since a session of a pooler cannot keep it.
    let transactionRole: String?
    let types: TypeNames
    let meter: ProgressMeter?
    let progress: WriteProgress

    /// BEGIN, each statement, then COMMIT or ROLLBACK.
    func runInTransaction(dryRun: Bool) async throws -> WriteRunner.Outcome {
        _ = connection.takeNotices()
        var begin: [PGPipelineStep] = [.statement("BEGIN"), settings(local: true)]
        if let transactionRole { begin.append(.statement("SET LOCAL ROLE " + Identifier.quote(transactionRole))) }
        try await control(begin + [.sync])
        var outcome = WriteRunner.Outcome()
        var budget = Budget(rows: rows, bytes: limits.bytes)
        for index in plan.steps.indices {
            try checkStrings()
            progress.reach(.statement(index))
            outcome.statements.append(try await statement(index, &budget))
            guard connection.transactionStatus == .inTransaction else {
                throw QueryFailure(
                    .outcomeUnknown,
                    "Statement \(index + 1) ended the transaction that it ran in. What came before it may have been "
                        + "committed; nothing after it was run.")
            }
        }
        if dryRun {
            // Deferred constraints would speak at COMMIT only, which never comes.
            try await control([.statement("SET CONSTRAINTS ALL IMMEDIATE"), .sync])
        }
        if pooler == .transaction { try await control(Self.releaseOfPooledSession) }
        if dryRun {
            try await control([.statement("ROLLBACK"), .sync])
        } else {
            try await commit()
        }
        progress.reach(.ended)
        outcome.notices = notices()
        outcome.typeNames = await typeNames(of: outcome)
        return outcome
    }

    /// The only statement, outside of a transaction block.
    func runAlone() async throws -> WriteRunner.Outcome {
        _ = connection.takeNotices()
        // Behind a pooler in transaction mode a setting of the session would reach others: there the watch alone holds
        // the limit.
        if pooler == .none { try await control([settings(local: false), .sync]) }
        try checkStrings()
        progress.reach(.statement(0))
        var budget = Budget(rows: rows, bytes: limits.bytes)
        var outcome = WriteRunner.Outcome()
        outcome.statements.append(try await statement(0, &budget))
        progress.reach(.ended)
        outcome.notices = notices()
        outcome.typeNames = await typeNames(of: outcome)
        return outcome
    }

    /// What is left of the limits for the rows of all statements.
    private struct Budget {
        var rows: Int
        var bytes: Int
    }

    /// Runs one statement to its end. Rows beyond the limits are read and forgotten: a write is never cut off half-way.
    private func statement(_ index: Int, _ budget: inout Budget) async throws -> WriteRunner.Outcome.Statement {
        var collector = RowCollector(
            limits: .init(rows: budget.rows, bytes: budget.bytes, cellBytes: limits.cellBytes), skipping: 0)
        var tag = ""
        var failure: PGServerError?
        for try await event in try await connection.pipeline([.statement(plan.steps[index].sql), .sync]) {
            switch event {
            case .columns(_, let columns): collector.begin(columns)
            case .rows(_, let batch):
                _ = collector.append(batch)
                meter?.note(rows: collector.arrivedRows, bytes: collector.arrivedBytes)
            case .complete(_, let commandTag): tag = commandTag
            case .failed(_, let error): failure = failure ?? error
            default: break
            }
        }
        if let failure { throw PGError(.server, server: failure) }
        budget.rows = max(0, budget.rows - collector.rows.count)
        budget.bytes = max(0, budget.bytes - collector.rows.byteCount)
        return WriteRunner.Outcome.Statement(collector: collector, commandTag: tag)
    }

    /// Gives up what outlives a transaction, as far as that can be done inside of one: closing this connection closes the
    /// pooler's client only, and the server's session goes to somebody else. A session that ends within a transaction is
    /// closed by the pooler.
    private static let releaseOfPooledSession: [PGPipelineStep] = [
        .statement("SELECT pg_catalog.pg_advisory_unlock_all()"), .statement("UNLISTEN *"), .statement("CLOSE ALL"),
        .statement("RESET ALL"), .statement("DISCARD TEMP"), .sync,
    ]

    /// Statements of the agent's own.
    private func control(_ steps: [PGPipelineStep]) async throws {
        var failure: PGServerError?
        for try await event in try await connection.pipeline(steps) {
            if case .failed(_, let error) = event { failure = failure ?? error }
        }
        if let failure { throw PGError(.server, server: failure) }
    }

    /// COMMIT. A caller that gives up now changes nothing any more: a cancel could only leave unknown what was done.
    private func commit() async throws {
        try Task.checkCancellation()
        progress.reach(.ending)
        let connection = connection
        let tag = try await Task {
            var tag = ""
            var failure: PGServerError?
            for try await event in try await connection.pipeline([.statement("COMMIT"), .sync]) {
                switch event {
                case .complete(_, let commandTag): tag = commandTag
                case .failed(_, let error): failure = failure ?? error
                default: break
                }
            }
            if let failure { throw PGError(.server, server: failure) }
            return tag
        }.value
        // The server says ROLLBACK when the transaction had failed.
        guard tag == "COMMIT" else {
            throw PGError(
                .server,
                server: PGServerError(
                    severity: "ERROR", sqlState: "25P02",
                    message: "the transaction was rolled back instead of committed"))
        }
    }

    /// The limits, and strings as the classifier reads them.
    private func settings(local: Bool) -> PGPipelineStep {
        let isLocal = local ? "true" : "false"
        return .statement(
            """
            SELECT pg_catalog.set_config('statement_timeout', $1, \(isLocal)), \
            pg_catalog.set_config('lock_timeout', $2, \(isLocal)), \
            pg_catalog.set_config('idle_in_transaction_session_timeout', $3, \(isLocal)), \
            pg_catalog.set_config('standard_conforming_strings', 'on', \(isLocal))
            """,
            [
                .text(String(limits.statementTimeout.wholeMilliseconds)),
                .text(String(limits.lockTimeout.wholeMilliseconds)),
                .text(String(limits.statementTimeout.wholeMilliseconds + 10_000)),
            ])
    }

    /// With another reading of strings the statements would not be those that the person was told of.
    private func checkStrings() throws(QueryFailure) {
        guard connection.parameterStatus("standard_conforming_strings") != "off" else {
            throw QueryFailure(
                .refusedWrite,
                "Refused: standard_conforming_strings is off, so that the server would read the SQL in another way than it "
                    + "was shown.")
        }
        // In SJIS the second byte of a character can be a backslash: the server would read another text.
        guard connection.parameterStatus("client_encoding") == "UTF8" else {
            throw QueryFailure(
                .refusedWrite,
                "Refused: client_encoding is not UTF8 any more, so that the server would read the SQL in another way than it "
                    + "was shown.")
        }
    }

    private func notices() -> [String] {
        connection.takeNotices().map { "\($0.severity): \(SafeText.clean($0.message))" }
    }

    /// Looks up the names of types that are not known yet. The write is done: what goes wrong here is no failure of it.
    private func typeNames(of outcome: WriteRunner.Outcome) async -> [UInt32: String] {
        let unknown = Set(
            outcome.statements.flatMap(\.collector.columns)
                .filter { types.name($0.typeOID, modifier: $0.typeModifier) == nil }.map(\.typeOID))
        guard !unknown.isEmpty, connection.transactionStatus == .idle else { return [:] }
        var names: [UInt32: String] = [:]
        let result = try? await connection.execute(
            TypeNames.query, [.text(ArrayLiteral.of(unknown.map { String($0) }))])
        for row in result?.rows ?? [] {
            if let oid = row.string(0).flatMap(UInt32.init), let name = row.string(1) { names[oid] = name }
        }
        return names
    }
}
