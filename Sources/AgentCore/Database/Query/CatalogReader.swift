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
        let tables = [[PGRow]](repeating: [], count: statements.count)
        let start = transactionStart + [.statement(Self.ownSchemaFirst)]
        return try await readCatalog(statements, for: purpose, start: start, into: tables) {
            [database] tables, statement, row in
            guard tables[statement].count < maximumRows else {
                throw QueryFailure(.unexpected, "The catalogs of database \"\(database)\" are too large to be read.")
            }
            tables[statement].append(row)
        }
    }

    /// `pg_get_viewdef` looks into the catalog with an operator that the search path finds, so nothing may stand before it.
    private static let ownSchemaFirst = """
        SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog', \
        CASE WHEN pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.<>) '' \
        THEN pg_catalog.current_setting('search_path') END), true)
        """

    /// Runs statements of the agent's own under one snapshot and in one round trip, and hands over their rows as they
    /// arrive, so that a large catalog is never held whole.
    ///
    /// - Parameters:
    ///   - statements: statements with their parameters; nothing of a caller is in the text.
    ///   - state: what the rows make.
    ///   - take: called for each row with the index of its statement.
    /// - Returns: the state after the last row.
    /// - Throws: ``QueryFailure``.
    func readCatalog<State: Sendable>(
        _ statements: [(sql: String, parameters: [PGParameter])], into state: State,
        _ take: @escaping @Sendable (inout State, Int, PGRow) throws -> Void
    ) async throws -> State {
        let start: [PGPipelineStep] = [.statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")] + roleSteps
        return try await readCatalog(statements, for: .agent, start: start, into: state, take)
    }

    private func readCatalog<State: Sendable>(
        _ statements: [(sql: String, parameters: [PGParameter])], for purpose: Purpose, start: [PGPipelineStep],
        into state: State, _ take: @escaping @Sendable (inout State, Int, PGRow) throws -> Void
    ) async throws -> State {
        do {
            return try await lend(for: purpose) { connection in
                do {
                    return try await watch.run(
                        within: limits.statementTimeout * statements.count + Self.grace, on: connection
                    ) {
                        try await readCatalog(statements, start: start, into: state, connection, take)
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

    private func readCatalog<State: Sendable>(
        _ statements: [(sql: String, parameters: [PGParameter])], start: [PGPipelineStep], into initial: State,
        _ connection: PGConnection, _ take: @Sendable (inout State, Int, PGRow) throws -> Void
    ) async throws -> State {
        var state = initial
        var steps = start
        // Compiling such a statement takes longer than running it. A database without an encoding may have names that are no
        // UTF-8: they come as they are, since the server would refuse to send them otherwise.
        steps.append(
            .statement(
                """
                SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, \
                true), pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('client_encoding', \
                CASE WHEN pg_catalog.current_setting('server_encoding') OPERATOR(pg_catalog.=) 'SQL_ASCII' THEN 'SQL_ASCII' \
                ELSE pg_catalog.current_setting('client_encoding') END, true)
                """,
                [
                    .text(String(limits.statementTimeout.wholeMilliseconds)),
                    .text(String(limits.lockTimeout.wholeMilliseconds)),
                ]))
        let first = steps.count
        steps += statements.map { .statement($0.sql, $0.parameters) }
        steps += [.sync, .statement("ROLLBACK"), .sync]
        var failure: PGServerError?
        for try await event in try await connection.pipeline(steps) {
            switch event {
            case .rows(let step, let batch) where step >= first && step - first < statements.count:
                for row in batch { try take(&state, step - first, row) }
            case .failed(_, let error):
                failure = failure ?? error
            default: break
            }
        }
        if let failure { throw failure }
        guard connection.transactionStatus == .idle else {
            throw PGError(.connectionLost, "the state of the session could not be proven, so it was closed.")
        }
        return state
    }
}
