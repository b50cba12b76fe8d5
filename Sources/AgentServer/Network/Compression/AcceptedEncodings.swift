/// `Accept-Encoding` (RFC 9110, section 12.5.3).
struct AcceptedEncodings: Sendable {
    private var weights: [String: Double] = [:]

    /// Reads the fields of a request; what cannot be read is not accepted.
    init(_ fields: [String]) {
        for part in fields.joined(separator: ",").prefix(1000).split(separator: ",").prefix(20) {
            let pieces = part.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
            guard let name = pieces.first, !name.isEmpty else { continue }
            var weight = 1.0
            if let quality = pieces.dropFirst().first(where: { $0.hasPrefix("q=") }) {
                weight = Double(quality.dropFirst(2)).map { (0...1).contains($0) ? $0 : 0 } ?? 0
            }
            weights[name] = weight
        }
    }

    /// Whether a coding may be used, as asked for by its own name or by `*`.
    func accept(_ name: String) -> Bool { (weights[name] ?? weights["*"] ?? 0) > 0 }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest.lowercased()
    }
}
