import MCPProtocol

/// `count_rows`: how many rows of a table meet a condition.
struct CountRows: AgentTool {
    let name = "count_rows"
    let title = "Count rows"
    let description = """
        Counts the rows of a table or view exactly, all or those that meet a condition. Reads the whole table when no index helps: \
        for a rough size take the estimate in get_schema_info.
        """
    let parameters = [
        ToolParameter(
            name: "table", kind: .text(atMost: ToolParameter.nameLength),
            description: "The table's name, unquoted; also as schema.table.", isRequired: true),
        ToolParameter(
            name: "schema", kind: .text(atMost: ToolParameter.nameLength),
            description: "Its schema; default: the search path."),
        ToolParameter(
            name: "where", kind: .text(atMost: 32_768),
            description: "A condition as after WHERE, for example status = 'open'."),
        .database,
    ]
    let outputSchema: JSONValue? = [
        "type": "object",
        "properties": [
            "database": ["type": "string"], "schema": ["type": ["string", "null"]], "table": ["type": "string"],
            "count": ["type": "integer"],
        ],
        "required": ["database", "schema", "table", "count"],
    ]

    func call(_ arguments: ToolArguments, _ call: ToolCall) async throws -> ToolResult {
        let database = try call.databases.database(named: arguments.text("database"))
        let given = (schema: arguments.text("schema"), table: try arguments.required("table"))
        let condition = arguments.text("where")
        let (schema, table, result) = try await ProgressTicker.run(call.request, "Counting on \(database.name)") { _ in
            try await Self.count(
                schema: given.schema, table: given.table, where: condition, in: database, origin: call.origin)
        }
        guard let count = result.rows.first?.first.flatMap({ $0 }).flatMap({ Int64($0) }) else {
            throw ToolError("The server answered without a count.")
        }
        let structured: JSONValue = [
            "database": .string(database.name), "schema": schema.map { .string($0) } ?? .null, "table": .string(table),
            "count": .integer(count),
        ]
        let name = (schema.map { $0 + "." } ?? "") + table
        let filter = condition == nil ? "" : " that meet the condition"
        return ToolResult(
            content: [
                .text("\(count) rows\(filter) in \(PlainText.excerpt(name, limit: 200)) of \"\(database.name)\".")
            ],
            structuredContent: structured)
    }

    /// Counts. A name with a dot is first taken as it is, then as `schema.table`, since models write it so.
    private static func count(
        schema: String?, table: String, where condition: String?, in database: Database, origin: CallOrigin
    ) async throws(QueryFailure) -> (schema: String?, table: String, result: QueryResult) {
        do {
            let result = try await database.count(schema: schema, table: table, where: condition, origin: origin)
            return (schema, table, result)
        } catch {
            // 42P01: undefined_table.
            guard error.sqlState == "42P01", schema == nil, let dot = table.firstIndex(of: ".") else { throw error }
            let parts = (schema: String(table[..<dot]), table: String(table[table.index(after: dot)...]))
            let result = try await database.count(
                schema: parts.schema, table: parts.table, where: condition, origin: origin)
            return (parts.schema, parts.table, result)
        }
    }
}
