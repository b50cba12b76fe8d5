/// The members of a JSON object in the order in which they were written, each key once.
///
/// Keys are compared by their UTF-8 bytes: two spellings of one accented letter are two keys, as on the wire.
/// Equality does not look at the order.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    /// A key by its bytes; `String` itself compares by canonical equivalence.
    private struct ByteKey: Hashable, Sendable {
        let text: String
        static func == (left: ByteKey, right: ByteKey) -> Bool { JSONObject.same(left.text, right.text) }
        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    /// From this many members on, an index replaces the walk along them.
    private static let indexedFrom = 16

    private var entries: [(key: String, value: JSONValue)] = []
    private var index: [ByteKey: Int]?

    /// An object without members.
    public init() {}

    /// An object of these members; of two with one key the last value stays, at the place of the first.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        entries.reserveCapacity(members.underestimatedCount)
        for (key, value) in members { self[key] = value }
    }

    /// From a literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }

    /// The keys in order.
    public var keys: [String] { entries.map(\.key) }

    /// The value of a member. Setting `nil` removes it; setting a new key appends it.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { entries[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?):
                entries[position].value = value
            case (nil, let value?):
                append(key, value)
            case (let position?, nil):
                entries.remove(at: position)
                index = nil
                if entries.count >= Self.indexedFrom { buildIndex() }
            case (nil, nil):
                break
            }
        }
    }

    /// Appends a member that must be new.
    ///
    /// - Returns: false, and nothing is changed, when the key is there already.
    mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        entries.append((key, value))
        if index != nil {
            index?[ByteKey(text: key)] = entries.count - 1
        } else if entries.count >= Self.indexedFrom {
            buildIndex()
        }
    }

    private mutating func buildIndex() {
        var built: [ByteKey: Int] = [:]
        built.reserveCapacity(entries.count * 2)
        for (position, entry) in entries.enumerated() { built[ByteKey(text: entry.key)] = position }
        index = built
    }

    private func position(of key: String) -> Int? {
        if let index { return index[ByteKey(text: key)] }
        return entries.firstIndex { Self.same($0.key, key) }
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        // By bytes: two spellings of one character are two keys. Native strings are contiguous, which compares at once.
        guard left.utf8.count == right.utf8.count else { return false }
        let equal = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in same(left, right) }
        }
        return (equal ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }

    /// Compares as many bytes, eight at a time: keys are walked along for each look at an object.
    private static func same(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        let (leftRaw, rightRaw) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        var position = 0
        while left.count - position >= 8 {
            let word = leftRaw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            guard word == rightRaw.loadUnaligned(fromByteOffset: position, as: UInt64.self) else { return false }
            position += 8
        }
        while position < left.count {
            guard left[position] == right[position] else { return false }
            position += 1
        }
        return true
    }
}

extension JSONObject: RandomAccessCollection {
    /// The first position, 0.
    public var startIndex: Int { 0 }
    /// The position after the last one.
    public var endIndex: Int { entries.count }
    /// The element at a position.
    public subscript(position: Int) -> (key: String, value: JSONValue) { entries[position] }
}

extension JSONObject: Hashable {
    /// Equality, without regard to the order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    /// Feeds the hasher.
    public func hash(into hasher: inout Hasher) {
        // Summed, because equality does not look at the order.
        var sum = 0
        for entry in entries {
            var member = Hasher()
            ByteKey(text: entry.key).hash(into: &member)
            entry.value.hash(into: &member)
            sum = sum &+ member.finalize()
        }
        hasher.combine(sum)
    }
}
