internal import PGConnector
internal import SQLClassifier

extension Database {
    /// The guard's decision about a text.
    ///
    /// - Parameters:
    ///   - sql: the text.
    ///   - origin: who is behind it.
    ///   - doubt: what the server said of the catalog that the decision before was made by.
    /// - Throws: ``QueryFailure`` when there is no decision: too many long texts wait for one, or the caller gave up.
    func vet(
        _ sql: String, for origin: CallOrigin, doubt: PolicyCatalogCache.Doubt = .none
    ) async throws(QueryFailure) -> GuardVerdict {
        let judgement: Judgement
        do {
            judgement = try await judge(sql, for: origin)
        } catch {
            throw .wrapping(error, sql: sql, database: name)
        }
        let verdict = judgement.classification
        var conditions = judgement.conditions
        func refused(_ failure: QueryFailure) -> GuardVerdict {
            GuardVerdict(classification: verdict, failure: failure, conditions: conditions)
        }
        switch judgement.decision {
        case .failure(let failure): return refused(failure)
        case .success(let statement):
            guard judgement.reachesCatalog else {
                return GuardVerdict(classification: verdict, failure: nil, conditions: conditions)
            }
            guard statement.functions.count <= StatementPolicy.maximumNames else {
                return refused(
                    .invalidArgument(
                        "The statement mentions more than \(StatementPolicy.maximumNames) names of functions."))
            }
            do {
                let warm = doubt == .none ? policy.warmCopy : nil
                let copy = if let warm { warm } else { try await policy.catalog(doubt) }
                var catalog = copy.catalog
                var finding = try await examine(statement, sql: sql, in: catalog, for: origin)
                // What was mended shall run: a refusal by an old copy is held against the server. Where that cannot be asked, the
                // refusal stands.
                if finding.failure != nil, !copy.isNew, let newer = try await newerCatalog(than: catalog) {
                    catalog = newer
                    finding = try await examine(statement, sql: sql, in: catalog, for: origin)
                }
                if let failure = finding.failure { return refused(failure) }
                conditions.take(finding.hazards)
                conditions.catalog = catalog.state
                conditions.comparesDigest = copy.comparesDigest
                return GuardVerdict(classification: verdict, failure: nil, conditions: conditions)
            } catch {
                return refused(.wrapping(error, sql: sql, database: name))
            }
        }
    }

    /// The catalog anew, when it has changed and can be had.
    ///
    /// - Throws: `CancellationError`.
    private func newerCatalog(than catalog: PolicyCatalog) async throws -> PolicyCatalog? {
        do {
            return try await policy.newer(than: catalog)
        } catch {
            try Task.checkCancellation()
            return nil
        }
    }

    /// What the text alone tells of a statement.
    struct Judgement: Sendable {
        var classification: Verdict
        var decision: Result<Statement, QueryFailure>
        var conditions = SessionConditions()
        /// Whether the catalog has to be looked at.
        var reachesCatalog = false
    }

    /// What the guard decides by the text alone.
    ///
    /// - Throws: As ``LongTexts/read(_:for:_:)``.
    func judge(_ sql: String, for origin: CallOrigin) async throws -> Judgement {
        try await LongTexts.shared.read(sql, for: CallerKey(asking: origin)) { [gate] in
            let (verdict, decision) = gate.classify(sql)
            var judgement = Judgement(classification: verdict, decision: decision)
            guard case .success(let statement) = decision else { return judgement }
            if let failure = gate.refusal(of: statement, sql: sql, leavesValues: true) {
                judgement.decision = .failure(failure)
                return judgement
            }
            judgement.conditions = gate.conditions(for: statement, sql: sql)
            judgement.reachesCatalog = gate.reachesCatalog(statement, sql: sql)
            return judgement
        }
    }

    /// Looks at everything that a statement mentions, in the catalog.
    ///
    /// - Throws: As ``LongTexts/read(_:for:_:)``.
    func examine(
        _ statement: Statement, sql: String, in catalog: PolicyCatalog, for origin: CallOrigin
    ) async throws -> StatementPolicy.Finding {
        try await LongTexts.shared.read(sql, for: CallerKey(asking: origin)) {
            StatementPolicy.examine(statement, sql: sql, in: catalog)
        }
    }

    /// Runs a vetted statement, with progress when somebody wants it.
    func run(
        _ job: QueryRunner.Job, onProgress: (@Sendable (QueryProgress) async -> Void)? = nil
    ) async throws -> QueryRunner.Outcome {
        try await reporting(onProgress) { try await runner.run(job, types: types, meter: $0) }
    }

    /// Runs `body`, and tells about once a second how far it is when somebody wants to know.
    func reporting<Value: Sendable>(
        _ onProgress: (@Sendable (QueryProgress) async -> Void)?, _ body: (ProgressMeter?) async throws -> Value
    ) async throws -> Value {
        guard let onProgress else { return try await body(nil) }
        let meter = ProgressMeter()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .seconds(1))
                    await onProgress(meter.progress)
                }
            }
            defer { group.cancelAll() }
            return try await body(meter)
        }
    }
}
