import AgentServer

/// The samples of an exposition, by name and labels as they are written.
struct Exposition {
    let samples: [String: Double]
    /// The names of all families, those without a sample included.
    let families: Set<String>

    init(_ metrics: ServerMetrics) {
        let lines = metrics.exposition().split(separator: "\n")
        samples = Dictionary(
            lines.filter { !$0.hasPrefix("#") }.compactMap { line in
                guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                    return nil
                }
                return (String(line[..<space]), value)
            }
        ) { first, _ in first }
        families = Set(
            lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
    }

    /// The value of a sample, by its name with its labels.
    subscript(name: String) -> Double? { samples[name] }
}
