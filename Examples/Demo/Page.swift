import MCPProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the demo prints.
enum Page {
    /// A heading with an empty line before it.
    static func heading(_ text: String) { print("\n── \(text)") }

    /// Text under a heading, each line indented.
    static func line(_ text: String) {
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) { print("   " + visible(part)) }
    }

    /// A message on standard error.
    static func failure(_ text: String) {
        let bytes = Array("demo-client: \(visible(text[...]))\n".utf8)
        _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }

    /// Control characters from a server would act on the terminal.
    private static func visible(_ text: Substring) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "·" : $0 }))
    }
}

/// The `structuredContent` of `query_database` with its rows, for people.
struct Table: CustomStringConvertible {
    let header: [String]
    let rows: [[String]]

    /// Reads columns and rows; nil when they are not there.
    init?(_ content: JSONValue?) {
        guard let columns = content?["columns"]?.array, let lines = content?["rows"]?.array else { return nil }
        header = columns.map { $0["name"]?.string ?? "" }
        rows = lines.map { line in (line.array ?? []).map { $0.isNull ? "" : $0.string ?? $0.description } }
    }

    var description: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let lines = all.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: max(0, widths[column] - row[column].count))
                // The first column is a name, the others are numbers.
                return column == 0 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "──")
        return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    }
}
