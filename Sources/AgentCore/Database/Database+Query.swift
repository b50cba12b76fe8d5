internal import PGConnector
internal import SQLClassifier

extension Database {
    /// Runs one statement that only reads, or says why not.
    ///
    /// - Parameter request: the statement and the page that is wanted.
    /// - Returns: the rows, at most as many as the limits allow.
    /// - Throws: ``QueryFailure``.
    public func query(_ request: QueryRequest) async throws(QueryFailure) -> QueryResult {
        try await answer(Query(request))
    }

    /// Tells what would become of a statement, without running or planning it.
    ///
    /// - Parameter sql: the text.
    public func vet(_ sql: String) async -> GuardVerdict {
        do {
            return try await vet(sql, for: .unknown)
        } catch {
            let nothing = SQLClassifier.classify("")
            return GuardVerdict(classification: nothing, failure: error, conditions: SessionConditions())
        }
    }

    /// A statement on its way through the guard.
    struct Query {
        /// The whole statement.
        var sql: String
        var limit: Int?
        var offset = 0
        var cellBytes: Int?
        var origin: CallOrigin
        /// Why it is refused before the guard looks at it: the caller's text is no part that may be put into it.
        var refusal: QueryFailure?
        var onProgress: (@Sendable (QueryProgress) async -> Void)?

        init(_ request: QueryRequest) {
            sql = request.sql
            limit = request.limit
            offset = request.offset
            origin = request.origin
            onProgress = request.onProgress
        }

        init(sql: String, origin: CallOrigin, cellBytes: Int? = nil) {
            self.sql = sql
            self.origin = origin
            self.cellBytes = cellBytes
        }
    }

    /// Classifies, examines and runs, and tells the observers what became of it: every call for a caller comes by here.
    func answer(_ query: Query) async throws(QueryFailure) -> QueryResult {
        let start = ContinuousClock.now
        var call = GuardedCall(origin: query.origin, database: name, sql: query.sql)
        do {
            let result = try await answer(query, &call, since: start)
            call.completed(rows: result.rowCount, bytes: result.rows.byteCount)
            await report(call, since: start)
            return result
        } catch {
            call.failed(error)
            await report(call, since: start)
            throw error
        }
    }

    private func answer(
        _ query: Query, _ call: inout GuardedCall, since start: ContinuousClock.Instant
    ) async throws(QueryFailure) -> QueryResult {
        if let refusal = query.refusal ?? accessRefusal(of: query.origin) { throw refusal }
        // MOVE takes a number of 32 bits.
        guard query.limit ?? 1 >= 1, query.offset >= 0, query.offset <= Int32.max else {
            throw .invalidArgument("limit has to be at least 1, and offset between 0 and \(Int32.max).")
        }
        let (outcome, statement) = try await run(
            query.sql, origin: query.origin, onProgress: query.onProgress, judged: { call.judged($0) }
        ) { verdict, statement in
            QueryRunner.Job(
                sql: query.sql, conditions: verdict.conditions,
                rows: min(query.limit ?? .max, configuration.limits.rows, Int(Int32.max) - 1), offset: query.offset,
                allowsCursor: !statement.isExplain && statement.commandTag != "SHOW", cellBytes: query.cellBytes)
        }
        return result(of: outcome, statement.commandTag, query, elapsed: ContinuousClock.now - start)
    }

    /// Vets a statement and runs it. When the catalog changed since it was read, it is read anew and the guard decides again.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - origin: who is behind it.
    ///   - onProgress: told about once a second how far it is.
    ///   - judged: told each decision of the guard.
    ///   - job: what to run once the guard lets it.
    func run(
        _ sql: String, origin: CallOrigin, onProgress: (@Sendable (QueryProgress) async -> Void)? = nil,
        judged: (GuardVerdict) -> Void = { _ in }, job: (GuardVerdict, Statement) -> QueryRunner.Job
    ) async throws(QueryFailure) -> (QueryRunner.Outcome, Statement) {
        var doubt = PolicyCatalogCache.Doubt.none
        var patience = CatalogPatience()
        repeat {
            let verdict = try await vet(sql, for: origin, doubt: doubt)
            judged(verdict)
            if let failure = verdict.failure { throw failure }
            guard let statement = verdict.classification.statements.first else {
                throw QueryFailure(.unexpected, "The statement is not understood.")
            }
            var job = job(verdict, statement)
            job.relations = await LongTexts.shared.readAlways(sql) { Self.relations(of: statement) }
            let begin = ContinuousClock.now
            do {
                let outcome = try await CallerKey.counting(origin) {
                    try await run(job, onProgress: onProgress)
                }
                if let quick = outcome.quickTest, let state = verdict.conditions.catalog {
                    await policy.confirm(quick, digest: state.digest)
                }
                if outcome.isCatalogChanged,
                    let late = try await lateRefusal(of: statement, sql: sql, verdict, since: begin)
                {
                    throw late
                }
                return (outcome, statement)
            } catch let condition as ConditionFailure {
                switch condition {
                case .catalogChanged:
                    doubt = verdict.conditions.comparesDigest ? .changed : .quickTestFailed
                case .secretSettingVisible where !verdict.conditions.namedSettings.isEmpty:
                    // Any other that it reads may be the reason too: the first is named.
                    let refused = gate.namedSettings(statement, sql: sql).first
                    throw refused.map { .refusedSetting($0, sql: sql) }
                        ?? QueryFailure(.unexpected, "The statement is not understood.")
                case .secretSettingVisible where verdict.conditions.keptSettings != nil:
                    throw .refusedSetting(
                        .init(
                            name: "values that are kept for roles or databases (ALTER ROLE … SET)",
                            why: "may hold a credential, since one of them is a custom setting with a name such as "
                                + "app.secret, and this relation shows them all",
                            location: statement.relations.first {
                                SecretSettings.Kept(relation: $0.name.name) != nil
                            }?.location ?? Self.place(in: statement, of: []), remedy: "allow_settings: [its name]"),
                        sql: sql)
                case .secretSettingVisible:
                    throw .refusedSetting(
                        .init(
                            name: "list",
                            why: "shows a credential to this role: read single settings with SHOW instead",
                            location: Self.place(in: statement, of: ["pg_settings", "pg_show_all_settings"]),
                            remedy: "allow_settings: [the name of that setting]"), sql: sql)
                case .secretStatisticsVisible:
                    let sampled = SecretRelations.sampled(allowed: configuration.allowRelations)
                    throw .refusedRelation(
                        .init(
                            name: "of statistics",
                            why: "shows samples of password hashes and other secrets to this role: a role without "
                                + "superuser does not see them",
                            location: Self.place(in: statement, of: SecretRelations.statistics),
                            remedy: "allow_relations: [\(sampled.joined(separator: ", "))]"), sql: sql)
                default:
                    throw QueryFailure(
                        .unsafeConnection,
                        "The session was not in the state that a read needs, so nothing was run. Try again.")
                }
            } catch {
                // The server's words may be those of code that was put there meanwhile.
                let late = try? await lateRefusal(of: statement, sql: sql, verdict, since: begin)
                throw late ?? .wrapping(error, sql: sql, database: name)
            }
        } while await patience.wait()
        if Task.isCancelled { throw .wrapping(CancellationError(), sql: sql, database: name) }
        throw QueryFailure(.unexpected, "The catalog of the database keeps changing; nothing was run.")
    }

    /// The relations that a statement names, as SQL.
    private static func relations(of statement: Statement) -> [String] {
        Array(Set(statement.relations.map { $0.name.parts.suffix(2).map(Identifier.quote).joined(separator: ".") }))
            .sorted()
    }

    /// Where a statement reads what only the server could judge: where it names one of these, else the first thing that it
    /// names at all, which reaches them in turn.
    private static func place(in statement: Statement, of names: Set<String>) -> SourceLocation {
        let mentions = statement.settings + statement.relations + statement.functions
        let place = mentions.first { names.contains($0.name.name) } ?? mentions.first
        return place?.location ?? SourceLocation(offset: 0, line: 1, column: 1)
    }

    private func result(of outcome: QueryRunner.Outcome, _ commandTag: String, _ query: Query, elapsed: Duration)
        -> QueryResult
    {
        types.learn(outcome.typeNames)
        let collector = outcome.collector
        return QueryResult(
            database: name, columns: columns(of: collector), rows: collector.rows, truncated: collector.truncated,
            cellsCut: collector.cellsCut,
            nextOffset: collector.truncated == nil ? nil : query.offset + collector.rows.count, offset: query.offset,
            elapsed: elapsed, commandTag: commandTag,
            notices: outcome.notices, isOrdered: OrderByWords.occur(in: query.sql))
    }

    /// The columns of rows that were collected, with the names of their types.
    func columns(of collector: RowCollector) -> [ResultColumn] {
        collector.columns.map { column in
            ResultColumn(
                name: column.name,
                type: types.name(column.typeOID, modifier: column.typeModifier) ?? "oid \(column.typeOID)",
                typeOID: column.typeOID)
        }
    }
}
