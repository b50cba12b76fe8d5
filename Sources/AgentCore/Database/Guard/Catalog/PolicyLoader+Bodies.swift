internal import PGConnector
internal import SQLClassifier

/// Trees of expressions, and bodies of functions, as edges of the graph.
extension PolicyLoader {
    func tree(_ row: PGRow, _ column: Int) -> NodeTree {
        var tree = NodeTree()
        row.withBytes(column) { bytes in
            if let bytes { tree.read(bytes) }
        }
        return tree
    }

    mutating func add(
        _ tree: NodeTree, to user: Int32, as use: ObjectGraph.Use? = nil, carries: ObjectGraph.Carries = .always,
        remedy: String?,
        judgesSettings: Bool = true
    ) {
        func edge(_ kind: ObjectGraph.Kind, _ oid: UInt32, _ own: ObjectGraph.Use) {
            graph.add(user, use ?? own, graph.node(kind, oid), carries: carries)
        }
        for oid in tree.functions { edge(.function, oid, .calls) }
        for oid in tree.operators { edge(.operator, oid, .uses) }
        for oid in tree.relations { edge(.relation, oid, .reads) }
        for oid in tree.made { edge(.making, oid, .makes) }
        for oid in tree.others {
            for kind in [ObjectGraph.Kind.function, .operator, .relation, .making] { edge(kind, oid, .uses) }
        }
        for oid in tree.held {
            graph.add(user, use ?? .holds, graph.node(.having, oid), carries: carries == .always ? .harmful : carries)
        }
        if tree.isTooLong {
            graph.mark(user, [.running, .harmful], why: "has an expression too long to be examined", remedy: remedy)
        }
        guard carries == .always else { return }
        if tree.advancesSequence { graph.mark(user, [.running, .harmful], why: "advances a sequence", remedy: remedy) }
        if judgesSettings { judge(tree.settings, of: user, remedy: remedy) }
    }

    /// Ties range types to the families of their operator classes.
    mutating func resolveRanges() {
        for range in ranges {
            guard let family = classes[range.orderedBy] else { continue }
            for kind in [ObjectGraph.Kind.making, .having] {
                graph.add(graph.node(kind, range.type), .sortsBy, family, carries: .harmful)
            }
        }
        ranges = []
    }

    /// Ties the names in bodies to objects; again after more types have become known.
    mutating func resolveBodies() {
        guard !bodies.isEmpty else { return }
        var functions: [String: [Callable]] = [:]
        for callable in callables { functions[callable.name, default: []].append(callable) }
        let pathIsOrdinary = searchPath.first { !$0.hasPrefix("pg_temp") } == "pg_catalog" && !hidesServer
        let hidden = pathIsOrdinary ? serverTypes : []
        var byName: [ObjectGraph.Kind: [String: [Int32]]] = [:]
        for (place, node) in graph.nodes.enumerated() where !node.name.isEmpty && node.key.kind != .function {
            byName[node.key.kind, default: [:]][node.name, default: []].append(Int32(truncatingIfNeeded: place))
        }
        for body in bodies {
            if body.text.calls.contains(where: { BodyText.inputs.contains($0.name) }) {
                for places in (byName[.making] ?? [:]).values {
                    for place in places { connect(body, .makes, place) }
                }
            }
            for call in body.text.calls {
                for callable in functions[call.name] ?? [] where call.matches(callable.overload.schema) {
                    connect(body, .calls, callable.node, isTrusted: callable.overload.isTrustedForExtensions)
                }
                for place in byName[.making]?[call.name] ?? []
                where call.matches(graph[place].schema) && !(call.schema == nil && hidden.contains(call.name)) {
                    connect(body, .makes, place)
                }
            }
            // TREAT and attribute notation call without brackets. The name of a function of the server that is refused by
            // itself is no word of an honest body, wherever it stands.
            for name in body.text.identifiers {
                for callable in functions[name] ?? []
                where callable.overload.schema == "pg_catalog" && graph[callable.node].why != nil {
                    connect(body, .calls, callable.node, isTrusted: callable.overload.isTrustedForExtensions)
                }
            }
            for attribute in body.text.attributes {
                for callable in functions[attribute] ?? [] where callable.overload.takesOneArgument {
                    connect(body, .calls, callable.node, isTrusted: callable.overload.isTrustedForExtensions)
                }
            }
            for name in body.text.names {
                for place in byName[.relation]?[name.name] ?? [] where name.matches(graph[place].schema) {
                    connect(body, .reads, place)
                }
                for place in byName[.making]?[name.name] ?? []
                where name.matches(graph[place].schema) {
                    // A relation's row is made only where something makes rows.
                    if byName[.relation]?[name.name] != nil {
                        if !body.text.makesRows, !body.text.types.contains(name) { continue }
                    } else if name.schema == nil, hidden.contains(name.name) {
                        continue
                    }
                    connect(body, .makes, place)
                }
            }
            for sign in body.text.operators {
                for place in byName[.operator]?[sign] ?? [] { connect(body, .uses, place) }
            }
        }
    }

    /// Refuses bodies in which a value of a type with a refused check could be made beside another one.
    mutating func markMakers() {
        for body in bodies where graph[body.node].hazards.contains(.holdsChecked) {
            guard
                body.text.names.contains(BodyText.Name(schema: nil, name: "array"))
                    || body.text.calls.contains(where: { $0.name == "array" || polymorphic.contains($0.name) })
            else { continue }
            graph.mark(
                body.node, .running, why: "could make values of a type whose check is refused",
                remedy: AllowedFunctions.setting(graph[body.node].title))
        }
    }

    mutating func connect(
        _ body: Body, _ use: ObjectGraph.Use, _ place: Int32, isTrusted: Bool = false
    ) {
        if body.isOfExtension, isTrusted || graph[place].key.oid < NodeTree.firstUserOID { return }
        graph.add(body.node, use, place)
    }
}

extension BodyText.Name {
    /// Whether an object of a schema may be meant.
    func matches(_ other: String) -> Bool { schema == nil || schema == other }
}

extension PGRow {
    /// A cell with an OID.
    func oid(_ position: Int) -> UInt32? { string(position).flatMap { UInt32($0) } }

    /// A cell with OIDs between blanks.
    func oids(_ position: Int) -> [UInt32] {
        (string(position) ?? "").split(separator: " ").compactMap { UInt32($0) }
    }
}
