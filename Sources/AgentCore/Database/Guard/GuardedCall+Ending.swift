internal import SQLClassifier

extension GuardedCall {
    /// Takes over what the guard found of the text, before anything runs.
    ///
    /// - Parameter found: What it found.
    mutating func judged(_ found: GuardVerdict) {
        kinds = Self.kinds(of: found.classification.statements)
        if let failure = found.failure, failure.isRefusal {
            verdict = .refused
        } else {
            verdict = found.classification.isReadOnly ? .read : .write
        }
    }

    /// The call ended well.
    mutating func completed(rows: Int, bytes: Int, outcome: Outcome = .completed) {
        self.rows = rows
        self.bytes = bytes
        self.outcome = outcome
        reason = nil
        sqlState = nil
    }

    /// The call ended with a failure.
    mutating func failed(_ failure: QueryFailure) {
        sqlState = failure.sqlState
        if case .cancelled = failure.kind {
            outcome = .cancelled
        } else if case .declined = failure.kind {
            outcome = .declined
        } else {
            outcome = failure.isRefusal ? .refused : .failed
            if failure.isRefusal { verdict = .refused }
        }
        reason = failure.recordedReason
    }

    /// The most kinds that are kept: a text may have a statement per byte.
    private static let mostKinds = 50

    private static func kinds(of statements: [Statement]) -> [String] {
        var kinds: [String] = []
        for statement in statements where !statement.commandTag.isEmpty {
            guard kinds.count < mostKinds else { break }
            if !kinds.contains(statement.commandTag) { kinds.append(statement.commandTag) }
        }
        return kinds
    }
}

extension QueryFailure {
    /// Whether the guard refused the call; anything else went wrong with a call that it would have let through.
    var isRefusal: Bool {
        switch kind {
        case .notReadOnly, .refusedFunction, .refusedRelation, .refusedSetting, .invalidArgument, .refusedWrite,
            .refusedApproval:
            true
        default: false
        }
    }

    /// The reason as it is kept: the kind and what the guard found. The server's own message is left out, since it
    /// repeats values of rows; so are the excerpts of the statement.
    var recordedReason: String {
        switch kind {
        case .notReadOnly(let reason): "\(code): \(reason)"
        case .refusedFunction(let name), .refusedRelation(let name), .refusedSetting(let name):
            "\(code): \(name.name) \(name.why)" + (name.location.map { " (\($0))" } ?? "")
        case .refusedApproval(let error): "\(code): \(error)"
        default: code
        }
    }
}
