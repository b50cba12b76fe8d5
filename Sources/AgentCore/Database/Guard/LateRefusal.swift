internal import PGConnector
internal import SQLClassifier

/// What is found when a statement has ended.
///
/// The server locks no functions: one that a statement has not called yet can be replaced while it runs. What it has done by
/// then is done; but its answer is held back, and the record says so.
extension Database {
    /// Why a statement that has run would be refused by what the catalog holds now.
    ///
    /// - Parameters:
    ///   - statement: the statement.
    ///   - sql: its text.
    ///   - verdict: what was decided before it ran.
    ///   - begin: when it was sent.
    /// - Returns: the refusal; nil when the statement was over soon, or still may run.
    /// - Throws: ``QueryFailure`` when the server cannot be asked.
    func lateRefusal(
        of statement: Statement, sql: String, _ verdict: GuardVerdict, since begin: ContinuousClock.Instant
    ) async throws -> QueryFailure? {
        guard let state = verdict.conditions.catalog, ContinuousClock.now - begin >= QueryRunner.longEnough,
            let changed = try await policy.changed(since: state)
        else { return nil }
        let finding = await LongTexts.shared.readAlways(sql) {
            StatementPolicy.examine(statement, sql: sql, in: changed)
        }
        return finding.failure?.foundLate
    }
}

extension QueryRunner {
    /// How long a statement ran that is looked at once more; far longer than the way to any server, so that a query which is
    /// over at once costs no second round trip.
    static let longEnough: Duration = .seconds(1)

    /// Compares the catalog once more after a long statement, and closes the connection when it has changed: what a function
    /// that was replaced meanwhile has left in the session, such as an advisory lock, is not known.
    ///
    /// - Parameters:
    ///   - conditions: what was compared before the statement.
    ///   - begin: when it was sent.
    ///   - connection: the connection that it ran on.
    /// - Returns: whether the catalog changed, or cannot be compared on this connection.
    /// - Throws: `PGError` when the server does not answer.
    func retireIfChanged(
        _ conditions: SessionConditions, since begin: ContinuousClock.Instant, _ connection: PGConnection
    ) async throws -> Bool {
        guard let state = conditions.catalog, ContinuousClock.now - begin >= Self.longEnough else { return false }
        guard connection.transactionStatus == .idle else {
            connection.retire()
            return true
        }
        let (sql, parameters) = PolicyLoader.stateStatement(state)
        let steps = transactionStart + [.statement(sql, parameters), .sync, .statement("ROLLBACK"), .sync]
        do {
            let digest = try await watch.run(within: limits.statementTimeout + Self.grace, on: connection) {
                var digest: String?
                for try await event in try await connection.pipeline(steps) {
                    if case .rows(_, let batch) = event, let row = batch.first { digest = row.string(1) }
                }
                return digest
            }
            let isChanged = digest != state.digest || connection.transactionStatus != .idle
            if isChanged { connection.retire() }
            return isChanged
        } catch {
            connection.retire()
            throw error
        }
    }
}

extension QueryFailure {
    /// The refusal of something that was changed while the statement ran.
    var foundLate: QueryFailure {
        func changed(_ refused: RefusedName) -> RefusedName {
            RefusedName(
                name: refused.name, why: "was changed while the statement ran: it \(refused.why)",
                location: refused.location, remedy: refused.remedy)
        }
        func text(_ refused: RefusedName) -> String {
            "Refused: \(SafeText.cleanLine(refused.name)) \(refused.why). The answer is withheld; what the statement has done "
                + "is not undone. The operator of this server should be told: somebody may have meant it."
        }
        switch kind {
        case .refusedFunction(let refused):
            return QueryFailure(.refusedFunction(changed(refused)), text(changed(refused)))
        case .refusedRelation(let refused):
            return QueryFailure(.refusedRelation(changed(refused)), text(changed(refused)))
        default:
            return self
        }
    }
}

/// How often a query is decided about anew when the catalog changes under it.
///
/// Whoever changes functions or views all the time cannot keep a query from being answered for good: a migration has pauses.
struct CatalogPatience {
    private static let tries = 5
    private static let longest: Duration = .seconds(10)
    private let end = ContinuousClock.now + Self.longest
    private var count = 0

    /// Waits a while once the first tries have failed.
    ///
    /// - Returns: whether to try again; not when the time is over or the call was cancelled.
    mutating func wait() async -> Bool {
        count += 1
        guard count >= Self.tries else { return true }
        guard ContinuousClock.now < end else { return false }
        let pause = Duration.milliseconds(min(500, 20 * count))
        return (try? await Task.sleep(for: pause)) != nil
    }
}
