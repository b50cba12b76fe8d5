import MCPProtocol
import SQLClassifier

/// `--jsonl`: one object in, one object out. The answer is written byte by byte, since a corpus has many lines.
extension ClassifyReport {
    /// SQL comes in megabytes at most; a line longer than this is refused.
    private static let limits = JSONLimits(maximumBytes: 256 << 20, maximumStringBytes: 256 << 20)

    /// Appends the answer to a line, with its line feed. An empty line has none.
    static func answer(_ line: ArraySlice<UInt8>, into output: inout [UInt8]) {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
        do {
            let value = try JSONValue.parse(line, limits: limits)
            guard var sql = value["sql"]?.string else {
                return failure("the line is no object with a text \"sql\"", into: &output)
            }
            append(sql.withUTF8 { SQLClassifier.classify(utf8: $0) }, to: &output)
        } catch {
            failure("\(error)", into: &output)
        }
    }

    private static func failure(_ message: String, into output: inout [UInt8]) {
        JSONValue.object(["error": .string(message)]).serialize(into: &output)
        output.append(UInt8(ascii: "\n"))
    }

    private static func append(_ verdict: Verdict, to output: inout [UInt8]) {
        append("{\"readOnly\":", verdict.isReadOnly ? "true" : "false", to: &output)
        append(",\"effect\":\"", verdict.effect.rawValue, to: &output)
        append("\",\"statements\":", String(verdict.statements.count), to: &output)
        append(",\"reason\":", "", to: &output)
        (verdict.reason.map { .string($0.description) } ?? JSONValue.null).serialize(into: &output)
        append(",\"tags\":[", "", to: &output)
        for (index, statement) in verdict.statements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONValue.string(statement.commandTag).serialize(into: &output)
        }
        append("]", "", to: &output)
        list("functions", verdict, \.functions, to: &output)
        list("relations", verdict, \.relations, to: &output)
        append("}\n", "", to: &output)
    }

    private static func append(_ first: String, _ second: String, to output: inout [UInt8]) {
        output.append(contentsOf: first.utf8)
        output.append(contentsOf: second.utf8)
    }

    /// The names of all statements, each once.
    private static func list(
        _ title: String, _ verdict: Verdict, _ mentions: KeyPath<Statement, [Mention]>, to output: inout [UInt8]
    ) {
        append(",\"\(title)\":[", "", to: &output)
        var seen: Set<QualifiedName> = []
        for statement in verdict.statements {
            for mention in statement[keyPath: mentions] where seen.insert(mention.name).inserted {
                if seen.count > 1 { output.append(UInt8(ascii: ",")) }
                JSONValue.string(mention.name.description).serialize(into: &output)
            }
        }
        output.append(UInt8(ascii: "]"))
    }
}
