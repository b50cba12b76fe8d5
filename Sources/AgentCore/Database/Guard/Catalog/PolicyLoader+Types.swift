internal import PGConnector

/// What operators, casts, types and operator families reach.
extension PolicyLoader {
    private static let nameType: UInt32 = 19
    private static let oidType: UInt32 = 26

    mutating func takeOperator(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        let node = graph.node(.operator, oid)
        let operands = [row.string(8), row.string(9)].compactMap { $0 == "-" ? nil : $0 }.joined(separator: ",")
        graph.describe(node, schema: schema, name: name, suffix: "(\(operands))")
        for column in 3...5 {
            if let function = row.oid(column), function > 0 { calls(node, function) }
        }
        // `pg_get_viewdef` and `pg_get_ruledef` compare OIDs and names with an operator that the search path finds
        // (`ruleutils.c`), and the server's views are made of them.
        if name == "=", let left = row.oid(6), [Self.oidType, Self.nameType].contains(left) {
            shadows.append(node)
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
        if row.string(11) == "t" { serverTypes.insert(name) }
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
