internal import PGConnector
internal import SQLClassifier

/// Reads the catalog into a graph, row by row, and draws the conclusions.
struct PolicyLoader: Sendable {
    /// What the statements of a load are, in their order.
    enum Table: Int, CaseIterable, Sendable {
        case state, searchPath, functions, aggregates, operators, casts, types, rules, policies, relations, children
        case families, systemRules
    }

    /// A function that a statement can call by name.
    struct Callable: Sendable {
        let node: Int32
        let name: String
        let overload: FunctionOverload
    }

    /// A body whose names are looked up when all objects are known.
    struct Body: Sendable {
        let node: Int32
        let text: BodyText
        /// An extension is trusted for what it does itself, not for what others put in its way.
        let isOfExtension: Bool
    }

    /// A cast by a function.
    struct Cast: Sendable {
        let source: UInt32
        let target: UInt32
        let function: Int32
        let isExplicit: Bool
        let title: String
        let targetName: String
        /// Whether its function reads the setting that its argument names.
        let readsSetting: Bool
    }

    let allowed: AllowedFunctions
    let allowedRelations: [String]
    let allowedSettings: [String]
    /// The most bytes of a body or a tree that is read.
    let maximumBytes: Int
    var graph = ObjectGraph()
    var callables: [Callable] = []
    var casts: [Cast] = []
    var searchPath: [String] = []
    /// Read first: bodies are read by it.
    var encoding = NameEncoding.other
    /// Operators by which the server's own functions look into the catalog when the search path leads there first.
    var shadows: [Int32] = []
    /// Names of functions that make values of the type of an argument; read when there are types with refused checks.
    var polymorphic: Set<String> = []
    /// Names of users' types that a type of the server has as well.
    var serverTypes: Set<String> = []
    /// Whether a function sets a search path in which something stands before the server's own schema: whoever it calls finds
    /// types there first.
    var hidesServer = false
    var quick = ""
    var digest = ""
    var bodies: [Body] = []
    /// Operator classes that users made, each with its family.
    var classes: [UInt32: Int32] = [:]
    /// Operator families that order a type of the server, so that nothing in a statement shows whether they are used.
    var builtinFamilies: Set<Int32> = []
    /// Range types, each with the operator class that orders its bounds.
    var ranges: [(type: UInt32, orderedBy: UInt32)] = []
    var rows = 0

    /// The most rows that are read.
    static let maximumRows = 2_000_000

    init(allowed: AllowedFunctions, allowedRelations: [String], allowedSettings: [String], rowBytes: Int) {
        self.allowed = allowed
        self.allowedRelations = allowedRelations
        self.allowedSettings = allowedSettings
        maximumBytes = min(8 << 20, max(4096, rowBytes / 4))
    }

    /// The statements that read everything.
    ///
    /// - Parameter includesSystem: whether the server's own views are read too, which tests do.
    func statements(state: CatalogState, includesSystem: Bool) -> [(sql: String, parameters: [PGParameter])] {
        let limit = PGParameter.text(String(maximumBytes))
        let names = RefusedFunctions.why.keys + ["pg_show_all_settings", "current_setting"] + Self.readersOfIndexes
        var statements: [(sql: String, parameters: [PGParameter])] = [
            Self.stateStatement(state),
            (PolicyQueries.searchPath, []),
            (PolicyQueries.functions, [.text(ArrayLiteral.of(names)), limit]),
            (PolicyQueries.aggregates, []), (PolicyQueries.operators, []), (PolicyQueries.casts, []),
            (PolicyQueries.types, [limit]), (PolicyQueries.rules(ofSystem: false), [limit]),
            (PolicyQueries.policies, [limit]),
            (PolicyQueries.relations, [.text(ArrayLiteral.of(SecretRelations.marked.map(\.name)))]),
            (PolicyQueries.children, []), (PolicyQueries.families, []),
        ]
        if includesSystem { statements.append((PolicyQueries.rules(ofSystem: true), [limit])) }
        return statements
    }

    /// The statement that reads the tests of ``CatalogState``.
    static func stateStatement(_ state: CatalogState) -> (sql: String, parameters: [PGParameter]) {
        (
            """
            SELECT \(CatalogState.quickExpression), \(state.digestExpression(first: 1)), \
            pg_catalog.current_setting('server_encoding')
            """, state.parameters
        )
    }

    /// Takes one row into account.
    mutating func take(_ table: Table, _ row: PGRow) throws {
        rows += 1
        guard rows <= Self.maximumRows else {
            throw QueryFailure(.unexpected, "The catalogs of the database are too large to be examined.")
        }
        switch table {
        case .state:
            quick = row.string(0) ?? ""
            digest = row.string(1) ?? ""
            encoding = NameEncoding(server: row.string(2) ?? "")
        case .searchPath: if let schema = row.string(0) { searchPath.append(schema) }
        case .functions: takeFunction(row)
        case .aggregates: takeAggregate(row)
        case .operators: takeOperator(row)
        case .casts: takeCast(row)
        case .types: takeType(row)
        case .rules, .systemRules: takeRule(row)
        case .policies: takePolicy(row)
        case .relations: takeRelation(row)
        case .children: takeChildren(row)
        case .families: takeFamily(row)
        }
    }
}
