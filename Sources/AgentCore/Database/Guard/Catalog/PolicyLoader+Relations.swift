internal import PGConnector
internal import SQLClassifier

/// What reading, or changing, a relation reaches.
extension PolicyLoader {
    func isAllowed(_ schema: String, _ name: String) -> Bool {
        // By bytes, as the server compares: Swift takes canonically equivalent names for one.
        func isListed(_ entry: String) -> Bool { allowedRelations.contains { $0.utf8.elementsEqual(entry.utf8) } }
        return isListed(schema + "." + name)
            || ((schema == "public" || schema == "pg_catalog") && isListed(name))
    }

    mutating func relation(_ oid: UInt32, _ schema: String, _ name: String) -> Int32 {
        let node = graph.node(.relation, oid)
        if graph[node].name.isEmpty {
            graph.describe(node, schema: schema, name: name, isAllowed: isAllowed(schema, name))
        }
        return node
    }

    mutating func change(_ oid: UInt32, _ schema: String, _ name: String) -> Int32 {
        let node = graph.node(.change, oid)
        graph.describe(node, schema: schema, name: name, isAllowed: isAllowed(schema, name))
        return node
    }

    mutating func takeRule(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        let isView = row.string(3) == "1"
        let node = isView ? relation(oid, schema, name) : change(oid, schema, name)
        let remedy = "allow_relations: [\(Identifier.quote(schema)).\(Identifier.quote(name))]"
        if row.isNull(4) {
            graph.mark(node, .running, why: "is defined by a query too long to be examined", remedy: remedy)
        }
        for column in [4, 5] where !row.isNull(column) {
            let tree = tree(row, column)
            add(tree, to: node, as: isView ? nil : .rule, carries: isView ? .always : .planned, remedy: remedy)
            // A change of a view is one of what is below it, and a rule may change what it names.
            for below in tree.relations {
                graph.add(change(oid, schema, name), .rule, graph.node(.change, below))
            }
        }
    }

    mutating func takePolicy(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        let remedy = "allow_relations: [\(Identifier.quote(schema)).\(Identifier.quote(name))]"
        // Policies compare with settings of the application, and show none of them.
        if !row.isNull(4), ["r", "*"].contains(row.string(3) ?? "*") {
            add(
                tree(row, 4), to: relation(oid, schema, name), as: .policy, remedy: remedy, judgesSettings: false)
        }
        for column in [4, 5] where !row.isNull(column) {
            add(
                tree(row, column), to: change(oid, schema, name), as: .policy, carries: .planned, remedy: remedy,
                judgesSettings: false)
        }
    }

    mutating func takeRelation(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        if row.string(3) == "f" {
            let server = row.string(4).map { " (server \(Identifier.quote($0)))" } ?? ""
            graph.mark(
                relation(oid, schema, name), [.running, .harmful],
                why: "is a foreign table\(server): reading it acts outside of this database",
                remedy: "allow_relations: [\(Identifier.quote(schema)).\(Identifier.quote(name))]")
        }
        guard let marked = SecretRelations.marked.first(where: { $0.schema == schema && $0.name == name }) else {
            return
        }
        let node = relation(oid, schema, name)
        graph.mark(
            node, marked.hazards.contains(.running) ? marked.hazards.union(.harmful) : marked.hazards, why: marked.why,
            remedy: "allow_relations: [\(Identifier.quote(schema)).\(Identifier.quote(name))]")
    }

    mutating func takeChildren(_ row: PGRow) {
        guard let oid = row.oid(0), let name = row.string(1), let schema = row.string(2) else { return }
        let node = relation(oid, schema, name)
        for child in row.oids(3) { graph.add(node, .child, graph.node(.relation, child)) }
    }

    /// One row about what depends on a hazardous object.
    mutating func takeDependent(_ row: PGRow) {
        guard let usedClass = row.string(0), let used = row.oid(1), let ownClass = row.string(2),
            let own = row.oid(3)
        else { return }
        if ownClass == "pg_type" {
            guard usedClass == "pg_type" else { return }
            describeType(own, row.string(5), row.string(4))
            if row.string(13) != "d" { contains(own, used) }
            return isOver(own, used)
        }
        guard let oid = row.oid(6), let name = row.string(7), let schema = row.string(9) else { return }
        if ownClass == "pg_class", usedClass == "pg_type" {
            let holder = relation(oid, schema, name)
            graph.add(holder, .holds, graph.node(.having, used))
            graph.add(change(oid, schema, name), .rule, graph.node(.filling, used), carries: .planned)
            if graph[graph.node(.making, used)].hazards.contains(.running) { graph.mark(holder, .holdsChecked) }
            // Only a column makes the row type hazardous; the relation of a composite type depends on that type too.
            if row.string(12) != "0", let rowType = row.oid(11), rowType != used {
                describeType(rowType, schema, name)
                isOver(rowType, used)
                if row.string(8) == "c" { contains(rowType, used) }
            }
            return
        }
        let node: Int32?
        switch usedClass {
        case "pg_proc": node = graph.node(.function, used)
        case "pg_operator": node = graph.node(.operator, used)
        case "pg_type": node = graph.node(.making, used)
        default: node = classes[used]
        }
        guard let node else { return }
        switch ownClass {
        case "pg_attrdef":
            if row.string(10) == "t" {
                graph.add(relation(oid, schema, name), .calls, node)
            } else {
                graph.add(change(oid, schema, name), .rule, node, carries: .planned)
            }
        case "pg_class", "pg_constraint", "pg_statistic_ext":
            // The rules of views are read as they are.
            guard row.string(8) != "v" else { return }
            graph.add(
                relation(oid, schema, name), .index, node, carries: usedClass != "pg_opclass" ? .planned : .always)
        default: break
        }
    }

    /// The name of a hazardous type that nothing else has told.
    mutating func takeTypeName(_ row: PGRow) {
        if let oid = row.oid(0) { describeType(oid, row.string(2), row.string(1)) }
    }

    mutating func describeType(_ oid: UInt32, _ schema: String?, _ name: String?) {
        guard let schema, let name else { return }
        for kind in [ObjectGraph.Kind.making, .having] {
            let node = graph.node(kind, oid)
            if graph[node].name.isEmpty { graph.describe(node, schema: schema, name: name) }
        }
    }
}
