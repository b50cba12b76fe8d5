internal import SQLClassifier

/// Who uses whom in the catalog, and what follows from it: an object is as hazardous as the worst that it uses.
///
/// Only objects that could be hazardous are in it. The fixpoint costs time linear in the number of uses.
struct ObjectGraph {
    /// What a node stands for. A type is two: making a value of it (input functions, checks of a domain) and having one
    /// (output functions, casts that apply by themselves). A relation is two as well: reading it, and planning a change.
    ///
    /// The default of a domain is a node of its own, since only the planning of a change has to do with it.
    enum Kind: UInt8 { case function, `operator`, making, having, filling, relation, change, family }

    struct Key: Hashable {
        let kind: Kind
        let oid: UInt32
    }

    /// How one object uses another, as a refusal words it.
    enum Use: UInt8 {
        case calls, reads, makes, holds, uses, isOver, sortsBy, checks, policy, child, index, rule, cast, turns

        /// The verb, before the name of what is used.
        var words: String {
            switch self {
            case .calls: "calls"
            case .reads: "reads"
            case .makes: "makes values of"
            case .holds: "holds values of"
            case .uses: "uses"
            case .isOver: "is over"
            case .sortsBy: "is ordered by"
            case .checks: "has a check that uses"
            case .policy: "has a row policy that uses"
            case .child: "has the partition or child"
            case .index: "has an index, a constraint or statistics that use"
            case .rule: "has a rule or a default that uses"
            case .cast: "has a cast that calls"
            case .turns: "could be turned into"
            }
        }
    }

    struct Node {
        let key: Key
        var schema = ""
        var name = ""
        /// What stands behind the name in messages: the types of arguments.
        var suffix = ""
        var hazards: Hazards = []
        /// Whether the operator allowed it, so that nothing refused goes through it.
        var isAllowed = false
        /// What of the planner's work runs it, when it is a function: an immutable one is run on constants, a stable one to
        /// estimate a condition.
        var planned: Hazards = []
        /// Why it is refused, when that lies in itself.
        var why: String?
        /// The entry that would allow it, when the reason lies in itself.
        var remedy: String?
        /// What it uses that makes it refused.
        var cause: (node: Int32, use: Use)?
        /// Uses of it, as a chain of edges.
        var firstUser: Int32 = -1
    }

    private struct Edge {
        let user: Int32
        let use: Use
        let carries: Carries
        let next: Int32

        func carried(of hazards: Hazards) -> Hazards {
            switch carries {
            case .always: hazards
            // Indexes and checks are not estimated.
            case .planned: hazards.intersection(use == .index ? .planning : .whenPlanned)
            case .harmful: hazards.contains(.harmful) ? hazards : []
            }
        }
    }

    /// When hazards go along a use.
    enum Carries: UInt8 {
        case always
        /// A read runs what is used in the planner only.
        case planned
        /// Only what is harmful goes along: nothing of it is worth a refusal otherwise.
        case harmful
    }

    private(set) var nodes: [Node] = []
    private var index: [Key: Int32] = [:]
    private var edges: [Edge] = []
    private var waiting: [Int32] = []

    /// The place of a node, which is made when it is not there.
    mutating func node(_ kind: Kind, _ oid: UInt32) -> Int32 {
        let key = Key(kind: kind, oid: oid)
        if let place = index[key] { return place }
        let place = Int32(truncatingIfNeeded: nodes.count)
        nodes.append(Node(key: key))
        index[key] = place
        return place
    }

    /// The place of a node that is there.
    func find(_ kind: Kind, _ oid: UInt32) -> Int32? { index[Key(kind: kind, oid: oid)] }

    subscript(_ place: Int32) -> Node { nodes[Int(place)] }

    mutating func describe(
        _ place: Int32, schema: String, name: String, suffix: String = "", isAllowed: Bool = false,
        planned: Hazards = []
    ) {
        nodes[Int(place)].schema = schema
        nodes[Int(place)].name = name
        nodes[Int(place)].suffix = suffix
        nodes[Int(place)].isAllowed = isAllowed
        nodes[Int(place)].planned = planned
    }

    /// Says that an object is hazardous by itself.
    mutating func mark(_ place: Int32, _ hazards: Hazards, why: String? = nil, remedy: String? = nil) {
        let node = nodes[Int(place)]
        if let why, node.why == nil, node.cause == nil {
            nodes[Int(place)].why = why
            nodes[Int(place)].remedy = remedy
        }
        raise(place, hazards)
    }

    /// Says that one object uses another.
    ///
    /// - Parameters:
    ///   - carries: when hazards go along.
    mutating func add(_ user: Int32, _ use: Use, _ used: Int32, carries: Carries = .always) {
        guard user != used else { return }
        edges.append(
            Edge(user: user, use: use, carries: carries, next: nodes[Int(used)].firstUser))
        nodes[Int(used)].firstUser = Int32(truncatingIfNeeded: edges.count - 1)
        if !nodes[Int(used)].hazards.isEmpty { waiting.append(used) }
    }

    /// Carries hazards to all users.
    mutating func settle() {
        while let place = waiting.popLast() {
            let node = nodes[Int(place)]
            var next = node.firstUser
            while next >= 0 {
                let edge = edges[Int(next)]
                next = edge.next
                let carried = edge.carried(of: node.hazards)
                guard !carried.isEmpty else { continue }
                let user = nodes[Int(edge.user)]
                if user.why == nil, user.cause == nil, !carried.isDisjoint(with: .refused), !user.isAllowed {
                    nodes[Int(edge.user)].cause = (place, edge.use)
                }
                raise(edge.user, carried)
            }
        }
    }

    private mutating func raise(_ place: Int32, _ hazards: Hazards) {
        var node = nodes[Int(place)]
        var hazards = hazards
        if node.isAllowed, !hazards.isDisjoint(with: .refused) {
            hazards.subtract(.refused)
            hazards.remove(.harmful)
            hazards.insert(.allowed)
        }
        if !hazards.isDisjoint(with: .refused) {
            hazards.insert(.running)
            // The planner may run it, whatever is in it.
            if node.key.kind == .function { hazards.formUnion(node.planned) }
        }
        guard !hazards.isSubset(of: node.hazards) else { return }
        node.hazards.formUnion(hazards)
        nodes[Int(place)].hazards = node.hazards
        waiting.append(place)
    }
}

extension ObjectGraph {
    /// Why an object is refused, through whatever it uses, and what would allow it.
    func reason(_ place: Int32) -> (why: String, remedy: String?) {
        var text = ""
        var place = place
        var steps = 0
        while let cause = self[place].cause, steps < 8 {
            text += (steps > 0 ? "which " : "") + "\(cause.use.words) \(title(cause.node)), "
            place = cause.node
            steps += 1
        }
        let node = self[place]
        if steps > 0 { text += "which " }
        return (text + (node.why ?? "uses something refused"), node.remedy)
    }

    /// A node as a message names it.
    func title(_ place: Int32) -> String {
        let node = self[place]
        let noun =
            switch node.key.kind {
            case .function: "the function "
            case .operator: "the operator "
            case .making, .having: "the type "
            case .filling: "the default of the type "
            case .relation, .change: "the relation "
            case .family: "the operator family "
            }
        return noun + node.title
    }
}

extension ObjectGraph.Node {
    /// The name with its schema, and the arguments.
    var title: String {
        if name.isEmpty { return "with OID \(key.oid)" }
        // The sign of an operator is not quoted.
        let own = key.kind == .operator ? name : Identifier.quote(name)
        return "\(Identifier.quote(schema)).\(own)\(suffix)"
    }
}
