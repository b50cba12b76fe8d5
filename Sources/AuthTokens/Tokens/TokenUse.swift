/// When each token was last used.
struct TokenUse: StateContents {
    static let kind = "postgres-agent-token-use"
    var last: [String: Timestamp] = [:]

    mutating func read(_ words: [Substring]) -> Bool {
        guard words.count == 2, let seconds = Int64(words[1]), TokenRecord.isID(String(words[0])) else { return false }
        last[String(words[0])] = Timestamp(seconds: seconds)
        return true
    }

    var lines: [[String]] { last.sorted { $0.key < $1.key }.map { [$0.key, String($0.value.seconds)] } }

    /// Takes over what is later, of tokens that exist.
    ///
    /// - Returns: Whether anything changed.
    mutating func merge(_ used: [String: Timestamp], known: Set<String>?) -> Bool {
        var isChanged = false
        for (id, moment) in used where moment > last[id] ?? Timestamp(seconds: .min) {
            last[id] = moment
            isChanged = true
        }
        if let known, last.contains(where: { !known.contains($0.key) }) {
            last = last.filter { known.contains($0.key) }
            isChanged = true
        }
        return isChanged
    }
}
