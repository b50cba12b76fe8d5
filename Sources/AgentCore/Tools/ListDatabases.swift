import MCPProtocol

/// `list_databases`: what can be asked, and whether it answers.
struct ListDatabases: AgentTool {
    let name = "list_databases"
    let title = "List databases"
    let description = """
        Lists the databases that can be queried: name, whether it answers now, PostgreSQL version, read-only or not, limits. The \
        first is the default of every other tool.
        """
    let parameters: [ToolParameter] = []
    let outputSchema: JSONValue? = [
        "type": "object",
        "properties": [
            "databases": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "name": ["type": "string"], "default": ["type": "boolean"], "available": ["type": "boolean"],
                        "version": ["type": ["string", "null"]], "allowWrites": ["type": "boolean"],
                        "rowLimit": ["type": "integer"], "problem": ["type": ["string", "null"]],
                    ],
                    "required": ["name", "default", "available", "version", "allowWrites", "rowLimit", "problem"],
                ],
            ]
        ],
        "required": ["databases"],
    ]

    func call(_ arguments: ToolArguments, _ call: ToolCall) async throws -> ToolResult {
        let states = await DatabaseState.all(call.databases)
        try Task.checkCancellation()
        var text = states.isEmpty ? "No database is configured that this caller may use.\n" : ""
        for state in states {
            text += state.name
            if state.isDefault { text += " (default)" }
            text += state.allowsWrites ? ", allows writes" : ", read-only"
            text += ", at most \(state.rowLimit) rows a call"
            switch state.availability {
            case .answers(let version): text += ", PostgreSQL \(version)\n"
            case .fails(let problem): text += ", NOT AVAILABLE: \(problem)\n"
            }
        }
        return .text(text, structuredContent: ["databases": .array(states.map(\.json))])
    }
}
