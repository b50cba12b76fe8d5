import AgentCore
public import MCPProtocol
import Tracing

/// How the call of a tool ended.
enum ToolCallOutcome: String, Sendable, CaseIterable {
    /// With an answer.
    case answered
    /// With an answer that says what went wrong (`isError`).
    case failed
    /// With a question to a person.
    case asked
    /// With an error of the protocol, or since the caller gave up.
    case error
}

/// An MCP service whose tool calls are counted and traced.
///
/// ```swift
/// let server = MCPServer(service: ObservedService(agent.service, metrics: metrics))
/// ```
public struct ObservedService: MCPService {
    private let service: any MCPService
    private let metrics: ServerMetrics
    private let names: Set<String>

    /// Observes a service.
    ///
    /// - Parameters:
    ///   - service: The service that answers.
    ///   - metrics: Where calls are counted.
    public init(_ service: any MCPService, metrics: ServerMetrics) {
        self.service = service
        self.metrics = metrics
        names = Set(Agent.toolNames)
    }

    /// Calls a tool, within a span by OpenTelemetry's conventions for MCP.
    public func callTool(
        _ name: String, arguments: JSONObject, context: RequestContext
    ) async throws -> ToolOutcome {
        // A name that no tool has is the client's invention, of any length.
        let known = names.contains(name) ? name : "other"
        guard let tracer = ActiveTracer.tracer else {
            return try await counted(known) {
                try await service.callTool(name, arguments: arguments, context: context)
            }
        }
        let span = tracer.startSpan("tools/call \(known)", ofKind: .internal)
        defer { span.end() }
        span.attributes["mcp.method.name"] = "tools/call"
        span.attributes["gen_ai.operation.name"] = "execute_tool"
        span.attributes["gen_ai.tool.name"] = known
        return try await InstrumentationContext.$current.withValue(span.context) {
            do {
                return try await counted(known) {
                    try await service.callTool(name, arguments: arguments, context: context)
                }
            } catch {
                span.setStatus(SpanStatus(code: .error))
                throw error
            }
        }
    }

    private func counted(_ tool: String, _ call: () async throws -> ToolOutcome) async throws -> ToolOutcome {
        do {
            let outcome = try await call()
            switch outcome {
            case .result(let result): metrics.called(tool: tool, outcome: result.isError ? .failed : .answered)
            case .inputRequired: metrics.called(tool: tool, outcome: .asked)
            }
            return outcome
        } catch {
            metrics.called(tool: tool, outcome: .error)
            throw error
        }
    }

    // MARK: - As the service answers

    /// The name and version that clients are told.
    public var implementation: Implementation { service.implementation }
    /// How a model should use the server.
    public var instructions: String? { service.instructions }
    /// What is offered.
    public var capabilities: ServerCapabilities { service.capabilities }

    /// All tools.
    public func tools(_ context: RequestContext) async throws -> Listing<Tool> { try await service.tools(context) }

    /// One tool.
    public func tool(named name: String, context: RequestContext) async throws -> Tool? {
        try await service.tool(named: name, context: context)
    }

    /// All resources.
    public func resources(_ context: RequestContext) async throws -> Listing<Resource> {
        try await service.resources(context)
    }

    /// All families of resources.
    public func resourceTemplates(_ context: RequestContext) async throws -> Listing<ResourceTemplate> {
        try await service.resourceTemplates(context)
    }

    /// Reads a resource.
    public func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading {
        try await service.readResource(uri, context: context)
    }

    /// All prompts.
    public func prompts(_ context: RequestContext) async throws -> Listing<Prompt> {
        try await service.prompts(context)
    }

    /// Fills in a prompt.
    public func prompt(
        _ name: String, arguments: [String: String], context: RequestContext
    ) async throws -> PromptResult {
        try await service.prompt(name, arguments: arguments, context: context)
    }

    /// Completes an argument.
    public func complete(_ request: CompletionRequest, context: RequestContext) async throws -> Completion {
        try await service.complete(request, context: context)
    }
}
