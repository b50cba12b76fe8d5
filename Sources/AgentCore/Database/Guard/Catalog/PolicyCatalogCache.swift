internal import PGConnector
internal import Synchronization

/// Keeps the policy's catalog of one database, and reads it anew when the server says that it has changed.
actor PolicyCatalogCache {
    /// How old a copy may be. What is decided by it is confirmed by the server in the round trip of the query; the time
    /// is for what that does not see and only a superuser can do: a member taken out of an extension, a function of the
    /// server itself replaced, an operator family extended.
    private static let lifetime: Duration = .seconds(600)
    /// How often a type may be made of hazardous types.
    private static let maximumDepth = 32

    private let runner: QueryRunner
    private let allowedFunctions: AllowedFunctions
    private let allowedRelations: [String]
    private let allowedSettings: [String]
    private var current: (catalog: PolicyCatalog, loaded: ContinuousClock.Instant)? { didSet { noteWarm() } }
    private var loading: Task<PolicyCatalog, any Error>?
    /// When a refusal was last held against the server.
    private var compared: ContinuousClock.Instant?
    /// Until when the digest rides along from the start, since the database is busy.
    private var busyUntil: ContinuousClock.Instant? { didSet { noteWarm() } }

    private struct Warm {
        var catalog: PolicyCatalog
        var loaded: ContinuousClock.Instant
        var busyUntil: ContinuousClock.Instant?
    }

    /// What the actor holds, for a warm query: it shall not wait for the actor, which may cost a change of threads.
    private let warm = Mutex<Warm?>(nil)

    init(runner: QueryRunner, allowedFunctions: AllowedFunctions, allowedRelations: [String], allowedSettings: [String])
    {
        self.runner = runner
        self.allowedFunctions = allowedFunctions
        self.allowedRelations = allowedRelations
        self.allowedSettings = allowedSettings
    }

    /// What a statement is decided by.
    struct Copy: Sendable {
        let catalog: PolicyCatalog
        /// Whether the server shall compute the digest when the quick test fails.
        let comparesDigest: Bool
        /// Whether it was read just now.
        var isNew = false
    }

    private func noteWarm() {
        let state = current.map { Warm(catalog: $0.catalog, loaded: $0.loaded, busyUntil: busyUntil) }
        warm.withLock { $0 = state }
    }

    /// The catalog, when it was read and nothing speaks against it; else ``catalog(_:)`` has to be asked.
    nonisolated var warmCopy: Copy? {
        warm.withLock { warm in
            let now = ContinuousClock.now
            guard let warm, now - warm.loaded < Self.lifetime else { return nil }
            return Copy(catalog: warm.catalog, comparesDigest: warm.busyUntil.map { $0 > now } ?? false)
        }
    }

    /// The catalog.
    ///
    /// - Parameter doubt: what the server said of the copy before.
    /// - Throws: ``QueryFailure`` when the server cannot be asked.
    func catalog(_ doubt: Doubt) async throws -> Copy {
        let now = ContinuousClock.now
        if doubt == .quickTestFailed { busyUntil = now + .seconds(5) }
        let isBusy = busyUntil.map { $0 > now } ?? false
        if doubt != .changed, let current, now - current.loaded < Self.lifetime {
            return Copy(catalog: current.catalog, comparesDigest: isBusy || doubt != .none)
        }
        // One reader for all who wait; it goes on when one of them gives up. Who joins it may know of a later change.
        let isNew = loading == nil
        let task = loading ?? Task { try await load() }
        loading = task
        do {
            let catalog = try await task.value
            if loading == task { loading = nil }
            current = (catalog, now)
            return Copy(catalog: catalog, comparesDigest: isBusy || doubt != .none, isNew: isNew)
        } catch {
            if loading == task { loading = nil }
            throw error
        }
    }

    /// The catalog anew, when it has changed since a copy was read that something was refused by; nil when it has not,
    /// or when that was asked a moment ago.
    func newer(than copy: PolicyCatalog) async throws -> PolicyCatalog? {
        let now = ContinuousClock.now
        if let current, current.catalog.state.digest != copy.state.digest { return current.catalog }
        if let compared, now - compared < .seconds(1) { return nil }
        compared = now
        let digest = try await runner.readCatalog([PolicyLoader.stateStatement(copy.state)], into: "") {
            digest, _, row in digest = row.string(1) ?? ""
        }
        return digest == copy.state.digest ? nil : try await catalog(.changed).catalog
    }

    /// The catalog anew, when it is no longer what a decision was made by.
    func changed(since state: CatalogState) async throws -> PolicyCatalog? {
        let digest = try await runner.readCatalog([PolicyLoader.stateStatement(state)], into: "") {
            digest, _, row in digest = row.string(1) ?? ""
        }
        return digest == state.digest ? nil : try await catalog(.changed).catalog
    }

    /// What the server said of the catalog that a decision was made by.
    enum Doubt: Sendable {
        case none
        /// Some transaction ended; whether it changed the catalog is not known.
        case quickTestFailed
        /// The catalog changed.
        case changed
    }

    /// Notes that the digest was compared and good, and what the quick test has to show from now on.
    func confirm(_ quick: String, digest: String) {
        guard current?.catalog.state.digest == digest, current?.catalog.state.quick != quick else { return }
        current?.catalog.state.quick = quick
        // Somebody writes: the digest rides along as long as that goes on.
        busyUntil = ContinuousClock.now + .seconds(5)
    }

    // MARK: Loading

    private func load() async throws -> PolicyCatalog {
        try await Self.load(
            runner,
            PolicyLoader(
                allowed: allowedFunctions, allowedRelations: allowedRelations, allowedSettings: allowedSettings,
                rowBytes: runner.limits.rowBytes))
    }

    /// Reads the catalog.
    ///
    /// - Parameters:
    ///   - runner: asks the server.
    ///   - empty: the loader to fill.
    ///   - includesSystem: whether the server's own views are read too.
    static func load(
        _ runner: QueryRunner, _ empty: PolicyLoader, includesSystem: Bool = false
    ) async throws -> PolicyCatalog {
        let seed = Int64.random(in: .min ... .max)
        var patience = CatalogPatience()
        repeat {
            let start = CatalogState(quick: "", digest: "", watched: "{}", relations: "{}", seed: seed)
            var loader = try await runner.readCatalog(
                empty.statements(state: start, includesSystem: includesSystem), into: empty
            ) { loader, index, row in
                if let table = PolicyLoader.Table(rawValue: index) { try loader.take(table, row) }
            }
            loader.conclude()
            if let catalog = try await complete(&loader, start, runner) { return catalog }
        } while await patience.wait()
        throw QueryFailure(.unexpected, "The catalog of the database keeps changing; nothing was run.")
    }

    /// Follows what depends on hazardous objects until nothing new is found; nil when the catalog changed meanwhile.
    private static func complete(
        _ loader: inout PolicyLoader, _ start: CatalogState, _ runner: QueryRunner
    ) async throws -> PolicyCatalog? {
        let base = loader.digest
        for _ in 0..<maximumDepth {
            let state = loader.watchState(seed: start.seed)
            if state.watched == "{}", state.relations == "{}" {
                return PolicyCatalog(
                    loader,
                    state: CatalogState(
                        quick: loader.quick, digest: base, watched: "{}", relations: "{}", seed: start.seed))
            }
            let unwatched = CatalogState(quick: "", digest: "", watched: "{}", relations: "{}", seed: start.seed)
            var again = ""
            (loader, again) = try await runner.readCatalog(
                [
                    PolicyLoader.stateStatement(state), PolicyLoader.stateStatement(unwatched),
                    (PolicyQueries.dependents, [.text(state.watched)]),
                    (PolicyQueries.typeNames, [.text(state.watched)]), (PolicyQueries.polymorphic, []),
                ], into: (loader, "")
            ) { pair, index, row in
                switch index {
                case 0: try pair.0.take(.state, row)
                case 1: pair.1 = row.string(1) ?? ""
                case 2: pair.0.takeDependent(row)
                case 3: pair.0.takeTypeName(row)
                default: if let name = row.string(0) { pair.0.polymorphic.insert(name) }
                }
            }
            guard again == base else { return nil }
            let digest = loader.digest
            loader.conclude()
            let next = loader.watchState(seed: start.seed)
            if next == state {
                return PolicyCatalog(
                    loader,
                    state: CatalogState(
                        quick: loader.quick, digest: digest, watched: state.watched, relations: state.relations,
                        seed: start.seed))
            }
        }
        throw QueryFailure(.unexpected, "Types of the database are nested too deeply to be examined.")
    }
}

extension PolicyLoader {
    /// Ties names to objects and carries hazards to all users.
    mutating func conclude() {
        resolveRanges()
        resolveBodies()
        graph.settle()
        for cast in casts where cast.isExplicit && cast.source >= NodeTree.firstUserOID {
            guard !graph[cast.function].hazards.isDisjoint(with: .refused) else { continue }
            graph.mark(graph.node(.having, cast.source), .castSource)
        }
        graph.settle()
        markMakers()
        graph.settle()
    }

    /// What has to be watched, as far as is known by now.
    func watchState(seed: Int64) -> CatalogState {
        var watched: Set<UInt32> = []
        var relations: Set<UInt32> = []
        // A relation that shows arrays of any type matters only where a type is dangerous.
        let isHarmed = graph.nodes.contains {
            ($0.key.kind == .making || $0.key.kind == .having) && $0.hazards.contains(.harmful)
        }
        for node in graph.nodes where !node.hazards.isEmpty && node.key.oid >= NodeTree.firstUserOID {
            switch node.key.kind {
            case .making, .having: watched.insert(node.key.oid)
            case .filling: if node.hazards.contains(.planning) { watched.insert(node.key.oid) }
            case .function, .operator: if node.hazards.contains(.planning) { watched.insert(node.key.oid) }
            case .relation, .change: if node.hazards != .anyArrays || isHarmed { relations.insert(node.key.oid) }
            case .family: break
            }
        }
        for (oid, family) in classes where !graph[family].hazards.isEmpty { watched.insert(oid) }
        func literal(_ oids: Set<UInt32>) -> String {
            "{" + oids.sorted().map(String.init).joined(separator: ",") + "}"
        }
        return CatalogState(
            quick: "", digest: "", watched: literal(watched), relations: literal(relations), seed: seed)
    }
}
