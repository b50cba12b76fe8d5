internal import PGConnector

/// Keeps the catalog of functions of one database.
///
/// What the guard decides by it is confirmed by the server in the round trip of the query, so an old copy costs a second
/// try and never a wrong answer; the time limit is for what that does not see: which extension a function belongs to, and
/// what an aggregate calls.
actor FunctionCatalogCache {
    /// How old a copy may be.
    private static let lifetime: Duration = .seconds(60)
    /// The most functions that are read.
    private static let maximumFunctions = 500_000

    private let runner: QueryRunner
    private var current: FunctionCatalog?
    private var loading: Task<FunctionCatalog, any Error>?

    init(runner: QueryRunner) {
        self.runner = runner
    }

    /// The catalog.
    ///
    /// - Parameter refresh: whether it has to be read anew.
    /// - Throws: ``QueryFailure`` when the server cannot be asked.
    func catalog(refresh: Bool) async throws -> FunctionCatalog {
        if !refresh, let current, ContinuousClock.now - current.loaded < Self.lifetime { return current }
        // One reader for all who wait; it goes on when one of them gives up.
        let task = loading ?? Task { [runner] in try await Self.load(runner) }
        loading = task
        do {
            let catalog = try await task.value
            if loading == task { loading = nil }
            current = catalog
            return catalog
        } catch {
            if loading == task { loading = nil }
            throw error
        }
    }

    private static func load(_ runner: QueryRunner) async throws -> FunctionCatalog {
        let loaded = ContinuousClock.now
        let tables = try await runner.readCatalog(
            [(FunctionCatalog.searchPathQuery, []), (FunctionCatalog.query, [])], maximumRows: maximumFunctions)
        let path = tables[0]
        var entries: [String: FunctionCatalog.Entry] = [:]
        entries.reserveCapacity(tables[1].count)
        for row in tables[1] {
            guard let name = row.string(0), let oid = row.string(1), let xmin = row.string(2),
                let schema = row.string(3)
            else { continue }
            let version = "\(oid):\(xmin):\(schema)"
            let overload = overload(row, schema: schema)
            // A function that takes `internal` cannot be called from SQL: methods of TABLESAMPLE and the like.
            let isNotable = row.string(12) != "t" && FunctionPolicy.isNotable(name, overload)
            var entry = entries[name] ?? FunctionCatalog.Entry()
            entry.version += entry.version.isEmpty ? version : "," + version
            if isNotable { entry.notable.append(overload) }
            entries[name] = entry
        }
        return FunctionCatalog(
            entries: entries, searchPath: path.compactMap { $0.string(0) },
            searchPathText: path.first?.string(1) ?? "{}", loaded: loaded)
    }

    private static func overload(_ row: PGRow, schema: String) -> FunctionOverload {
        let arguments = row.string(5).flatMap { Int($0) } ?? 0
        let defaults = row.string(6).flatMap { Int($0) } ?? 0
        let isVariadic = row.string(7) == "t"
        let volatility: FunctionOverload.Volatility =
            switch row.string(4) {
            case "i": .immutable
            case "s": .stable
            default: .volatile
            }
        return FunctionOverload(
            schema: schema, volatility: volatility,
            // A VARIADIC parameter with a default or an empty list may be left out altogether.
            minimumArguments: max(0, arguments - defaults - (isVariadic ? 1 : 0)),
            maximumArguments: isVariadic ? .max : arguments,
            argumentTypes: (row.string(8) ?? "").split(separator: ", ").joined(separator: ","),
            language: row.string(9) ?? "", isTrusted: row.string(10) == "t", ofExtension: row.string(11))
    }
}
