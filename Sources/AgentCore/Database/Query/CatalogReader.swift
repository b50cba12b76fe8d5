internal import PGConnector

extension QueryRunner {
    /// Runs statements of the agent's own in one read-only transaction and one round trip, and keeps all their rows.
    ///
    /// - Parameters:
    ///   - statements: statements with their parameters; nothing of a caller is in the text.
    ///   - maximumRows: how many rows of one statement are kept; more are an error.
    ///   - purpose: whose reading it is.
    /// - Returns: the rows of each statement.
    /// - Throws: ``QueryFailure``.
    func readCatalog(
        _ statements: [(sql: String, parameters: [PGParameter])], maximumRows: Int, for purpose: Purpose = .agent
    ) async throws -> [[PGRow]] {
        do {
            return try await lend(for: purpose) { connection in
                do {
                    return try await watch.run(
                        within: limits.statementTimeout * statements.count + Self.grace, on: connection
                    ) {
                        try await readCatalog(statements, maximumRows: maximumRows, connection)
                    }
                } catch {
                    connection.retire()
                    throw error
                }
            }
        } catch is AnswerWatch.Expired {
            throw Self.noAnswer(database)
        } catch {
            throw QueryFailure.wrapping(error, sql: "", database: database)
        }
    }

    private func readCatalog(
        _ statements: [(sql: String, parameters: [PGParameter])], maximumRows: Int, _ connection: PGConnection
    ) async throws -> [[PGRow]] {
        // Compiling such a statement takes longer than running it.
        var steps = transactionStart
        steps.append(
            .statement(
                """
                SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, \
                true), pg_catalog.set_config('jit', 'off', true)
                """,
                [
                    .text(String(limits.statementTimeout.wholeMilliseconds)),
                    .text(String(limits.lockTimeout.wholeMilliseconds)),
                ]))
        let first = steps.count
        steps += statements.map { .statement($0.sql, $0.parameters) }
        steps += [.sync, .statement("ROLLBACK"), .sync]

        var tables = [[PGRow]](repeating: [], count: statements.count)
        var failure: PGServerError?
        for try await event in try await connection.pipeline(steps) {
            switch event {
            case .rows(let step, let batch) where step >= first && step - first < tables.count:
                guard tables[step - first].count + batch.count <= maximumRows else {
                    throw QueryFailure(
                        .unexpected, "The catalogs of database \"\(database)\" are too large to be read.")
                }
                tables[step - first].append(contentsOf: batch)
            case .failed(_, let error):
                failure = failure ?? error
            default: break
            }
        }
        if let failure { throw failure }
        guard connection.transactionStatus == .idle else {
            throw PGError(.connectionLost, "the state of the session could not be proven, so it was closed.")
        }
        return tables
    }
}
