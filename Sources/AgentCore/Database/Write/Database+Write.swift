internal import AuthTokens
internal import PGConnector
internal import SQLClassifier

extension Database {
    /// What becomes of a text on this database: it is a read, or it needs an approval.
    enum Course {
        /// To be run with ``query(_:)``, without a question.
        case read
        /// To be asked about, and to be run with ``write(_:approval:onProgress:)``.
        case write(ProposedWrite)
    }

    /// A text that may change something, before anybody was asked.
    struct ProposedWrite: Sendable {
        let plan: WritePlan
        /// The function or relation for which the text is no read, when that is why.
        let refused: QueryFailure.RefusedName?
        /// Whether it looks at settings or statistics that may show a credential.
        let readsSecrets: Bool
    }

    /// Tells a read from a write. What is not provably a read is a write; where writes are not allowed, everything is left
    /// to ``query(_:)``, which refuses them.
    ///
    /// - Parameter request: the text.
    /// - Throws: ``QueryFailure`` for what is refused even with an approval.
    func course(_ request: WriteRequest) async throws(QueryFailure) -> Course {
        if let refusal = accessRefusal(of: request.origin) { throw refusal }
        guard configuration.allowWrites else { return .read }
        let verdict = try await vet(request.sql, for: request.origin)
        guard let failure = verdict.failure else { return .read }
        var refused: QueryFailure.RefusedName?
        switch failure.kind {
        case .notReadOnly: break
        case .refusedFunction(let name), .refusedRelation(let name): refused = name
        default: throw failure
        }
        guard allowsWrites(of: request.origin.principal) else { throw .notAllowedToWrite }
        let plan = try WritePlan(
            request.sql, verdict.classification, dryRun: request.dryRun, isPooled: configuration.pooler == .transaction)
        if plan.isAlone, let role = runner.transactionRole {
            throw QueryFailure(
                .refusedWrite,
                "Refused: \(plan.kinds.joined()) runs in no transaction, and behind this pooler only a transaction can take on "
                    + "the role \(SafeText.cleanLine(role)) (run_as_role). Nothing was run.")
        }
        var readsSecrets = false
        for step in plan.steps {
            // Secrets stay secret: the person who approves a write is not asked whether a model may read passwords.
            if let refusal = gate.refusal(of: step.statement, sql: request.sql) { throw refusal }
            if gate.conditions(for: step.statement, sql: request.sql).concernsSecrets { readsSecrets = true }
        }
        return .write(ProposedWrite(plan: plan, refused: refused, readsSecrets: readsSecrets))
    }

    /// What a person has to be asked before a text may run.
    ///
    /// - Parameter request: the text, and who wants it run.
    /// - Returns: the question with the approval that a yes makes good; nil when the text only reads, or the database allows
    ///   no writes and `query` refuses it.
    /// - Throws: ``QueryFailure`` when it would be refused even with an approval.
    public func approvalQuestion(_ request: WriteRequest) async throws(QueryFailure) -> ApprovalQuestion? {
        let start = ContinuousClock.now
        do {
            guard case .write(let proposed) = try await course(request) else { return nil }
            return try await question(request, proposed)
        } catch {
            await reportRefusal(of: request, error, since: start)
            throw error
        }
    }

    /// The question about a proposed write.
    func question(_ request: WriteRequest, _ proposed: ProposedWrite) async throws(QueryFailure) -> ApprovalQuestion {
        let (rows, refused) = try await estimate(proposed.plan, origin: request.origin)
        let more = try await warningsOfCatalog(proposed)
        return ApprovalQuestion(
            approval: approval(for: request), sql: request.sql, kinds: proposed.plan.kinds,
            statements: proposed.plan.steps.count, estimatedRows: rows,
            warnings: WriteWarnings.of(
                proposed.plan, refused: proposed.refused ?? refused, readsSecrets: proposed.readsSecrets) + more,
            isAlone: proposed.plan.isAlone)
    }

    /// What only the catalog tells of a proposed write: what the guard refuses in each statement, and code of other roles.
    func warningsOfCatalog(_ proposed: ProposedWrite) async throws(QueryFailure) -> [String] {
        try await refusals(within: proposed) + warningsOfOthersCode(proposed.plan)
    }

    /// An approval that nobody was asked for yet.
    func approval(for request: WriteRequest) -> Approval {
        desk.issue(
            sql: request.sql, database: name, dryRun: request.dryRun, principal: request.origin.principal?.id ?? "")
    }

    /// Runs a write that a person approved.
    ///
    /// The approval is checked against the request and used up first: it is for these bytes, this database, this principal,
    /// this kind of run, now, and once.
    ///
    /// - Parameters:
    ///   - request: the text, and who wants it run.
    ///   - approval: what the person approved.
    ///   - onProgress: told about once a second how far it is.
    /// - Returns: what it did.
    /// - Throws: ``QueryFailure``. Its text says what is known of the outcome; nothing is ever tried again.
    public func write(
        _ request: WriteRequest, approval: Approval, onProgress: (@Sendable (QueryProgress) async -> Void)? = nil
    ) async throws(QueryFailure) -> WriteResult {
        let start = ContinuousClock.now
        var call = GuardedCall(origin: request.origin, database: name, sql: request.sql)
        call.approvalID = approval.id
        call.answerer = CallWitness.current?.answerer
        call.verdict = .write
        do {
            let result = try await write(request, approval, &call, since: start, onProgress)
            call.completed(
                rows: result.rows, bytes: result.statements.reduce(0) { $0 + ($1.result?.rows.byteCount ?? 0) },
                outcome: request.dryRun ? .dryRun : .completed)
            await report(call, since: start)
            return result
        } catch {
            call.failed(error)
            await report(call, since: start)
            throw error
        }
    }

    /// Notes that a person did not approve: the approval can never be used.
    ///
    /// - Parameters:
    ///   - request: the write.
    ///   - approval: what was asked.
    ///   - isDismissed: whether the question was dismissed without an answer.
    /// - Returns: what the model is told.
    public func decline(_ request: WriteRequest, approval: Approval, isDismissed: Bool = false) async -> QueryFailure {
        let start = ContinuousClock.now
        // Who said no once is not to be overruled by a message that is sent again, also when the one that said no is gone by
        // now. If it cannot be noted, the same state folder would not let it be used either.
        _ = await Task { try await desk.spend(approval) }.result
        let failure: QueryFailure = isDismissed ? .dismissedByPerson : .declinedByPerson
        var call = GuardedCall(origin: request.origin, database: name, sql: request.sql)
        call.verdict = .write
        call.approvalID = approval.id
        call.answerer = CallWitness.current?.answerer
        call.failed(failure)
        await report(call, since: start)
        return failure
    }

    /// Tells the observers that a person is being asked, when that ends the call.
    func reportAsked(_ request: WriteRequest, _ question: ApprovalQuestion, since start: ContinuousClock.Instant) async
    {
        var call = GuardedCall(origin: request.origin, database: name, sql: request.sql)
        call.verdict = .write
        call.kinds = question.kinds
        call.approvalID = question.approval.id
        call.outcome = .asked
        await report(call, since: start)
    }

    /// Tells the observers that a write was refused before anybody was asked.
    func reportRefusal(
        of request: WriteRequest, _ failure: QueryFailure, since start: ContinuousClock.Instant
    ) async {
        var call = GuardedCall(origin: request.origin, database: name, sql: request.sql)
        call.failed(failure)
        await report(call, since: start)
    }

    private func write(
        _ request: WriteRequest, _ approval: Approval, _ call: inout GuardedCall,
        since start: ContinuousClock.Instant, _ onProgress: (@Sendable (QueryProgress) async -> Void)?
    ) async throws(QueryFailure) -> WriteResult {
        guard case .write(let proposed) = try await course(request) else {
            throw QueryFailure(
                .refusedWrite, "Refused: the statement is no write here, and runs without an approval. Nothing was run."
            )
        }
        let plan = proposed.plan
        call.kinds = plan.kinds
        if let refusal = desk.refusal(of: approval, for: request, on: name) { throw .refusedApproval(refusal) }
        do {
            try await desk.spend(approval)
        } catch let error as ApprovalError {
            throw .refusedApproval(error)
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw QueryFailure(
                .unexpected,
                "The server's state folder cannot be used, so that nothing was run: an approval has to be noted as used "
                    + "first.", operatorDetail: "\(error)")
        }
        try await announceWrite(call)
        let writer = WriteRunner(runner: runner)
        let rows = max(1, min(request.limit ?? .max, configuration.limits.rows))
        do {
            let outcome = try await CallerKey.counting(request.origin) {
                try await reporting(onProgress) { meter in
                    try await writer.run(plan, dryRun: request.dryRun, rows: rows, types: types, meter: meter)
                }
            }
            return result(of: outcome, request, elapsed: ContinuousClock.now - start)
        } catch {
            throw .wrapping(error, sql: request.sql, database: name)
        }
    }

    private func result(of outcome: WriteRunner.Outcome, _ request: WriteRequest, elapsed: Duration) -> WriteResult {
        types.learn(outcome.typeNames)
        let statements = outcome.statements.map { statement in
            let (command, rows) = Self.split(statement.commandTag)
            return WriteResult.Statement(
                command: command, rows: rows,
                result: statement.collector.columns.isEmpty
                    ? nil
                    : QueryResult(
                        database: name, columns: columns(of: statement.collector), rows: statement.collector.rows,
                        truncated: statement.collector.truncated, cellsCut: statement.collector.cellsCut,
                        nextOffset: nil,
                        offset: 0, elapsed: elapsed, commandTag: command, notices: [], isOrdered: true))
        }
        return WriteResult(
            database: name, statements: statements, dryRun: request.dryRun, elapsed: elapsed, notices: outcome.notices)
    }

    /// `INSERT 0 3` is three rows of INSERT, `CREATE TABLE` is no rows of anything.
    static func split(_ tag: String) -> (command: String, rows: Int?) {
        var words = tag.split(separator: " ")
        guard let last = words.last, let rows = Int(last) else { return (tag, nil) }
        words.removeLast()
        if words.first == "INSERT", words.count == 2 { words.removeLast() }
        return (words.joined(separator: " "), rows)
    }

    /// What the guard would refuse in each of several statements, and in one that nothing is planned of, since there neither
    /// the verdict on the whole text nor its EXPLAIN says so.
    private func refusals(within proposed: ProposedWrite) async throws(QueryFailure) -> [String] {
        let plan = proposed.plan
        guard plan.steps.count > 1 || proposed.refused == nil && RowEstimate.statement(for: plan) == nil else {
            return []
        }
        let judged = [
            "SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "EXPLAIN", "CREATE TABLE AS", "SELECT INTO",
            "COPY",
            "CALL",
        ]
        var warnings: [String] = []
        do {
            var catalog = try await policy.catalog(.none).catalog
            if let newer = try await policy.newer(than: catalog) { catalog = newer }
            for (index, step) in plan.steps.enumerated()
            where warnings.count < 20 && judged.contains(step.statement.commandTag) {
                // A change of rows runs what its EXPLAIN would plan.
                let isChange = step.statement.effect == .write && !step.statement.isExplain
                let sql = (isChange ? RowEstimate.prefix : "") + step.sql
                guard let statement = SQLClassifier.classify(sql).statements.first else { continue }
                switch StatementPolicy.examine(statement, sql: sql, in: catalog).failure?.kind {
                case .refusedFunction(let refused)?, .refusedRelation(let refused)?:
                    let prefix = plan.steps.count > 1 ? "statement \(index + 1): " : ""
                    warnings.append(SafeText.cleanLine("\(prefix)uses \(refused.name), which \(refused.why)"))
                default: continue
                }
            }
        } catch {
            let failure = QueryFailure.wrapping(error, sql: "", database: name)
            if case .cancelled = failure.kind { throw failure }
            warnings.append("which functions the statements reach could not be read")
        }
        return warnings
    }

    /// The planner's estimate, nil when there is none, and the function or relation for which the guard lets nothing be planned.
    ///
    /// - Throws: ``QueryFailure`` when the statement cannot succeed: a person need not be asked about a misspelt name.
    private func estimate(_ plan: WritePlan, origin: CallOrigin) async throws(QueryFailure) -> (
        rows: Int?, refused: QueryFailure.RefusedName?
    ) {
        guard let sql = RowEstimate.statement(for: plan) else { return (nil, nil) }
        do {
            let (outcome, _) = try await run(sql, origin: origin) { verdict, _ in
                QueryRunner.Job(
                    sql: plan.steps[0].sql, prefix: RowEstimate.prefix, conditions: verdict.conditions, rows: 1,
                    cellBytes: configuration.limits.bytes)
            }
            let plan = outcome.collector.rows.first?.first.flatMap { $0 }
            return (plan.flatMap { RowEstimate.rows(inPlan: $0) }, nil)
        } catch {
            // Class 42: a syntax error or access rule violation. 42501 may be the EXPLAIN's alone.
            if let state = error.sqlState, state.hasPrefix("42"), state != "42501" {
                throw QueryFailure(
                    error.kind, error.message, operatorDetail: error.operatorDetail,
                    note: "The statement cannot run, so nobody was asked, and nothing was run.",
                    serverLocation: error.serverLocation)
            }
            switch error.kind {
            case .cancelled: throw error
            case .refusedFunction(let name), .refusedRelation(let name): return (nil, name)
            default: return (nil, nil)
            }
        }
    }
}
