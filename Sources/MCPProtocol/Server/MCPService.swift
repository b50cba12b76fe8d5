/// What an application offers over MCP.
///
/// ``MCPServer`` does everything else: the eras, metadata of requests, cursors, the caching fields, cancellation,
/// progress, and turning errors into answers. Handlers run concurrently; the Swift task of a handler is cancelled when
/// the client cancels the request.
///
/// What a handler throws becomes:
/// - ``RPCError``: that error;
/// - ``InputRequired``: a round of questions;
/// - ``ToolReportableError`` in ``callTool(_:arguments:context:)``: a result with `isError: true` and its text;
/// - anything else: an internal error without details, reported to ``ServerOptions/onError``.
public protocol MCPService: Sendable {
    /// The name and version that clients are told.
    var implementation: Implementation { get }
    /// How a model should use the server.
    var instructions: String? { get }
    /// What is offered. A method whose capability is absent answers -32601.
    var capabilities: ServerCapabilities { get }

    /// All tools, in a stable order.
    func tools(_ context: RequestContext) async throws -> Listing<Tool>
    /// One tool, `nil` when there is none of the name. Transports look here for what a tool's schema asks of them; the
    /// default looks through ``tools(_:)``.
    func tool(named name: String, context: RequestContext) async throws -> Tool?
    /// Calls a tool. Throws ``RPCError/unknownTool(_:among:)`` when there is none of the name.
    func callTool(_ name: String, arguments: JSONObject, context: RequestContext) async throws -> ToolOutcome
    /// All resources, in a stable order.
    func resources(_ context: RequestContext) async throws -> Listing<Resource>
    /// All families of resources, in a stable order.
    func resourceTemplates(_ context: RequestContext) async throws -> Listing<ResourceTemplate>
    /// Reads a resource. Throws ``RPCError/resourceNotFound(_:)`` when there is none of the address.
    func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading
    /// All prompts, in a stable order.
    func prompts(_ context: RequestContext) async throws -> Listing<Prompt>
    /// Fills in a prompt. Throws ``RPCError/unknownPrompt(_:among:)`` when there is none of the name. The server has checked
    /// that the required arguments of ``prompts(_:)`` are there.
    func prompt(_ name: String, arguments: [String: String], context: RequestContext) async throws -> PromptResult
    /// Completes an argument.
    func complete(_ request: CompletionRequest, context: RequestContext) async throws -> Completion
}

extension MCPService {
    /// No instructions.
    public var instructions: String? { nil }

    /// No tools.
    public func tools(_ context: RequestContext) async throws -> Listing<Tool> { Listing([]) }

    /// The tool of the list that has the name.
    public func tool(named name: String, context: RequestContext) async throws -> Tool? {
        try await tools(context).items.first { $0.name == name }
    }

    /// No tool of any name.
    public func callTool(
        _ name: String, arguments: JSONObject, context: RequestContext
    ) async throws -> ToolOutcome {
        throw RPCError.unknownTool(name)
    }

    /// No resources.
    public func resources(_ context: RequestContext) async throws -> Listing<Resource> { Listing([]) }

    /// No families of resources.
    public func resourceTemplates(_ context: RequestContext) async throws -> Listing<ResourceTemplate> { Listing([]) }

    /// No resource of any address.
    public func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading {
        throw RPCError.resourceNotFound(uri)
    }

    /// No prompts.
    public func prompts(_ context: RequestContext) async throws -> Listing<Prompt> { Listing([]) }

    /// No prompt of any name.
    public func prompt(
        _ name: String, arguments: [String: String], context: RequestContext
    ) async throws -> PromptResult {
        throw RPCError.unknownPrompt(name)
    }

    /// No completions.
    public func complete(_ request: CompletionRequest, context: RequestContext) async throws -> Completion {
        Completion(all: [])
    }
}
