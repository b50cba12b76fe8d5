import AgentCore
import Synchronization

/// Whether the databases answer, asked at most once in a while however often somebody wants to know.
final class Readiness: Sendable {
    /// What was found, in the order of the configuration.
    struct Report: Sendable {
        var databases: [(name: String, answer: DatabaseAnswer)]

        /// Whether every database answers.
        var isComplete: Bool { databases.allSatisfy { $0.answer != .down } }
        /// Whether there is a database to ask at all.
        var isServing: Bool { databases.isEmpty || databases.contains { $0.answer != .down } }
    }

    private struct State {
        var report: Report?
        var asked: ContinuousClock.Instant?
        var running: Task<Report, Never>?
    }

    /// So long a report is good.
    static let lifetime = Duration.seconds(5)
    /// So long a database may take to answer.
    static let patience = Duration.seconds(2)

    /// A database, and how to ask it.
    struct Source: Sendable {
        var name: String
        var ask: @Sendable () async -> DatabaseAnswer
    }

    private let sources: @Sendable () -> [Source]
    private let state = Mutex(State())

    /// - Parameter sources: whom to ask, each time anew.
    init(sources: @escaping @Sendable () -> [Source]) {
        self.sources = sources
    }

    /// - Parameter databases: the databases, which a reload changes.
    convenience init(_ databases: @escaping @Sendable () -> [Database]) {
        self.init(sources: {
            databases().map { database in
                Source(name: database.name) { await database.probe(within: Self.patience) }
            }
        })
    }

    /// What was found lately. Everybody who asks meanwhile waits for the same answers.
    func report() async -> Report {
        let now = ContinuousClock.now
        let running = state.withLock { state -> Task<Report, Never>? in
            if let running = state.running { return running }
            if let asked = state.asked, state.report != nil, now - asked < Self.lifetime { return nil }
            let task = Task { [self] in await ask() }
            state.running = task
            return task
        }
        if let running { return await running.value }
        return state.withLock { $0.report } ?? Report(databases: [])
    }

    private func ask() async -> Report {
        let sources = sources()
        let answers = await withTaskGroup(of: (Int, DatabaseAnswer).self) { group in
            for (index, source) in sources.enumerated() {
                group.addTask { (index, await source.ask()) }
            }
            return await group.reduce(into: [Int: DatabaseAnswer]()) { $0[$1.0] = $1.1 }
        }
        let report = Report(
            databases: sources.enumerated().map { ($0.element.name, answers[$0.offset] ?? .down) })
        state.withLock { $0 = State(report: report, asked: .now) }
        return report
    }
}
