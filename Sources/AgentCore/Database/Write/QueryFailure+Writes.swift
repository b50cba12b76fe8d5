internal import PGConnector
internal import SQLClassifier

extension QueryFailure {
    /// A text that cannot be read, and so neither be shown truly nor be taken apart.
    static func unreadableWrite(_ reason: Reason, sql: String) -> QueryFailure {
        QueryFailure(
            .refusedWrite,
            """
            Refused: \(placed(reason))
            \(Caret.lines(in: sql, at: reason.location))
            Nothing was run.
            """)
    }

    /// The caller may not write.
    static let notAllowedToWrite = QueryFailure(
        .refusedWrite,
        "Refused: the statement may change something, and this caller has no right to write. Nothing was run. The operator "
            + "can give the token the scope write.")

    /// The client cannot ask a person.
    static func nobodyToAsk(_ kinds: [String], database: String) -> QueryFailure {
        QueryFailure(
            .refusedWrite,
            """
            Refused: \(kinds.joined(separator: ", ")) may change something, and every write on "\(database)" needs the \
            approval of a person, but this client cannot ask one: it did not declare the elicitation capability. Nothing was \
            run. Do not look for another way; tell the person that there are three: connect with a client that supports MCP \
            elicitation; run it in a terminal with agentctl query, which asks there; or, as the operator, set \
            write_confirmation: client for this database, when the client itself asks before each call.
            """)
    }

    /// A person said no.
    static let declinedByPerson = QueryFailure(
        .declined,
        "A person was asked and declined: nothing was run. Do not retry this operation, and do not look for another way to "
            + "do it. Tell the person that it was not done, and wait for new instructions.")

    /// A person did not answer.
    static let dismissedByPerson = QueryFailure(
        .declined,
        "A person was asked and dismissed the question without an answer: nothing was run. Do not retry this operation, and "
            + "do not look for another way to do it, unless the person asks for it again.")

    /// The approval does not fit.
    static func refusedApproval(_ error: ApprovalError) -> QueryFailure {
        QueryFailure(.refusedApproval(error), "The approval is not valid: \(error.description) Nothing was run.")
    }

    /// Nobody knows what became of it.
    static func outcomeUnknown(_ database: String, operatorDetail: String? = nil) -> QueryFailure {
        QueryFailure(
            .outcomeUnknown,
            """
            The connection to database "\(database)" was lost while the write was being committed: it is UNKNOWN whether it \
            was committed. Do not run it again before a look at the data shows that it was not.
            """, operatorDetail: operatorDetail)
    }

    /// A failure of a write before its commit, with what became of the write.
    ///
    /// - Parameters:
    ///   - failure: what happened.
    ///   - step: which statement of how many; nil when it was none of them.
    ///   - rolledBack: whether the server undid everything.
    static func ofWrite(_ failure: QueryFailure, step: (number: Int, of: Int)?, rolledBack: Bool) -> QueryFailure {
        let note =
            if let step, step.of > 1 {
                "Statement \(step.number) of \(step.of) failed, and all of them were rolled back: nothing was changed."
            } else if rolledBack {
                "The write failed and was rolled back: nothing was changed."
            } else {
                "The statement failed. It runs outside of a transaction: what it did before may remain."
            }
        return QueryFailure(
            failure.kind, failure.message, operatorDetail: failure.operatorDetail, note: note,
            serverLocation: failure.serverLocation)
    }
}
