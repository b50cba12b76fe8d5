internal import PGConnector
internal import SQLClassifier

/// What functions and aggregates reach.
extension PolicyLoader {
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
        if row.string(21) == "t" { hidesServer = true }
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
        } else if !encoding.isCertain(body.namesBeyondASCII) {
            graph.mark(
                node, [.running, .harmful],
                why: "has a body with a name that the server's encoding may make another one of", remedy: entry)
        } else if body.runsText {
            graph.mark(
                node, [.running, .harmful], why: "runs text as SQL (EXECUTE) that the guard cannot see", remedy: entry)
        } else if body.catchesCancellation {
            graph.mark(
                node, [.running, .harmful], why: "catches its own cancellation, so that nothing could stop it",
                remedy: entry)
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
}
