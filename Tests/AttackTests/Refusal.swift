/// What every refusal owes its reader: what was refused, where it stands, and what would allow it or that nothing does.
enum Refusal {
    /// What is missing in a refusal, or nil.
    ///
    /// - Parameters:
    ///   - text: the refusal.
    ///   - sql: what was refused.
    ///   - names: one of these has to be named; empty for anything.
    static func problem(in text: String, about sql: String, names: [String] = []) -> String? {
        guard text.hasPrefix("Refused: ") else { return "not refused by the guard" }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let what = lines.first?.dropFirst("Refused: ".count), what.contains(where: \.isLetter) else {
            return "does not say what"
        }
        if !names.isEmpty, !names.contains(where: { lines[0].contains($0) }) {
            return "does not name \(names.joined(separator: " or "))"
        }
        guard let shown = lines.firstIndex(where: { $0.hasPrefix("LINE ") }), shown + 1 < lines.count,
            let caret = lines[shown + 1].firstIndex(of: "^")
        else { return "does not show where" }
        let place = lines[shown + 1].unicodeScalars.distance(
            from: lines[shown + 1].unicodeScalars.startIndex, to: caret)
        guard place <= lines[shown].unicodeScalars.count else { return "points beyond the line" }
        let number = lines[shown].dropFirst("LINE ".count).prefix { $0.isNumber }
        let ends = sql.unicodeScalars.count { $0 == "\n" || $0 == "\r" }
        guard let line = Int(number), line >= 1, line <= ends + 1 else { return "names a line that is not there" }
        guard text.contains("Nothing was run") else { return "does not say that nothing was run" }
        let remedies = [
            "allow_functions: [", "allow_relations: [", "allow_settings: [", "allow_writes", "No setting allows",
        ]
        guard remedies.contains(where: { text.contains($0) }) else { return "does not say what would allow it" }
        return nil
    }
}
