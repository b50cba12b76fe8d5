/// The names that a statement mentions, as they are found.
struct Mentions {
    /// Beyond this many, a name that was mentioned before in the same position is not listed again, so that memory stays
    /// bounded by what differs.
    private static let listedAnyway = 256

    private struct Key: Hashable {
        let parts: [String]
        let kind: Mention.Kind
    }

    private(set) var functions: [Mention] = []
    private(set) var relations: [Mention] = []
    private(set) var types: [Mention] = []
    private(set) var settings: [Mention] = []
    private var seen: Set<Key> = []
    private var count = 0

    mutating func add(_ parts: [String], _ kind: Mention.Kind, at location: SourceLocation) {
        count += 1
        if count > Self.listedAnyway, !seen.insert(Key(parts: parts, kind: kind)).inserted { return }
        let mention = Mention(name: QualifiedName(parts: parts), location: location, kind: kind)
        switch kind {
        case .call, .attribute: functions.append(mention)
        case .relation: relations.append(mention)
        case .type: types.append(mention)
        case .setting: settings.append(mention)
        }
    }

    /// Lists the name of a call as a type too: `name(…) 'text'` is a literal of a type with modifiers.
    mutating func addTypeOfCall(_ index: Int) {
        guard functions.indices.contains(index) else { return }
        add(functions[index].name.parts, .type, at: functions[index].location)
    }
}
