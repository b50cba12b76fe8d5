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
    /// The catalog that the decision was made by, which must not have changed; nil when the text mentions nothing.
    var catalog: CatalogState?
    /// Whether a digest decides when transactions have ended since the catalog was read.
    var comparesDigest = false
    /// Whether no visible setting may show a credential: the statement reads all of them.
    var readsAllSettings = false
    /// Settings that the statement reads by name, whose value may not be a credential.
    var namedSettings: [String] = []
    /// Which settings kept for roles and databases the statement reads: none of them may hold a credential.
    var keptSettings: SecretSettings.Kept?
    /// Whether no statistics of secret columns may be visible: the statement reads statistics.
    var readsStatistics = false
    /// Whether the session is closed afterwards, since an allowed function may have left something in it.
    var retiresSession = false
}

extension SessionConditions {
    /// Adds what follows from the objects that a statement reaches through others, such as a view over `pg_settings`.
    mutating func take(_ hazards: Hazards) {
        if hazards.contains(.allowed) { retiresSession = true }
        if hazards.contains(.allSettings) { readsAllSettings = true }
        if hazards.contains(.statistics) { readsStatistics = true }
        if hazards.contains(.keptSettings) {
            keptSettings = .all
        } else if hazards.contains(.settingsOfRoles), keptSettings == nil {
            keptSettings = .ofRoles
        }
    }
}
