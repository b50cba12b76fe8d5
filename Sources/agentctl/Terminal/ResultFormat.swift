import AgentCore
import AgentTerminal
import ArgumentParser
import MCPProtocol

/// How `agentctl query` prints a result.
enum ResultFormat: String, CaseIterable {
    /// Aligned, as psql prints it.
    case table
    /// RFC 4180 with a heading line; NULL is an empty field, the empty string `""`.
    case csv
    /// One object: columns, rows as arrays, and what was cut. Integers and numerics exact.
    case json
    /// One value a line, as psql's `\x`.
    case vertical

    /// Reads a format as it is written on a command line.
    static func read(_ text: String) throws -> ResultFormat {
        try ChoiceName.read(text, "a format")
    }

    /// The result as text.
    func text(_ result: QueryResult) -> String {
        switch self {
        case .table: result.textTable.aligned() + Self.footer(result) + "\n"
        case .vertical:
            result.rowCount == 0 ? Self.footer(result) + "\n" : result.textTable.vertical() + Self.footer(result) + "\n"
        case .csv: CSV.text(result.textTable)
        case .json: PlainText.jsonForTerminals(result.structured(includeRows: true).serialized()) + "\n"
        }
    }

    /// Whether a person reads it, so that what was cut stands under the table; else it is said on standard error.
    var isForPeople: Bool { self == .table || self == .vertical }

    /// The line under a table: `(3 rows)`, and what was left out.
    static func footer(_ result: QueryResult) -> String {
        let rows = result.rowCount == 1 ? "1 row" : "\(result.rowCount) rows"
        return "(" + ([rows] + [cut(result)].compactMap { $0 }).joined(separator: "; ") + ")"
    }

    /// What was left out, and how to get it; nil when nothing was.
    static func cut(_ result: QueryResult) -> String? {
        var parts: [String] = []
        switch result.truncated {
        case .rows: parts.append("more rows exist, cut at the row limit")
        case .bytes: parts.append("more rows exist, cut at the byte limit")
        case nil: break
        }
        if let next = result.nextOffset { parts.append("go on with --offset \(next)") }
        if result.nextOffset != nil && !result.isOrdered { parts.append("not stable without ORDER BY") }
        if result.cellsCut > 0 {
            parts.append("\(result.cellsCut) long \(result.cellsCut == 1 ? "value" : "values") cut")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

extension QueryResult {
    /// The rows for the formats of a terminal. Numbers stand on the right, as in psql.
    var textTable: TextTable {
        // int8, int2, int4, oid, float4, float8, money, numeric: psql's column_type_alignment in print.c and common.c.
        let numbers: Set<UInt32> = [20, 21, 23, 26, 28, 29, 700, 701, 790, 1700]
        // date, timestamp, timestamptz.
        let times: Set<UInt32> = [1082, 1114, 1184]
        return TextTable(
            columns: columns.map {
                .init(name: $0.name, alignsRight: numbers.contains($0.typeOID), isTime: times.contains($0.typeOID))
            },
            rows: rows.map { Array($0) })
    }
}
