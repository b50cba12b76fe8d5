/// Which names complete what a person has typed.
enum NameMatching {
    /// The names that begin with `typed`, then those that hold it, without regard to ASCII case, each in the order they came.
    static func matches(_ typed: String, in names: [String]) -> [String] {
        guard !typed.isEmpty else { return names }
        let wanted = folded(typed)
        var starting: [String] = []
        var holding: [String] = []
        for name in names {
            let candidate = folded(name)
            if candidate.starts(with: wanted) {
                starting.append(name)
            } else if holds(candidate, wanted) {
                holding.append(name)
            }
        }
        return starting + holding
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    private static func holds(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
    }
}
