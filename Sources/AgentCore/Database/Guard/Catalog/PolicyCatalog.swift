/// What of a database a statement must not reach, by name: found once for each change of the catalog.
///
/// It holds only what is hazardous, which is little in most databases. It is used together with ``state``: the server
/// confirms in the same round trip, before the query, that nothing has changed.
struct PolicyCatalog: Sendable {
    /// Something hazardous.
    struct Entry: Sendable {
        let schema: String
        let hazards: Hazards
        /// The name as messages show it, with its schema.
        let title: String
        /// Why it is refused, through whatever it uses.
        let why: String
        /// The entry of the configuration that would allow it.
        let remedy: String?
    }

    /// A hazardous function.
    struct Function: Sendable {
        let entry: Entry
        let overload: FunctionOverload
    }

    /// Something hazardous of which a statement shows nothing.
    struct Unseen: Sendable {
        let noun: String
        let entry: Entry
    }

    /// A hazardous cast that has to be written out.
    struct Cast: Sendable {
        let entry: Entry
        /// Words of which one stands in the text when the target type is named.
        let words: Set<String>
        /// Whether values of its source have to be in reach.
        let needsSource: Bool

        /// Whether a word may name the target. Functions of JSON cast to `json` whatever has a cast to it.
        func matches(_ word: String) -> Bool {
            words.contains(word) || (words.contains("json") && word.contains("json"))
        }
    }

    var functions: [String: [Function]] = [:]
    var operators: [String: [Entry]] = [:]
    /// Names of hazardous types that a type of the server has as well.
    var serverTypes: Set<String> = []
    /// Types of which no value may be made.
    var types: [String: [Entry]] = [:]
    var relations: [String: [Entry]] = [:]
    /// Relations of which no change may be planned.
    var changes: [String: [Entry]] = [:]
    var casts: [Cast] = []
    /// Names of functions that make values of the type of an argument.
    var polymorphic: Set<String> = []
    /// A cast between types of the server, or what orders one of them: it could be anywhere.
    var everywhere: Unseen?
    /// What could run when an array of any type is shown.
    var inArrays: Unseen?
    /// `current_schemas(true)` of the session that was asked.
    var searchPath: [String] = []
    /// How the database's encoding bears on names.
    var encoding = NameEncoding.utf8
    /// What the server confirms.
    var state = CatalogState(quick: "", digest: "", watched: "{}", relations: "{}", seed: 0)

    /// The entries that a name can mean: in its schema, or in one of the search path.
    func reachable(_ entries: [Entry]?, schema: String?) -> [Entry] {
        guard let entries else { return [] }
        return entries.filter { isReachable($0.schema, as: schema) }
    }

    /// The hazardous types that a name can mean: not one that the server's own of that name hides, unless the search path has
    /// its schema before the catalog's.
    func reachableTypes(_ name: String, schema: String?) -> [Entry] {
        let entries = reachable(types[name], schema: schema)
        guard schema == nil, !entries.isEmpty, serverTypes.contains(name),
            let server = searchPath.firstIndex(of: "pg_catalog")
        else { return entries }
        return entries.filter { entry in searchPath.firstIndex(of: entry.schema).map { $0 < server } ?? true }
    }

    /// The functions that a name can mean.
    func functions(_ name: String, schema: String?) -> [Function] {
        guard let functions = functions[name] else { return [] }
        return functions.filter { isReachable($0.entry.schema, as: schema) }
    }

    private func isReachable(_ own: String, as schema: String?) -> Bool {
        if let schema { return own == schema }
        return searchPath.contains(own)
    }
}

extension PolicyCatalog {
    /// Draws the conclusions from a graph that is settled.
    init(_ loader: PolicyLoader, state: CatalogState) {
        self.state = state
        searchPath = loader.searchPath
        encoding = loader.encoding
        polymorphic = loader.polymorphic
        serverTypes = loader.serverTypes
        let graph = loader.graph
        func entry(_ place: Int32) -> Entry {
            let node = graph[place]
            let isRefused = !node.hazards.isDisjoint(with: .refused)
            let reason = isRefused ? graph.reason(place) : ("", nil)
            return Entry(
                schema: node.schema, hazards: node.hazards, title: node.title, why: reason.0, remedy: reason.1)
        }
        for callable in loader.callables where !graph[callable.node].hazards.isEmpty {
            functions[callable.name, default: []].append(
                Function(entry: entry(callable.node), overload: callable.overload))
        }
        for (index, node) in graph.nodes.enumerated() where !node.hazards.isEmpty && !node.name.isEmpty {
            let place = Int32(truncatingIfNeeded: index)
            switch node.key.kind {
            case .operator: operators[node.name, default: []].append(entry(place))
            case .making: types[node.name, default: []].append(entry(place))
            case .having:
                // Seen by a name too, since a literal of the type has it.
                types[node.name, default: []].append(entry(place))
            case .relation: relations[node.name, default: []].append(entry(place))
            case .change: changes[node.name, default: []].append(entry(place))
            case .function, .filling, .family: break
            }
        }
        takeFamilies(loader, entry)
        // The catalog's own schema comes first, unless somebody has put it elsewhere in the path.
        if searchPath.first(where: { !$0.hasPrefix("pg_temp") }) != "pg_catalog",
            let place = loader.shadows.first(where: {
                graph[$0].hazards.contains(.running) && searchPath.contains(graph[$0].schema)
            })
        {
            everywhere = Unseen(noun: "the operator", entry: entry(place))
        }
        for cast in loader.casts {
            var hazards = graph[cast.function].hazards
            if cast.readsSetting { hazards.formUnion([.running, .harmful]) }
            guard !hazards.isDisjoint(with: .refused) else { continue }
            let reason = graph.reason(cast.function)
            let entry = Entry(
                schema: "", hazards: hazards, title: cast.title,
                why: "calls \(graph.title(cast.function)), which \(reason.why)", remedy: reason.remedy)
            let isBetweenBuiltins = cast.source < NodeTree.firstUserOID && cast.target < NodeTree.firstUserOID
            let unseen = Unseen(noun: "the cast", entry: entry)
            // A function of the server could use an explicit one as well, and a domain hides its target.
            if isBetweenBuiltins, !cast.isExplicit || hazards.contains(.harmful) { everywhere = unseen }
            if cast.target == Self.json, hazards.contains(.harmful) { inArrays = unseen }
            if cast.isExplicit, cast.target < NodeTree.firstUserOID {
                casts.append(
                    Cast(
                        entry: entry, words: TypeWords.words(of: cast.targetName),
                        needsSource: cast.source >= NodeTree.firstUserOID))
            }
        }
    }
}

extension PolicyCatalog {
    /// The type `json`, to which the functions of JSON cast whatever has a cast to it.
    private static let json: UInt32 = 114

    /// What does harm when values are ordered.
    private mutating func takeFamilies(_ loader: PolicyLoader, _ entry: (Int32) -> Entry) {
        for (index, node) in loader.graph.nodes.enumerated()
        where node.key.kind == .family && node.hazards.contains(.harmful) {
            let place = Int32(truncatingIfNeeded: index)
            let unseen = Unseen(noun: "the operator family", entry: entry(place))
            if loader.builtinFamilies.contains(place) { everywhere = unseen } else { inArrays = unseen }
        }
    }
}

/// The words by which SQL can name a type of the server (`src/backend/parser/gram.y`, `GenericType` and what stands
/// beside it).
enum TypeWords {
    /// Keywords that are types by themselves (`SimpleTypename` in the grammar), in every version.
    static let grammar: Set<String> = [
        "int", "integer", "smallint", "bigint", "real", "float", "decimal", "dec", "numeric", "boolean", "bit",
        "varchar", "char", "character", "nchar", "national", "double", "time", "timestamp", "interval",
    ]

    private static let spellings: [String: Set<String>] = [
        "int2": ["int2", "smallint"], "int4": ["int4", "int", "integer"], "int8": ["int8", "bigint"],
        "float4": ["float4", "real", "float"], "float8": ["float8", "float", "double"],
        "numeric": ["numeric", "decimal", "dec"], "bool": ["bool", "boolean"],
        "varchar": ["varchar", "varying", "char", "character", "nchar"],
        "bpchar": ["bpchar", "char", "character", "nchar"], "bit": ["bit"], "varbit": ["varbit", "bit"],
        "timestamp": ["timestamp"], "timestamptz": ["timestamptz", "timestamp"], "time": ["time"],
        "timetz": ["timetz", "time"],
        // The concatenation of anything with a text makes a text of it.
        "text": ["text", "||", "xmlserialize"],
    ]

    /// The words of which one stands in a text that names a type, or an array of it.
    static func words(of name: String) -> Set<String> {
        var words = spellings[name] ?? [name]
        words.formUnion([name, "_" + name])
        return words
    }
}
