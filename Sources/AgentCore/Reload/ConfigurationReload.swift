internal import AuthTokens
public import Logging

/// Reads the configuration again and has the agent take it over: on a signal, and when the file is another one than before.
///
/// ```swift
/// let reload = ConfigurationReload(agent: agent, file: loaded.file, logger: logger, load: load)
/// await reload.run()             // on SIGHUP
/// Task { await reload.watch() }  // until it is cancelled
/// ```
/// A configuration with a mistake changes nothing: the one of before holds, the log says what is wrong, and
/// ``Agent/reloadState`` shows it until it is mended.
public actor ConfigurationReload {
    private let agent: Agent
    private let file: String?
    private let logger: Logger
    private let load: @Sendable () throws -> LoadedConfiguration
    private let changed: @Sendable (ReloadReport) -> Void
    /// The file that was last read.
    private var read: FileIdentity?
    /// Another file that was seen, and is read once it stays the same: it may be in the midst of being written.
    private var seen: FileIdentity?
    /// What was warned of, so that each is said once.
    private var warnings: Set<String> = []

    /// Prepares reloads.
    ///
    /// - Parameters:
    ///   - agent: Takes configurations over.
    ///   - file: The file to watch; `nil` when there is none.
    ///   - logger: Where it is said what became of each.
    ///   - load: Loads the configuration.
    ///   - changed: Told of each one that was taken over.
    public init(
        agent: Agent, file: String?, logger: Logger, load: @escaping @Sendable () throws -> LoadedConfiguration,
        changed: @escaping @Sendable (ReloadReport) -> Void = { _ in }
    ) {
        self.agent = agent
        self.file = file
        self.logger = logger
        self.load = load
        self.changed = changed
        read = file.flatMap { FileIdentity($0) }
        seen = read
    }

    /// Reads the configuration and takes it over.
    ///
    /// - Returns: What is wrong with it, a line each, without secrets; empty when it was taken over.
    @discardableResult
    public func run() -> [String] {
        // Looked at before it is read: one that is exchanged meanwhile is read again.
        read = file.flatMap { FileIdentity($0) }
        seen = read
        do {
            let loaded = try load()
            let report = try agent.reload(loaded.configuration)
            tell(report, loaded.warnings)
            changed(report)
            return []
        } catch {
            let problems =
                (error as? ConfigurationError)?.issues.map { PlainText.escaped($0.description) }
                ?? [PlainText.escaped("\(error)")]
            agent.reloadFailed(problems.joined(separator: "; "))
            logger.error(
                "the configuration was not reloaded; the one of before holds",
                metadata: ["problems": .array(problems.map { "\($0)" })])
            return problems
        }
    }

    /// Looks at the file now and then, and reads it when it is another one, until the task is cancelled.
    ///
    /// The file that its name leads to is compared, not its name: it may be renamed over, its link may be pointed elsewhere as
    /// Kubernetes does, or an editor may write into it.
    ///
    /// - Parameter interval: How often; a change is taken over within twice of it.
    public func watch(every interval: Duration = .seconds(2)) async {
        while file != nil, (try? await Task.sleep(for: interval)) != nil { look() }
    }

    /// One look at the file. It is read when it is another one than was read, and the same as at the last look.
    func look() {
        let now = file.flatMap { FileIdentity($0) }
        defer { seen = now }
        if now != read, now == seen { run() }
    }

    private func tell(_ report: ReloadReport, _ all: [String]) {
        var metadata: Logger.Metadata = [:]
        for (key, names) in [
            ("added", report.databases.added), ("removed", report.databases.removed),
            ("changed", report.databases.changed),
        ] where !names.isEmpty {
            metadata[key] = .array(names.map { "\(PlainText.escaped($0))" })
        }
        if report.toolsChanged { metadata["tools"] = "changed" }
        logger.info("the configuration was reloaded", metadata: metadata)
        if !report.needRestart.isEmpty {
            logger.warning(
                "some keys were changed that need a restart",
                metadata: ["keys": .array(report.needRestart.map { "\($0)" })])
        }
        for warning in all where !warnings.contains(warning) { logger.warning("\(PlainText.escaped(warning))") }
        warnings = Set(all)
    }
}
