internal import PGConnector
internal import SQLClassifier

extension Database {
    /// The guard's decision about a text.
    ///
    /// - Parameters:
    ///   - sql: the text.
    ///   - refresh: whether the catalog of functions has to be read anew, since the server said that it changed.
    func vet(_ sql: String, refresh: Bool) async -> GuardVerdict {
        let (verdict, decision) = gate.classify(sql)
        var conditions = SessionConditions()
        switch decision {
        case .failure(let failure):
            return GuardVerdict(classification: verdict, failure: failure, conditions: conditions)
        case .success(let statement):
            if let failure = gate.refusal(of: statement, sql: sql) {
                return GuardVerdict(classification: verdict, failure: failure, conditions: conditions)
            }
            conditions = gate.conditions(for: statement)
            guard !statement.functions.isEmpty else {
                return GuardVerdict(classification: verdict, failure: nil, conditions: conditions)
            }
            do {
                let catalog = try await functions.catalog(refresh: refresh)
                let finding = gate.functions.examine(statement.functions, in: catalog)
                if let refused = finding.refused {
                    return GuardVerdict(
                        classification: verdict, failure: .refusedFunction(refused, sql: sql), conditions: conditions)
                }
                guard finding.names.count <= FunctionPolicy.maximumNames else {
                    return GuardVerdict(
                        classification: verdict,
                        failure: .invalidArgument(
                            "The statement mentions more than \(FunctionPolicy.maximumNames) different names."),
                        conditions: conditions)
                }
                conditions.catalog = catalog
                conditions.names = finding.names
                conditions.retiresSession = finding.usedAllowance
                return GuardVerdict(classification: verdict, failure: nil, conditions: conditions)
            } catch {
                return GuardVerdict(
                    classification: verdict, failure: .wrapping(error, sql: sql, database: name),
                    conditions: conditions)
            }
        }
    }

    /// Runs a vetted statement with progress and with a deadline of the client's own, since a network that swallows
    /// packets keeps `statement_timeout`'s answer from arriving.
    func run(
        _ job: QueryRunner.Job, onProgress: (@Sendable (QueryProgress) async -> Void)? = nil
    ) async throws -> QueryRunner.Outcome {
        let meter = ProgressMeter()
        // A page by a cursor is three statements, each with its own statement_timeout.
        let statements = job.offset > 0 && job.allowsCursor ? 3 : 1
        let limits = configuration.limits
        let deadline =
            configuration.pool.acquireTimeout + limits.statementTimeout * statements + .seconds(15)
        return try await withThrowingTaskGroup(of: QueryRunner.Outcome?.self) { group in
            group.addTask { [runner, types] in try await runner.run(job, types: types, meter: meter) }
            group.addTask { [name] in
                try await Task.sleep(for: deadline)
                throw QueryFailure(
                    .unavailable, "Database \"\(name)\" did not answer in time; the connection was closed.")
            }
            if let onProgress {
                group.addTask {
                    while !Task.isCancelled {
                        try await Task.sleep(for: .seconds(1))
                        await onProgress(meter.progress)
                    }
                    return nil
                }
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw QueryFailure.cancelled
        }
    }
}
