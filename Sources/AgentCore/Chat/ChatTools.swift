internal import AgentModels
internal import MCPProtocol

/// The agent's tools as a model is told of them in one conversation.
struct ChatTools: Sendable {
    /// The tools, in the agent's order.
    let definitions: [ModelTool]
    /// Those that change nothing, whatever their arguments.
    private let reading: Set<String>
    private let takingDatabase: Set<String>
    private let chosen: String?

    /// The tool whose argument `query` may be a write.
    static let query = QueryDatabase().name

    /// Describes tools.
    ///
    /// - Parameters:
    ///   - tools: The tools as MCP lists them to the caller.
    ///   - chosen: The database that is meant where a call names none.
    init(_ tools: [Tool], chosen: String?) {
        self.chosen = chosen
        reading = Set(tools.filter(\.annotations.readOnlyHint).map(\.name))
        takingDatabase = Set(tools.filter { $0.inputSchema["properties"]?["database"] != nil }.map(\.name))
        definitions = tools.map { tool in
            var schema = tool.inputSchema.object ?? [:]
            if var properties = schema["properties"]?.object {
                // The page gets the rows as data by another way; a model that asked for them would pay for them twice.
                properties["structured"] = nil
                if let chosen, var database = properties["database"]?.object {
                    database["description"] = .string(
                        "Which database, by its name in list_databases; default: \"\(chosen)\".")
                    properties["database"] = .object(database)
                }
                schema["properties"] = .object(properties)
            }
            return ModelTool(name: tool.name, description: tool.description ?? "", inputSchema: schema)
        }
    }

    /// The length of all of it in a request, in bytes.
    var byteCount: Int { definitions.reduce(0) { $0 + $1.byteCount } }

    /// The arguments that a call is made with.
    func arguments(of call: ModelToolCall) -> JSONObject {
        var arguments = call.arguments
        if call.name == Self.query { arguments["structured"] = nil }
        if takingDatabase.contains(call.name), (arguments["database"] ?? .null).isNull {
            arguments["database"] = chosen.map { .string($0) }
        }
        return arguments
    }

    /// The statement of a call, where it has one.
    func sql(of call: ModelToolCall) -> String? { call.arguments["query"]?.string }

    /// The database that a call means; nil where it has none.
    func database(of call: ModelToolCall) -> String? {
        takingDatabase.contains(call.name) ? call.arguments["database"]?.string ?? chosen : nil
    }

    /// Whether a tool changes nothing, whatever its arguments.
    func onlyReads(_ name: String) -> Bool { reading.contains(name) }
}
