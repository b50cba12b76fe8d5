internal import PGConnector
internal import SQLClassifier

/// The statement that opens a read's transaction.
extension QueryRunner {
    /// Sets the limits for the transaction, takes its snapshot (from then on the server itself refuses to make the
    /// transaction read-write), and fails when the session is not as expected, so that what follows is skipped.
    func sessionStatement(for conditions: SessionConditions, _ connection: PGConnection) -> [PGPipelineStep] {
        var sql = Self.plainSession
        var parameters = limitParameters
        if Self.isHasty(conditions) { parameters[1] = Self.hastyLockTimeout }
        if let catalog = conditions.catalog {
            if conditions.comparesDigest {
                // The last column is what the quick test has to show from now on.
                let test = """
                    CASE WHEN \(CatalogState.quickExpression) OPERATOR(pg_catalog.=) $4 THEN true \
                    ELSE \(catalog.digestExpression(first: 6)) OPERATOR(pg_catalog.=) $5 END
                    """
                sql = Self.session(testing: test) + ", " + CatalogState.quickExpression
                parameters += [.text(catalog.quick), .text(catalog.digest)]
                parameters += catalog.parameters
            } else if isSameServer(connection, as: catalog) {
                sql = Self.shortSession
                parameters.append(.text(catalog.short))
            } else {
                sql = Self.quickSession
                parameters.append(.text(catalog.quick))
            }
        }
        if conditions.readsAllSettings {
            let condition = SecretSettings.visibleSecretCondition(allowedParameter: parameters.count + 1)
            sql += ", " + ConditionFailure.secretSettingVisible.expression("NOT " + condition)
            parameters.append(.text(ArrayLiteral.of(allowedSettings)))
        }
        if !conditions.namedSettings.isEmpty {
            let condition = SecretSettings.namedSecretCondition(namesParameter: parameters.count + 1)
            sql += ", " + ConditionFailure.secretSettingVisible.expression("NOT " + condition)
            parameters.append(.text(ArrayLiteral.of(conditions.namedSettings)))
        }
        if let kept = conditions.keptSettings {
            let condition = SecretSettings.keptSecretCondition(kept, allowedParameter: parameters.count + 1)
            sql += ", " + ConditionFailure.secretSettingVisible.expression("NOT " + condition)
            parameters.append(.text(ArrayLiteral.of(allowedSettings)))
        }
        if conditions.readsStatistics {
            let condition = SecretRelations.sampledSecretCondition(relationsParameter: parameters.count + 1)
            sql += ", " + ConditionFailure.secretStatisticsVisible.expression("NOT " + condition)
            parameters.append(.text(ArrayLiteral.of(SecretRelations.sampled(allowed: allowedRelations))))
        }
        return names.steps(sql, parameters, on: connection)
    }

    /// Tests the catalog again, once the statement has been read and has its locks.
    ///
    /// The first test is needed beside it: the server evaluates literals of a type while it reads a statement, with the checks of
    /// domains in them.
    ///
    /// - Returns: nil when there is nothing to test.
    func secondTest(for conditions: SessionConditions, _ connection: PGConnection) -> [PGPipelineStep]? {
        guard let catalog = conditions.catalog else { return nil }
        if conditions.comparesDigest {
            let test = """
                CASE WHEN \(CatalogState.quickExpression) OPERATOR(pg_catalog.=) $1 THEN true \
                ELSE \(catalog.digestExpression(first: 3)) OPERATOR(pg_catalog.=) $2 END
                """
            return names.steps(
                Self.unchanged(test), [.text(catalog.quick), .text(catalog.digest)] + catalog.parameters, on: connection
            )
        }
        if isSameServer(connection, as: catalog) {
            return names.steps(Self.shortTest, [.text(catalog.short)], on: connection)
        }
        return names.steps(Self.quickTest, [.text(catalog.quick)], on: connection)
    }

    private static let quickTest = unchanged(CatalogState.quickExpression + " OPERATOR(pg_catalog.=) $1")
    private static let shortTest = unchanged(CatalogState.shortExpression + " OPERATOR(pg_catalog.=) $1")

    private static func unchanged(_ test: String) -> String {
        "SELECT " + ConditionFailure.catalogChanged.expression(test)
    }

    private static let plainSession = settings + ConditionFailure.notReadOnly.expression(isReadOnly)
    private static let quickSession = session(testing: CatalogState.quickExpression + " OPERATOR(pg_catalog.=) $4")
    private static let shortSession = session(testing: CatalogState.shortExpression + " OPERATOR(pg_catalog.=) $4")

    private static func session(testing test: String) -> String {
        settings + ConditionFailure.sessionExpression(readOnly: isReadOnly, unchanged: test)
    }

    private static let settings = """
        SELECT pg_catalog.set_config('statement_timeout', $1, true), \
        pg_catalog.set_config('lock_timeout', $2, true), \
        pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true), \

        """

    private static let isReadOnly = """
        pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on' \
        AND pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on'
        """

    /// Whether a query on this connection has shown that its server is the one that a catalog was read from. Behind a pooler
    /// that gives out a server for each transaction nothing is known.
    private func isSameServer(_ connection: PGConnection, as catalog: CatalogState) -> Bool {
        pooler == .none && catalog.isShortEnough && connection.note.map { $0 == catalog.serverStart } ?? false
    }

    /// Notes which server a connection leads to, once the test has passed that compares it.
    func noteServer(of connection: PGConnection, _ conditions: SessionConditions, _ quickTest: String?) {
        guard pooler == .none, let catalog = conditions.catalog, !isSameServer(connection, as: catalog) else { return }
        connection.note = String(quickTest.map { CatalogState.serverStart(of: $0) } ?? catalog.serverStart)
    }
}
