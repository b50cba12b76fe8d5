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
    /// Names of functions that make values of the type of an argument; read when there are types with refused checks.
    var polymorphic: Set<String> = []
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
            (PolicyQueries.types, []), (PolicyQueries.rules(ofSystem: false), [limit]), (PolicyQueries.policies, []),
            (PolicyQueries.relations, [.text(ArrayLiteral.of(SecretRelations.marked.map(\.name)))]),
            (PolicyQueries.children, []), (PolicyQueries.families, []),
        ]
        if includesSystem { statements.append((PolicyQueries.rules(ofSystem: true), [limit])) }
        return statements
    }

    /// The statement that reads the tests of ``CatalogState``.
    static func stateStatement(_ state: CatalogState) -> (sql: String, parameters: [PGParameter]) {
        ("SELECT \(CatalogState.quickExpression), \(state.digestExpression(first: 1))", state.parameters)
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

    // MARK: Functions

    /// Functions that run the operator classes of a relation which they are told by its OID.
    static let readersOfIndexes = ["satisfies_hash_partition", "bt_index_check", "gin_index_check"]

    mutating func takeFunction(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1) else { return }
        let overload = FunctionOverload(row, oid: oid)
        let node = graph.node(.function, oid)
        graph.describe(
            node, schema: overload.schema, name: name, suffix: "(\(overload.argumentTypes))",
            isAllowed: allowed.contains(name, overload),
            planned: overload.volatility == .immutable
                ? .whenPlanned : overload.volatility == .stable ? .estimating : [])
        // What takes `internal` cannot be called from SQL: methods of TABLESAMPLE and the like.
        if row.string(11) != "t" { callables.append(Callable(node: node, name: name, overload: overload)) }
        if overload.isBuiltin, name == "pg_show_all_settings" { graph.mark(node, .allSettings) }
        if overload.isBuiltin || overload.ofExtension != nil, Self.readersOfIndexes.contains(name) {
            graph.mark(node, .anyArrays)
        }
        let entry = AllowedFunctions.setting("\(Identifier.quote(overload.schema)).\(Identifier.quote(name))")
        if let why = FunctionPolicy.refusal(of: name, overload) {
            // A label alone does no harm, when the body can be read.
            let isReadable =
                !overload.isBuiltin && overload.ofExtension == nil && ["sql", "plpgsql"].contains(overload.language)
            graph.mark(
                node, isReadable ? .running : [.running, .harmful], why: why,
                remedy: FunctionPolicy.remedy(of: name, overload, setting: entry))
        } else if !overload.isBuiltin, overload.ofExtension == nil, overload.language != "sql",
            overload.language != "plpgsql", row.string(17) != "a", !overload.isConstructor
        {
            let why =
                overload.isTrusted
                ? "is written in \(overload.language), which the guard cannot read"
                : "is written in \(overload.language), which may do anything, and belongs to no extension"
            graph.mark(node, [.running, .harmful], why: why, remedy: entry)
        }
        guard !overload.isBuiltin else { return }
        if overload.ofExtension == nil, let setting = overload.setting {
            graph.mark(
                node, [.running, .harmful], why: "sets \(setting) while it runs, so that its body cannot be judged",
                remedy: entry)
        }
        for type in row.oids(12) {
            graph.add(node, .makes, graph.node(.making, type))
            graph.add(node, .holds, graph.node(.having, type))
        }
        if let support = row.oid(13), support >= NodeTree.firstUserOID {
            graph.add(node, .calls, graph.node(.function, support))
        }
        if let text = row.string(14) {
            let body = BodyText(text, isProcedural: overload.language == "plpgsql")
            bodies.append(Body(node: node, text: body, isOfExtension: overload.ofExtension != nil))
            if overload.ofExtension == nil {
                judge(body, of: node, entry: entry, isVolatile: overload.volatility == .volatile)
            }
        } else if overload.ofExtension == nil, !overload.isTrigger, ["sql", "plpgsql"].contains(overload.language),
            row.isNull(15)
        {
            graph.mark(node, [.running, .harmful], why: "has a body too long to be examined", remedy: entry)
        }
        for column in [15, 16] where !row.isNull(column) { add(tree(row, column), to: node, remedy: entry) }
    }

    mutating func judge(_ body: BodyText, of node: Int32, entry: String, isVolatile: Bool) {
        if body.isFaulty {
            graph.mark(node, [.running, .harmful], why: "has a body that cannot be read", remedy: entry)
        } else if body.runsText {
            graph.mark(
                node, [.running, .harmful], why: "runs text as SQL (EXECUTE) that the guard cannot see", remedy: entry)
        } else if isVolatile, body.runsUtility {
            graph.mark(node, [.running, .harmful], why: "runs more than queries", remedy: entry)
        }
        judge(body.settings, of: node, remedy: entry)
    }

    mutating func judge(_ settings: Set<String?>, of node: Int32, remedy: String?) {
        for setting in settings {
            if let setting {
                guard SecretSettings.isRefused(setting, allowed: allowedSettings) else { continue }
                graph.mark(
                    node, [.running, .harmful], why: "reads the setting \(setting), which may hold a credential",
                    remedy: "allow_settings: [\(setting)]")
            } else {
                graph.mark(node, [.running, .harmful], why: Self.anySetting, remedy: remedy)
            }
        }
    }

    static let anySetting = "reads a setting by a name that is no plain constant, so it could be any"

    /// Says that an object calls a function with arguments that nobody can see: one that reads the setting which its
    /// argument names is harmless only where a constant stands there.
    mutating func calls(_ node: Int32, _ function: UInt32) {
        graph.add(node, .calls, graph.node(.function, function))
        if NodeTree.settingReaders.contains(function) {
            graph.mark(
                node, [.running, .harmful], why: Self.anySetting,
                remedy: "allow_functions: [pg_catalog.current_setting]")
        }
    }

    mutating func takeAggregate(_ row: PGRow) {
        guard let aggregate = row.oid(0), let function = row.oid(1) else { return }
        let node = graph.node(.function, aggregate)
        calls(node, function)
        for type in row.oids(3) where type >= NodeTree.firstUserOID {
            graph.add(node, .makes, graph.node(.making, type))
            graph.add(node, .holds, graph.node(.having, type))
        }
        if let sort = row.oid(2), sort >= NodeTree.firstUserOID {
            graph.add(node, .sortsBy, graph.node(.operator, sort))
        }
    }

    // MARK: Operators, casts, types

    mutating func takeOperator(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        let node = graph.node(.operator, oid)
        let operands = [row.string(8), row.string(9)].compactMap { $0 == "-" ? nil : $0 }.joined(separator: ",")
        graph.describe(node, schema: schema, name: name, suffix: "(\(operands))")
        for column in 3...5 {
            if let function = row.oid(column), function > 0 { calls(node, function) }
        }
        // The planner takes the negator for NOT, and the commutator when it turns the operands round.
        for other in row.oids(10) where other >= NodeTree.firstUserOID {
            graph.add(node, .turns, graph.node(.operator, other), carries: .harmful)
        }
        for column in 6...7 {
            if let type = row.oid(column), type >= NodeTree.firstUserOID {
                graph.add(node, .makes, graph.node(.making, type))
            }
        }
    }

    mutating func takeCast(_ row: PGRow) {
        guard let source = row.oid(0), let target = row.oid(1), let function = row.oid(2) else { return }
        let node = graph.node(.function, function)
        let isExplicit = row.string(3) == "e"
        casts.append(
            Cast(
                source: source, target: target, function: node, isExplicit: isExplicit,
                title: "(\(row.string(4) ?? "") AS \(row.string(5) ?? ""))", targetName: row.string(6) ?? "",
                readsSetting: NodeTree.settingReaders.contains(function)))
        // A cast that does harm is looked for in vain where nothing of it is written: in the server's own functions, and
        // under the name of a domain. So no value of its types may be in reach.
        for type in [source, target] where type >= NodeTree.firstUserOID {
            for kind in [ObjectGraph.Kind.making, .having] {
                let place = graph.node(kind, type)
                graph.add(place, .cast, node, carries: .harmful)
                if NodeTree.settingReaders.contains(function) {
                    graph.mark(
                        place, [.running, .harmful], why: "has a cast that reads any setting",
                        remedy: "allow_functions: [pg_catalog.current_setting]")
                }
            }
        }
        // A type is made by casting to it; one that casts by itself is hazardous to have.
        if target >= NodeTree.firstUserOID { graph.add(graph.node(.making, target), .calls, node) }
        guard !isExplicit else { return }
        if source >= NodeTree.firstUserOID { graph.add(graph.node(.having, source), .calls, node) }
        if target >= NodeTree.firstUserOID { graph.add(graph.node(.having, target), .calls, node) }
    }

    mutating func takeType(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        let making = graph.node(.making, oid)
        let having = graph.node(.having, oid)
        for node in [making, having] { graph.describe(node, schema: schema, name: name) }
        // Beside a value another one may be made, where nothing shows it.
        graph.add(having, .turns, making, carries: .harmful)
        graph.add(making, .turns, having, carries: .harmful)
        if let base = row.oid(4), base >= NodeTree.firstUserOID { isOver(oid, base) }
        // The functions of a domain are those of its base type.
        if row.string(3) != "d" {
            for function in row.oids(5) where function >= NodeTree.firstUserOID {
                calls(making, function)
                calls(having, function)
            }
        }
        if let subtype = row.oid(6), subtype >= NodeTree.firstUserOID {
            isOver(oid, subtype)
            contains(oid, subtype)
        }
        if let multirange = row.oid(7), multirange >= NodeTree.firstUserOID {
            isOver(multirange, oid)
            contains(multirange, oid)
        }
        if !row.isNull(8) { add(tree(row, 8), to: making, as: .checks, remedy: nil) }
        if let family = row.oid(9) { ranges.append((oid, family)) }
        if !row.isNull(10) {
            let filling = graph.node(.filling, oid)
            graph.describe(filling, schema: schema, name: name)
            add(tree(row, 10), to: filling, as: .rule, carries: .planned, remedy: nil)
        }
    }

    /// One type is made of another.
    mutating func isOver(_ type: UInt32, _ part: UInt32) {
        guard type != part else { return }
        graph.add(graph.node(.making, type), .isOver, graph.node(.making, part))
        graph.add(graph.node(.having, type), .isOver, graph.node(.having, part))
    }

    /// Where a value of an array, a range or a composite type is at hand, an untyped literal becomes another one, and its
    /// parts are made. A literal beside a domain takes the base type.
    mutating func contains(_ type: UInt32, _ part: UInt32) {
        graph.add(graph.node(.having, type), .isOver, graph.node(.making, part))
    }

    mutating func takeFamily(_ row: PGRow) {
        guard let family = row.oid(0), let used = row.oid(1) else { return }
        let node = graph.node(.family, family)
        switch row.string(2) {
        case "f":
            calls(node, used)
            if family < NodeTree.firstUserOID { builtinFamilies.insert(node) }
        case "o":
            if family < NodeTree.firstUserOID || used < NodeTree.firstUserOID { builtinFamilies.insert(node) }
            guard used >= NodeTree.firstUserOID else { return }
            let sign = graph.node(.operator, used)
            graph.add(node, .uses, sign)
            // A join by the operator hashes and sorts by the family.
            graph.add(sign, .sortsBy, node, carries: .harmful)
        default:
            graph.describe(node, schema: row.string(5) ?? "", name: row.string(4) ?? "")
            if let oid = row.oid(3) { classes[oid] = node }
            guard row.string(2) == "d" else { return }
            if used >= NodeTree.firstUserOID {
                graph.add(graph.node(.having, used), .sortsBy, node)
            } else {
                builtinFamilies.insert(node)
            }
        }
    }
}
