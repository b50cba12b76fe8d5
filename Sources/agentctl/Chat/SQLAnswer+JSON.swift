import AgentTerminal
import MCPProtocol

extension TextTable {
    /// A result as the API writes it; nil when it is none.
    ///
    /// - Parameter json: An object with `columns` and `rows`.
    init?(apiResult json: JSONValue) {
        guard let columns = json["columns"]?.array, let rows = json["rows"]?.array else { return nil }
        self.init(
            columns: columns.map { column in
                let type = column["type"]?.string ?? ""
                return Column(
                    name: column["name"]?.string ?? "", alignsRight: Self.isNumber(type), isTime: Self.isTime(type))
            },
            rows: rows.map { row in (row.array ?? []).map(Self.text) })
    }

    private static func text(_ value: JSONValue) -> String? {
        if value.isNull { return nil }
        if let bool = value.bool { return bool ? "t" : "f" }
        return value.string ?? String(decoding: value.serialized(), as: UTF8.self)
    }

    /// Whether a type stands on the right, as in psql.
    static func isNumber(_ type: String) -> Bool {
        let numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "oid"]
        return numbers.contains { type == $0 || type.hasPrefix($0 + "(") }
    }

    /// Whether a type is a point in time.
    static func isTime(_ type: String) -> Bool { type == "date" || type.hasPrefix("timestamp") }
}

extension SQLAnswer {
    /// What `POST /api/v1/query` answered.
    init(apiRows json: JSONValue) {
        add(json)
        notices = (json["notices"]?.array ?? []).compactMap(\.string)
        next = json["nextOffset"]?.int
    }

    /// What an approved write answered.
    init(apiWrite json: JSONValue) {
        let statements = json["statements"]?.array ?? []
        for statement in statements {
            if let result = statement["result"], !result.isNull { add(result) }
        }
        let summary = statements.map { statement in
            let command = statement["command"]?.string ?? "a statement"
            return statement["rows"]?.int.map { "\(command), \($0) row\($0 == 1 ? "" : "s")" } ?? command
        }.joined(separator: "; ")
        done = json["committed"]?.bool == true ? "committed: \(summary)" : "rolled back: \(summary)"
        notices = (json["notices"]?.array ?? []).compactMap(\.string)
    }

    private mutating func add(_ json: JSONValue) {
        guard let table = TextTable(apiResult: json) else { return }
        tables.append(table)
        let count = table.rows.count
        let warnings = (json["warnings"]?.array ?? []).compactMap(\.string)
        footers.append("(" + (["\(count) row\(count == 1 ? "" : "s")"] + warnings).joined(separator: "; ") + ")")
    }
}
