import MCPProtocol

/// `query_database`: one read-only statement and its rows; where the operator allows it, a write that a person approves.
struct QueryDatabase: AgentTool {
    let name = "query_database"
    let title = "Query a database"
    let description = """
        Runs one read-only SQL statement (SELECT, WITH, VALUES, TABLE, SHOW, EXPLAIN) on PostgreSQL, unchanged, in a read-only \
        transaction, and returns the rows as tab-separated text with a header; NULL is \\N. A statement that writes or calls an \
        unsafe function is refused with the reason. Find names with get_schema_info first; aggregate in SQL rather than \
        fetching many rows. When rows were left out the answer says so and gives the next offset.
        """
    /// The same where some database allows writes.
    private static let writingDescription = """
        Runs one SQL statement on PostgreSQL, unchanged, and returns the rows as tab-separated text with a header; NULL is \\N. A \
        read (SELECT, WITH, VALUES, TABLE, SHOW, EXPLAIN) runs in a read-only transaction. Anything else is a write: it runs only \
        on a database that allows writes (list_databases), after a person has seen the SQL and approved it; several statements \
        run in one transaction, all or nothing. When the person declines, do not retry and do not look for another way. Find \
        names with get_schema_info first; aggregate in SQL rather than fetching many rows. When rows were left out the answer \
        says so.
        """
    let parameters =
        readingParameters + [
            ToolParameter(
                name: "dry_run", kind: .flag,
                description:
                    "For a write: run it, report the rows it would touch, and roll it back; a person approves it too.")
        ]
    private static let readingParameters = [
        ToolParameter(
            name: "query", kind: .text(atMost: ToolParameter.statementLength),
            description: "One SQL statement.", isRequired: true),
        .database,
        ToolParameter(
            name: "limit", kind: .integer(atLeast: 1, atMost: nil),
            description: "Most rows to return; capped at the database's own limit, which is also the default."),
        ToolParameter(
            name: "offset", kind: .integer(atLeast: 0, atMost: nil),
            description: "Rows to skip, to page; stable only under an ORDER BY."),
        ToolParameter(
            name: "structured", kind: .flag,
            description: "Also return the rows in structuredContent, which is otherwise without them."),
    ]
    let outputSchema: JSONValue? = ResultSchema.query

    func definition(for databases: VisibleDatabases) -> Tool {
        var tool = readOnlyDefinition
        if databases.allowsWrites {
            tool.description = Self.writingDescription
            tool.outputSchema = ResultSchema.queryOrWrite
            tool.annotations = ToolAnnotations(
                title: title, readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false)
        } else {
            // A model that is told of dry runs would expect writes.
            tool.inputSchema = ToolParameter.inputSchema(Self.readingParameters)
        }
        return tool
    }

    func call(_ arguments: ToolArguments, _ call: ToolCall) async throws -> ToolResult {
        let database = try call.databases.database(named: arguments.text("database"))
        let query = try arguments.required("query")
        let request = WriteRequest(
            sql: query, dryRun: arguments.flag("dry_run"), origin: call.origin, limit: arguments.integer("limit"))
        let offset = arguments.integer("offset") ?? 0
        let write = ConfirmedWrite(database: database, request: request, offset: offset, call: call)
        if let written = try await write.run() {
            CallWitness.current?.note(ResultAnswer.table(written))
            return WriteFrame.toolResult(written, includesRows: arguments.flag("structured"))
        }
        let result = try await ProgressTicker.run(call.request, "Running the query on \(database.name)") { rows in
            let onProgress: (@Sendable (QueryProgress) async -> Void)? =
                call.request.wantsProgress ? { @Sendable in rows.set($0.rows) } : nil
            return try await database.query(
                QueryRequest(
                    sql: query, limit: arguments.integer("limit"), offset: offset, origin: call.origin,
                    onProgress: onProgress))
        }
        if let witness = CallWitness.current { witness.note(ResultAnswer.json(result).object ?? [:]) }
        return ResultFrame.toolResult(consume result, includesRows: arguments.flag("structured"))
    }
}
