/// What somebody probably meant, for a "did you mean".
package enum Spelling {
    /// The candidate that is fewest edits away, when it is near enough to be a slip of the fingers.
    ///
    /// An edit is a character more, less, other, or two neighbours exchanged (optimal string alignment). Upper and lower
    /// case, `-` and `_` are not told apart.
    ///
    /// - Parameters:
    ///   - text: What was written.
    ///   - candidates: What would have been right, in order of preference.
    /// - Returns: The nearest candidate, or `nil` when all are more than a third of the text away.
    package static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        // Longer than any name here; the bound keeps a hostile name from costing time.
        guard !text.isEmpty, text.utf8.count <= 128 else { return nil }
        let written = folded(text)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let right = folded(candidate)
            let allowed = max(1, max(written.count, right.count) / 3)
            guard abs(written.count - right.count) <= allowed else { continue }
            let distance = distance(written, right)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var older: [Int] = []
        var old = Array(0...b.count)
        for i in 0..<a.count {
            var new = [i + 1]
            for j in 0..<b.count {
                var cost = min(old[j + 1] + 1, new[j] + 1, old[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, older[j - 1] + 1) }
                new.append(cost)
            }
            older = old
            old = new
        }
        return old[b.count]
    }
}
