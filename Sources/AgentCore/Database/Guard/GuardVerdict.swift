public import SQLClassifier

/// What the guard says about a text, before anything runs.
public struct GuardVerdict: Sendable {
    /// What the classifier found.
    public let classification: Verdict
    /// Why it may not run; nil when it may.
    public let failure: QueryFailure?
    /// What the server has to confirm in the transaction before the statement runs.
    let conditions: SessionConditions

    /// Whether the statement may run.
    public var isAllowed: Bool { failure == nil }
}

/// What the server confirms in the round trip of a query, before it, or the query does not run.
struct SessionConditions: Sendable {
    /// The catalog that the decision was made with, when it was needed.
    var catalog: FunctionCatalog?
    /// The names whose functions must be as the catalog says.
    var names: [String] = []
    /// Whether no visible setting may show a credential: the statement reads all of them.
    var readsAllSettings = false
    /// Which settings kept for roles and databases the statement reads: none of them may hold a credential.
    var keptSettings: SecretSettings.Kept?
    /// Whether no statistics of secret columns may be visible: the statement reads statistics.
    var readsStatistics = false
    /// Whether the session is closed afterwards, since an allowed function may have left something in it.
    var retiresSession = false
}
