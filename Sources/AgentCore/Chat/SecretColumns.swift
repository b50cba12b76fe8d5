internal import MCPProtocol

/// Columns whose name tells that they hold secrets, and what of their values is left out of what is kept.
///
/// The names are those of ``SecretSettings``: one list for settings and columns.
struct SecretColumns {
    private let indexes: [Int: Bool]

    /// - Parameter names: The names of the columns, in order.
    init(_ names: some Sequence<some StringProtocol>) {
        var indexes: [Int: Bool] = [:]
        for (index, name) in names.enumerated() {
            let name = name.lowercased()
            let words = SecretSettings.words.filter { name.contains($0) }
            if !words.isEmpty { indexes[index] = words == ["token"] }
        }
        self.indexes = indexes
    }

    /// Whether no column is one.
    var isEmpty: Bool { indexes.isEmpty }

    /// A row, as the API answers it, without its secrets.
    func masked(_ row: JSONValue) -> JSONValue {
        guard let cells = row.array else { return row }
        return .array(
            cells.enumerated().map { index, cell in
                guard let isToken = indexes[index] else { return cell }
                switch cell {
                case .null, .bool: return cell
                case .string(let text): return .string(masked(text, isToken: isToken))
                case .integer, .number:
                    return isToken || Self.isHarmless(String(decoding: cell.serialized(), as: UTF8.self))
                        ? cell : .string(SecretShapes.mark)
                case .array, .object: return .string(SecretShapes.mark)
                }
            })
    }

    /// A line of COPY's text format without its secrets.
    func masked(line: Substring) -> String {
        line.split(separator: "\t", omittingEmptySubsequences: false).enumerated().map { index, cell in
            guard let isToken = indexes[index], cell != "\\N" else { return String(cell) }
            return masked(String(cell), isToken: isToken)
        }.joined(separator: "\t")
    }

    private func masked(_ text: String, isToken: Bool) -> String {
        if Self.isHarmless(text) || isToken && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return text }
        return SecretShapes.mark
    }

    /// What nobody keeps secret: nothing, yes or no, a small number. A count of tokens is any number.
    private static func isHarmless(_ text: String) -> Bool {
        ["", "t", "f", "true", "false", SecretShapes.mark].contains(text)
            || text.utf8.count <= 3 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// What `query_database` answered, without the secrets of its columns: within each frame around data the first line has the
    /// names, and every other one is a row.
    static func masked(answer text: String) -> String {
        var lines: [String] = []
        var columns: SecretColumns?
        var closing: Substring?
        var isHeader = false
        var hasChanged = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let end = closing {
                if line == end {
                    closing = nil
                    columns = nil
                } else if isHeader {
                    isHeader = false
                    columns = SecretColumns(line.split(separator: "\t", omittingEmptySubsequences: false))
                } else if let columns, !columns.isEmpty {
                    lines.append(columns.masked(line: line))
                    hasChanged = true
                    continue
                }
            } else if line.hasPrefix("<\(UntrustedText.Kind.data.rawValue)-"), line.hasSuffix(">") {
                closing = "</" + line.dropFirst()
                isHeader = true
            }
            lines.append(String(line))
        }
        return hasChanged ? lines.joined(separator: "\n") : text
    }
}
