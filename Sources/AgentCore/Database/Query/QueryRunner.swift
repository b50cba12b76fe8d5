internal import Logging
internal import PGConnector
internal import SQLClassifier

/// Runs one vetted statement in a read-only transaction, in one round trip.
struct QueryRunner: Sendable {
    let client: PGClient
    let database: String
    let limits: QueryLimits
    /// The database's `allow_settings`, for statements that read all settings.
    let allowedSettings: [String]
    /// The database's `allow_relations`, for statements that read statistics.
    let allowedRelations: [String]
    /// Looks once at what the role could do.
    let privileges: PrivilegeCheck
    /// Keeps one caller from holding every connection.
    let callers: CallerLimiter
    /// What stands between here and the server.
    let pooler: Pooler
    /// The role that each transaction takes on by itself, since a session of a pooler cannot keep it.
    let transactionRole: String?
    let watch = AnswerWatch()
    /// The statements around each query.
    let names: NamedStatements
    /// The values of the settings that begin each transaction.
    let limitParameters: [PGParameter]

    init(client: PGClient, configuration: DatabaseConfiguration, logger: Logger) {
        self.client = client
        database = configuration.name
        limits = configuration.limits
        limitParameters = [
            .text(String(limits.statementTimeout.wholeMilliseconds)),
            .text(String(limits.lockTimeout.wholeMilliseconds)),
            .text(String(limits.statementTimeout.wholeMilliseconds + 10_000)),
        ]
        allowedSettings = configuration.allowSettings
        allowedRelations = configuration.allowRelations
        privileges = PrivilegeCheck(configuration, logger: logger)
        callers = CallerLimiter(configuration)
        pooler = configuration.pooler
        names = NamedStatements(isOff: configuration.pooler == .transaction)
        transactionRole = configuration.pooler == .transaction ? configuration.runAsRole : nil
    }

    /// A statement that the guard has let through, or one of the agent's own.
    struct Job: Sendable {
        /// The text as its author wrote it, for messages.
        var sql: String
        /// What is sent before the text, in one message with it.
        var prefix = ""
        var parameters: [PGParameter] = []
        /// What the server has to confirm first.
        var conditions = SessionConditions()
        /// The most rows; one more is asked for.
        var rows: Int
        /// Rows to leave out first.
        var offset = 0
        /// Whether a cursor can leave them out on the server.
        var allowsCursor = false
        /// The most bytes of one value, when it is not the database's limit.
        var cellBytes: Int?
        /// The relations that the text names, as SQL, for whose locks it may have to wait.
        var relations: [String] = []
    }

    /// What came back.
    struct Outcome: Sendable {
        var collector: RowCollector
        var commandTag: String
        var notices: [String]
        /// Names of types that had to be looked up.
        var typeNames: [UInt32: String] = [:]
        /// What ``CatalogState/quickExpression`` showed when the digest was compared and good.
        var quickTest: String?
        /// Whether the catalog changed while the statement ran, which is looked at when that took long.
        var isCatalogChanged = false
    }

    /// The start of a page: the text follows unchanged, and error positions are shifted back by its length.
    static let cursorPrefix = "DECLARE agent_page NO SCROLL CURSOR FOR "

    /// Runs a statement.
    ///
    /// - Parameters:
    ///   - job: the statement.
    ///   - types: which types have a known name.
    ///   - meter: told what has arrived.
    /// - Throws: ``ConditionFailure`` when nothing ran since the session is not as the guard expects; ``QueryFailure``.
    func run(_ job: Job, types: TypeNames, meter: ProgressMeter? = nil) async throws -> Outcome {
        let usesCursor = job.offset > 0 && job.allowsCursor
        let prefix = usesCursor ? Self.cursorPrefix + job.prefix : job.prefix
        do {
            return try await patiently(for: job.relations) {
                try await once(job, prefix: prefix, usesCursor: usesCursor, types: types, meter)
            }
        } catch let refusal as ServerRefusal {
            throw QueryFailure.server(refusal.error, sql: job.sql, prefix: prefix.unicodeScalars.count)
        } catch let met as LockMet {
            throw QueryFailure.server(met.error, sql: job.sql, prefix: prefix.unicodeScalars.count)
        } catch let condition as ConditionFailure {
            throw condition
        } catch is NamesLost {
            return try await run(job, types: types, meter: meter)
        } catch is AnswerWatch.Expired {
            throw Self.noAnswer(database)
        } catch {
            throw QueryFailure.wrapping(error, sql: job.sql, database: database, prefix: prefix.unicodeScalars.count)
        }
    }

    private func once(
        _ job: Job, prefix: String, usesCursor: Bool, types: TypeNames, _ meter: ProgressMeter?
    ) async throws -> Outcome {
        try await lend { connection in
            var outcome: Outcome
            let begin = ContinuousClock.now
            do {
                // A page by a cursor is three statements, each with its own statement_timeout.
                outcome = try await watch.run(
                    within: limits.statementTimeout * (usesCursor ? 3 : 1) + Self.grace, on: connection
                ) {
                    try await exchange(job, prefix: prefix, usesCursor: usesCursor, meter, connection)
                }
            } catch {
                // Whatever happened, nothing is proven about the session, but by these two.
                let isProven =
                    error is ServerRefusal || error is LockMet || (error as? ConditionFailure) == .catalogChanged
                if !isProven { connection.retire() }
                if isProven { _ = try? await retireIfChanged(job.conditions, since: begin, connection) }
                throw error
            }
            outcome.isCatalogChanged = try await retireIfChanged(job.conditions, since: begin, connection)
            return try await withTypeNames(outcome, types: types, connection)
        }
    }

    /// How long the server's answer may be late, beyond the limits that the server keeps itself.
    static let grace: Duration = .seconds(15)

    /// The error when no answer came at all.
    static func noAnswer(_ database: String) -> QueryFailure {
        QueryFailure(.unavailable, "Database \"\(database)\" did not answer in time; the connection was closed.")
    }

    /// An error of the server after which the session was proven clean.
    private struct ServerRefusal: Error {
        let error: PGServerError
    }

    /// Something between here and the server does not keep prepared statements; nothing ran.
    private struct NamesLost: Error {}

    private func exchange(
        _ job: Job, prefix: String, usesCursor: Bool, _ meter: ProgressMeter?, _ connection: PGConnection
    ) async throws -> Outcome {
        let before = connection.parametersToKeep
        var steps = transactionStart
        let firstOwn = steps.count
        steps += sessionStatement(for: job.conditions, connection)
        let sessionStep = steps.count - 1
        // Closing this connection would close the pooler's client only: the server's session goes to somebody else.
        let isPooled = job.conditions.retiresSession && pooler == .transaction
        if isPooled { steps.append(.statement("SAVEPOINT agent_call")) }
        let text = steps.count
        var tests = 0..<0
        if let test = secondTest(for: job.conditions, connection) {
            // Reading the statement takes its locks: what was changed meanwhile is seen before it is planned.
            let types = job.parameters.map(\.typeOID)
            steps.append(.prepare(prefix + job.sql, parameterTypes: types))
            if let inner = RewrittenText.of(job.prefix + job.sql, isInCursor: usesCursor) {
                steps.append(.prepare(inner, parameterTypes: types))
                steps.append(.prepare(prefix + job.sql, parameterTypes: types))
            }
            tests = steps.count..<steps.count + test.count
            steps += test
            // A test that is not kept under a name has taken the place of the statement, which is read again with its locks held.
            let isKept = !test.contains { if case .statement = $0 { true } else { false } }
            steps.append(isKept ? .execute(job.parameters) : .statement(prefix + job.sql, job.parameters))
        } else {
            steps.append(.statement(prefix + job.sql, job.parameters))
        }
        if usesCursor {
            steps.append(.statement("MOVE FORWARD \(job.offset) IN agent_page"))
            steps.append(.statement("FETCH FORWARD \(job.rows + 1) FROM agent_page"))
        }
        let answer = steps.count - 1
        steps.append(.sync)
        if isPooled { steps += Self.releaseOfPooledSession }
        steps += [.statement("ROLLBACK"), .sync]

        var reader = AnswerReader(
            sessionStep: sessionStep, answerStep: answer, rollbackStep: steps.count - 2, fetchesRows: usesCursor,
            collector: RowCollector(
                limits: .init(rows: job.rows, bytes: limits.bytes, cellBytes: job.cellBytes ?? limits.cellBytes),
                skipping: usesCursor ? 0 : job.offset), meter: meter)
        _ = connection.takeNotices()
        try await reader.read(try await connection.pipeline(steps), from: connection)

        guard reader.rolledBack, connection.transactionStatus == .idle, connection.parametersToKeep == before else {
            connection.retire()
            // The cancel that ends a cut answer may reach the server late and hit the ROLLBACK. The rows are there all
            // the same, and closing the session undoes the transaction.
            if reader.collector.truncated != nil {
                return Outcome(collector: reader.collector, commandTag: reader.commandTag, notices: [])
            }
            throw PGError(.connectionLost, "the state of the session could not be proven, so it was closed.")
        }
        if job.conditions.retiresSession { connection.retire() }
        if let failure = reader.failure {
            if (firstOwn..<text).contains(failure.step) || tests.contains(failure.step) {
                if let condition = ConditionFailure(sqlState: failure.error.sqlState) {
                    if condition == .notReadOnly { connection.retire() }
                    throw condition
                }
                // By what was sent: another call may have given the names up meanwhile.
                if steps[failure.step].isNamed, NamedStatements.lost.contains(failure.error.sqlState) {
                    names.giveUp()
                    throw NamesLost()
                }
            }
            if Self.isHasty(job.conditions), failure.error.sqlState == Self.lockNotAvailable {
                throw LockMet(error: failure.error)
            }
            throw ServerRefusal(error: failure.error)
        }
        let quickTest =
            job.conditions.comparesDigest ? reader.sessionRow?.string(AnswerReader.quickTestColumn) : nil
        noteServer(of: connection, job.conditions, quickTest)
        let notices = connection.takeNotices().map { "\($0.severity): \(SafeText.clean($0.message))" }
        return Outcome(
            collector: reader.collector, commandTag: reader.commandTag, notices: notices, quickTest: quickTest)
    }

    /// How a read's transaction begins. The isolation is said, since the owner of the database may have set another default,
    /// under which the second test would look at the snapshot of the first.
    var transactionStart: [PGPipelineStep] {
        [.statement("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")] + roleSteps
    }

    /// What follows the BEGIN of every transaction where the session cannot keep its role.
    var roleSteps: [PGPipelineStep] {
        transactionRole.map { [.statement("SET LOCAL ROLE " + Identifier.quote($0))] } ?? []
    }

    /// Gives up the session's advisory locks, which ROLLBACK does not, on a connection that the pooler gives to another
    /// client next; the savepoint makes that possible after an error too.
    private static let releaseOfPooledSession: [PGPipelineStep] = [
        .statement("ROLLBACK TO SAVEPOINT agent_call"), .statement("SELECT pg_catalog.pg_advisory_unlock_all()"), .sync,
    ]

    /// Looks up the names of types that are not known yet, which is so once per type.
    private func withTypeNames(
        _ outcome: Outcome, types: TypeNames, _ connection: PGConnection
    ) async throws -> Outcome {
        let unknown = Set(
            outcome.collector.columns.filter { types.name($0.typeOID, modifier: $0.typeModifier) == nil }.map(\.typeOID)
        )
        // A session that is about to be closed may be in a failed transaction, where nothing can be asked.
        guard !unknown.isEmpty, connection.transactionStatus == .idle else { return outcome }
        var outcome = outcome
        let types = ArrayLiteral.of(unknown.map { String($0) })
        let result = try await watch.run(within: limits.statementTimeout + Self.grace, on: connection) {
            try await connection.execute(TypeNames.query, [.text(types)])
        }
        for row in result.rows {
            if let oid = row.string(0).flatMap(UInt32.init), let name = row.string(1) { outcome.typeNames[oid] = name }
        }
        return outcome
    }
}

extension PGPipelineStep {
    /// Whether it relies on a name that the connection keeps.
    fileprivate var isNamed: Bool {
        switch self {
        case .prepare(_, let name, _), .execute(let name, _, _): !name.isEmpty
        case .statement, .sync: false
        }
    }
}

/// PostgreSQL's text form of an array of strings.
enum ArrayLiteral {
    /// `{"a","b"}`, each element quoted and escaped.
    static func of(_ elements: [String]) -> String {
        var text = "{"
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            text += "\""
            for character in element.unicodeScalars {
                if character == "\"" || character == "\\" { text.unicodeScalars.append("\\") }
                text.unicodeScalars.append(character)
            }
            text += "\""
        }
        return text + "}"
    }
}
