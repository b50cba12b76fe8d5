public import AuthTokens

/// Whether the configuration in force is the one of the file: for logs, `/readyz` and metrics.
public struct ReloadState: Sendable, Hashable {
    /// How often a configuration was taken over since the start.
    public private(set) var count = 0
    /// How often one was not.
    public private(set) var failures = 0
    /// When the configuration in force was read.
    public private(set) var succeededAt = Timestamp.now
    /// When a reload first failed since; `nil` while the last one was taken over.
    public private(set) var failedSince: Timestamp?
    /// Why the last one was not taken over, on one line, escaped; no secret is in it.
    public private(set) var problem: String?
    /// The keys that are different in the file and need a restart.
    public private(set) var needRestart: [String] = []

    /// Whether the file was taken over when it was last read.
    public var isCurrent: Bool { problem == nil }

    init() {}

    mutating func succeeded(needRestart: [String], at now: Timestamp = .now) {
        count += 1
        succeededAt = now
        failedSince = nil
        problem = nil
        self.needRestart = needRestart
    }

    mutating func failed(_ problem: String, at now: Timestamp = .now) {
        failures += 1
        failedSince = failedSince ?? now
        self.problem = problem
    }
}

/// What a reload changed.
public struct ReloadReport: Sendable, Hashable {
    /// The databases that are others now.
    public internal(set) var databases = DatabaseChanges()
    /// Whether other tools are offered.
    public internal(set) var toolsChanged = false
    /// The level of the log from now on.
    public internal(set) var logLevel = TelemetryConfiguration.LogLevel.info
    /// The keys that are different and need a restart.
    public internal(set) var needRestart: [String] = []

    init() {}
}

/// The databases that are others after a reload, by name.
public struct DatabaseChanges: Sendable, Hashable {
    /// Those that are new.
    public private(set) var added: [String] = []
    /// Those that are gone.
    public private(set) var removed: [String] = []
    /// Those that have new connections.
    public private(set) var changed: [String] = []
    /// Whether their order is another one, and with it perhaps the default.
    public private(set) var isReordered = false

    /// Whether everything is as it was.
    public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty && !isReordered }

    init() {}

    init(from old: [Database], to new: [Database]) {
        let before = Set(old.map(\.name))
        let after = Set(new.map(\.name))
        added = new.map(\.name).filter { !before.contains($0) }
        removed = old.map(\.name).filter { !after.contains($0) }
        changed = new.filter { database in
            before.contains(database.name) && !old.contains { $0 === database }
        }.map(\.name)
        isReordered = old.map(\.name).filter(after.contains) != new.map(\.name).filter(before.contains)
    }
}
