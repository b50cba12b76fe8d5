internal import PGConnector
internal import SQLClassifier

extension QueryFailure {
    /// A statement that is not a read.
    ///
    /// - Parameters:
    ///   - reason: what was found.
    ///   - sql: the text.
    ///   - database: the database's configured name.
    ///   - isNeverRun: whether a write could not hold the statement either.
    static func notReadOnly(
        _ reason: Reason, sql: String, database: String, isNeverRun: Bool = false
    ) -> QueryFailure {
        QueryFailure(
            .notReadOnly(reason),
            """
            Refused: \(placed(reason))
            \(Caret.lines(in: sql, at: reason.location))
            Database "\(database)" is read-only here: one statement that only reads (SELECT, VALUES, TABLE, WITH, SHOW, \
            EXPLAIN) may run. Nothing was run. \(isNeverRun ? steered : remedy(for: reason.code))
            """)
    }

    /// What was found, with its place before the full stop: `DELETE changes rows (line 1, column 8).`
    static func placed(_ reason: Reason) -> String {
        var message = SafeText.clean(reason.message)
        let end = message.last == "." ? String(message.removeLast()) : ""
        return "\(message) (\(reason.location))\(end)"
    }

    private static let steered =
        "No setting allows it: each call has a transaction and a session of its own, which no statement opens, ends or sets up."

    /// What helps against a refusal.
    private static func remedy(for code: Reason.Code) -> String {
        let writes = "allow_writes, set by the operator, and a person who approves each"
        return switch code {
        case .empty, .invalidUTF8, .nulByte, .unterminated, .invalidEscape, .invalidToken, .unbalanced:
            "No setting allows a text that cannot be read as SQL: mend it at the place shown."
        case .severalStatements: "Send reads one at a time. Writes need \(writes)."
        case .notUnderstood:
            "What is not understood is taken for a write: mend it at the place shown, unless it is one. Writes need \(writes)."
        case .writes, .writingCTE, .into, .rowLock, .explain, .notARead: "Writes need \(writes)."
        }
    }

    /// A function that may not be called.
    static func refusedFunction(_ refused: RefusedName, sql: String) -> QueryFailure {
        QueryFailure(.refusedFunction(refused), refusal("the function", refused, sql: sql))
    }

    /// Something else that calls a function which may not be called: a type, an operator, a cast.
    ///
    /// - Parameter what: what it is: "the type".
    static func refusedObject(_ what: String, _ refused: RefusedName, sql: String) -> QueryFailure {
        QueryFailure(.refusedFunction(refused), refusal(what, refused, sql: sql))
    }

    /// A relation that may not be read.
    static func refusedRelation(_ refused: RefusedName, sql: String) -> QueryFailure {
        QueryFailure(.refusedRelation(refused), refusal("the relation", refused, sql: sql))
    }

    /// A setting that may not be read.
    static func refusedSetting(_ refused: RefusedName, sql: String) -> QueryFailure {
        QueryFailure(.refusedSetting(refused), refusal("the setting", refused, sql: sql))
    }

    private static func refusal(_ what: String, _ refused: RefusedName, sql: String) -> String {
        // The name may be the catalog's: a line end in it would begin a line of the agent's own text.
        var text = "Refused: \(what) \(SafeText.cleanLine(refused.name)) \(refused.why)"
        if let location = refused.location {
            text += " (\(location)).\n" + Caret.lines(in: sql, at: location)
        } else {
            text += "."
        }
        text += "\nNothing was run."
        if let remedy = refused.remedy {
            text += " If it is wanted, the operator of this server can allow it: \(SafeText.cleanLine(remedy))."
        } else {
            text += " No setting allows it."
        }
        return text
    }

    /// An argument that cannot be used.
    static func invalidArgument(_ message: String) -> QueryFailure { QueryFailure(.invalidArgument, message) }

    /// An error of the server.
    ///
    /// - Parameters:
    ///   - error: the server's fields.
    ///   - sql: the text that the caller wrote.
    ///   - prefix: how many characters the server saw before that text.
    static func server(_ error: PGServerError, sql: String, prefix: Int = 0) -> QueryFailure {
        var text = "\(error.severity): \(SafeText.clean(error.message)) (SQLSTATE \(SafeText.clean(error.sqlState)))"
        var place: SourceLocation?
        if let position = error.position, position > prefix,
            let location = Caret.location(in: sql, character: position - prefix)
        {
            place = location
            text += "\n" + Caret.lines(in: sql, at: location)
        } else if let query = error.internalQuery, let position = error.internalPosition,
            let location = Caret.location(in: query, character: position)
        {
            text += "\nIn a statement that a function ran:\n" + Caret.lines(in: query, at: location)
        }
        if let detail = error.detail { text += "\nDETAIL: \(SafeText.clean(detail))" }
        if let hint = error.hint { text += "\nHINT: \(SafeText.clean(hint))" }
        if let limit = limit(behind: error) { text += "\n\(limit)" }
        return QueryFailure(
            isTimeout(error) ? .timeout(error) : .server(error), text, operatorDetail: error.debugDescription,
            serverLocation: place)
    }

    /// Which of the database's limits is behind an error, for people and models who cannot know that it is one.
    private static func limit(behind error: PGServerError) -> String? {
        switch error.sqlState {
        case "57014":
            "This is the database's limits.statement_timeout, unless an administrator cancelled the statement: ask for less, "
                + "or have it raised."
        case "25006":
            "The statement ran in a read-only transaction: reads always do, whatever allow_functions lets through, and so does "
                + "everything on a standby. A write needs allow_writes, set by the operator, and a person who approves it."
        case "55P03": "This is the database's limits.lock_timeout: somebody else holds a lock. Try again in a moment."
        default: nil
        }
    }

    /// Whether the server ended the statement since it took too long: it says 57014 for `statement_timeout`, for a
    /// cancel too, and 55P03 for `lock_timeout`.
    private static func isTimeout(_ error: PGServerError) -> Bool {
        error.sqlState == "57014" || error.sqlState == "55P03"
    }

    /// An error of the connection.
    static func connection(_ error: PGError, sql: String, database: String, prefix: Int = 0) -> QueryFailure {
        // libpq's own text says all that the code and the description say, and where; it ends with a line end.
        let detail =
            error.detail.map { String($0.reversed().drop(while: \.isNewline).reversed()) } ?? error.debugDescription
        if let server = error.server, !endsSession(server), error.code == .server {
            return .server(server, sql: sql, prefix: prefix)
        }
        if let server = error.server {
            // The server's own text of a FATAL error names hosts and roles.
            return QueryFailure(
                .unavailable,
                "Database \"\(database)\" is not available: \(unavailability(server.sqlState)) "
                    + "(SQLSTATE \(SafeText.clean(server.sqlState))).", operatorDetail: detail)
        }
        let text = SafeText.clean(error.description)
        switch error.code {
        case .rowTooLarge:
            return QueryFailure(
                .rowTooLarge,
                "One row of the answer is larger than the database's limits.row_bytes. "
                    + "Select fewer or shorter columns: left(column, 1000), length(column).", operatorDetail: detail)
        case .acquireTimeout, .poolFull:
            return QueryFailure(
                .poolFull,
                "Every connection to database \"\(database)\" is in use, and none became free within "
                    + "pool.acquire_timeout. Try again in a moment.", operatorDetail: detail)
        case .cancelled:
            return .cancelled
        case .connectionFailed, .connectionLost, .circuitOpen, .shutdown:
            return QueryFailure(
                .unavailable, "Database \"\(database)\" is not available: \(text)", operatorDetail: detail)
        case .invalidArgument:
            return QueryFailure(.invalidArgument, text, operatorDetail: detail)
        default:
            return QueryFailure(.unexpected, text, operatorDetail: detail)
        }
    }

    private static func endsSession(_ error: PGServerError) -> Bool {
        error.severity == "FATAL" || error.severity == "PANIC"
    }

    /// What a SQLSTATE that ends a session means.
    private static func unavailability(_ sqlState: String) -> String {
        switch sqlState {
        case "28P01", "28000": "the server refused the login"
        case "3D000": "the server has no database of the configured name"
        case "53300": "the server has no connection left"
        case "57P01", "57P02": "the server ended the connection"
        case "57P03": "the server is starting up or shutting down"
        case "57P05", "25P03", "25P04", "57P04": "the connection timed out or was closed by the server"
        default: "the server ended the connection"
        }
    }

    /// The caller gave up.
    static var cancelled: QueryFailure { QueryFailure(.cancelled, "The query was cancelled.") }

    /// Any error from below.
    static func wrapping(_ error: any Error, sql: String, database: String, prefix: Int = 0) -> QueryFailure {
        switch error {
        case let failure as QueryFailure: failure
        case let error as PGError: .connection(error, sql: sql, database: database, prefix: prefix)
        case let error as PGServerError: .server(error, sql: sql, prefix: prefix)
        case is CancellationError: .cancelled
        default:
            QueryFailure(
                .unexpected, "The query failed for a reason of this server's own; its log says more.",
                operatorDetail: String(reflecting: error))
        }
    }
}
