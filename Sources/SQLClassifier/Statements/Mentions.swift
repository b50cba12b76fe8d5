/// The names that a statement mentions, as they are found.
struct Mentions {
    /// Beyond this many, a name that was mentioned before in the same position and spelling is not listed again, so that
    /// memory stays bounded by what differs.
    private static let listedAnyway = 256
    private static let slots = 4096

    /// The spelling of a name that was listed, by its place in the text.
    private struct Spelling {
        var start: Int
        var length: Int
        var kind: Mention.Kind
        /// Where it is listed, when it is a call.
        var index: Int32
    }

    private(set) var functions: [Mention] = []
    private(set) var relations: [Mention] = []
    private(set) var types: [Mention] = []
    private(set) var settings: [Mention] = []
    /// Spellings by a hash, a power of two of slots; a slot is overwritten when another spelling needs it, so that a
    /// repetition may be missed but never a new name.
    private var seen: [Spelling] = []
    private var count = 0

    /// Where a name that is spelled like this was listed before in the same position, in a statement that lists many;
    /// nil when it was not, or perhaps not.
    mutating func repetition(
        _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ kind: Mention.Kind
    ) -> Int32? {
        guard count > Self.listedAnyway else { return nil }
        if seen.isEmpty {
            seen = Array(repeating: Spelling(start: 0, length: 0, kind: kind, index: -1), count: Self.slots)
        }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3 }
        let slot = Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & UInt64(Self.slots - 1))
        let known = seen[slot]
        if known.length == range.count, known.kind == kind {
            var index = 0
            while index < range.count, bytes[known.start + index] == bytes[range.lowerBound + index] { index += 1 }
            if index == range.count { return known.index }
        }
        let place = Int32(truncatingIfNeeded: functions.count)
        seen[slot] = Spelling(start: range.lowerBound, length: range.count, kind: kind, index: place)
        return nil
    }

    mutating func add(_ parts: [String], _ kind: Mention.Kind, at location: SourceLocation) {
        count += 1
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
