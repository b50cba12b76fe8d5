/// The place in a list where a page starts (item 23): the number of elements before it and a digest of the last of them,
/// so that a list that changed in between is noticed and, where the element is still there, goes on behind it.
struct Cursor {
    private static let prime: UInt64 = 0x100_0000_01b3

    /// A page of a list.
    ///
    /// - Parameters:
    ///   - items: the whole list.
    ///   - kind: which list it is; a cursor of another list is refused.
    ///   - key: what tells an element from the others.
    static func page<Element>(
        of items: [Element], kind: String, from cursor: String?, size: Int, key: (Element) -> String
    ) throws(RPCError) -> (page: ArraySlice<Element>, next: String?) {
        var start = 0
        if let cursor {
            guard let (offset, digest) = read(cursor, kind: kind) else { throw refused }
            if offset <= items.count, Self.digest(kind, key(items[offset - 1])) == digest {
                start = offset
            } else if let moved = items.firstIndex(where: { Self.digest(kind, key($0)) == digest }) {
                start = moved + 1
            } else {
                throw refused
            }
        }
        let end = min(items.count, start + max(1, size))
        let page = items[start..<end]
        guard end < items.count, let last = page.last else { return (page, nil) }
        let text = "\(end)." + String(digest(kind, key(last)), radix: 36)
        return (page, Base64.encode(Array(text.utf8)))
    }

    private static var refused: RPCError { .invalidParams("The cursor is not valid; list again from the start") }

    private static func read(_ cursor: String, kind: String) -> (Int, UInt64)? {
        guard cursor.utf8.count < 100, let bytes = Base64.decode(cursor) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let offset = Int(parts[0]), offset > 0, let digest = UInt64(parts[1], radix: 36) else {
            return nil
        }
        return (offset, digest)
    }

    /// FNV-1a: stable between processes, which `Hasher` is not.
    private static func digest(_ kind: String, _ key: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in [kind.utf8, "\n".utf8, key.utf8] {
            for byte in part { hash = (hash ^ UInt64(byte)) &* prime }
        }
        return hash
    }
}
