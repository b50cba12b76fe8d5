import MCPProtocol

/// A tool that a model may call: what it is told of it, and what a call does.
///
/// A new tool is one file with a type like this and one line in ``ToolCatalog``. The description is all that a model knows:
/// what it does, when to take it, what comes back; the whole list has to stay small, so each word has to earn its place.
protocol AgentTool: Sendable {
    /// The name, of `[A-Za-z0-9_.-]`, at most 64 characters.
    var name: String { get }
    /// The name for people.
    var title: String { get }
    /// What it does, for the model.
    var description: String { get }
    /// Its arguments, in the order in which they are listed.
    var parameters: [ToolParameter] { get }
    /// The schema that ``ToolResult``'s structured content conforms to; nil when there is none.
    var outputSchema: JSONValue? { get }
    /// The tool as a client lists it, for a caller.
    ///
    /// - Parameter databases: The databases that the caller may use.
    func definition(for databases: VisibleDatabases) -> Tool
    /// Answers a call.
    ///
    /// - Parameters:
    ///   - arguments: The arguments, checked against ``parameters``.
    ///   - call: The databases that the caller may use, and the request.
    /// - Throws: ``ToolError`` for what the model can mend; `CancellationError` when the caller has gone.
    func call(_ arguments: ToolArguments, _ call: ToolCall) async throws -> ToolResult
}

/// What a tool has at hand for one call.
struct ToolCall: Sendable {
    /// The databases that the caller may use.
    let databases: VisibleDatabases
    /// The resources that the caller may read.
    let resources: ResourceCatalog
    /// The request: who asks, and how to tell of progress.
    let request: RequestContext
    /// Who is behind it, for the guard.
    let origin: CallOrigin
}

extension AgentTool {
    /// Most tools only read, whoever calls; what they read is the configured databases and nothing beyond, so the world is
    /// closed.
    func definition(for databases: VisibleDatabases) -> Tool { readOnlyDefinition }

    /// The tool as one that only reads.
    var readOnlyDefinition: Tool {
        Tool(
            name: name, title: title, description: description,
            inputSchema: ToolParameter.inputSchema(parameters), outputSchema: outputSchema,
            annotations: ToolAnnotations(
                title: title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false))
    }
}
