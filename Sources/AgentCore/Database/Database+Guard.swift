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
