import AuthTokens
import Logging
import MCPProtocol

/// The agent as an MCP server: its tools, resources, prompts and completions.
///
/// It holds no state of its own, so one service serves every connection. Databases and tools may be others from one call to the
/// next, when the configuration is reloaded.
struct AgentService: MCPService {
    private let registry: DatabaseRegistry
    private let toolSelection: ToolSelection
    private var toolCatalog: ToolCatalog { toolSelection.catalog }
    private let resourceCatalog = ResourceCatalog()
    private let principal: Principal?
    private let logger: Logger

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - registry: The databases.
    ///   - tools: The tools that are offered.
    ///   - principal: Who a request without a caller is made for; nil: nobody, who may use no database.
    ///   - logger: Where failures are logged.
    init(registry: DatabaseRegistry, tools: ToolSelection, principal: Principal?, logger: Logger) {
        self.registry = registry
        self.toolSelection = tools
        self.principal = principal
        self.logger = logger
    }

    /// How long a list may be kept. The lists follow from the configuration.
    private static let listTTL: Duration = .seconds(300)

    var implementation: Implementation {
        Implementation(
            name: "postgres-agent", title: "PostgreSQL agent", version: AgentVersion.current,
            description: "Asks PostgreSQL databases, within limits; writes only where the operator allows them.")
    }

    var capabilities: ServerCapabilities {
        ServerCapabilities(
            tools: .init(listChanged: true), resources: .init(listChanged: true), prompts: .init(), completions: true)
    }

    var instructions: String? {
        AgentInstructions.text(for: VisibleDatabases(registry.databases, for: principal), tools: toolCatalog)
    }

    func tools(_ context: RequestContext) async throws -> Listing<Tool> {
        let databases = visible(to: context)
        // Where a database allows writes, what is said of the tools depends on who asks (item 23).
        let variesByCaller = registry.databases.contains(where: \.configuration.allowWrites)
        return Listing(
            toolCatalog.tools.map { toolCatalog.definition(of: $0, for: databases) }, ttl: Self.listTTL,
            scope: variesByCaller ? .private_ : .public_)
    }

    func tool(named name: String, context: RequestContext) async throws -> Tool? {
        let catalog = toolCatalog
        return catalog.tool(named: name).map { catalog.definition(of: $0, for: visible(to: context)) }
    }

    func callTool(
        _ name: String, arguments: JSONObject, context: RequestContext
    ) async throws -> ToolOutcome {
        guard let tool = toolCatalog.tool(named: name) else {
            throw RPCError.unknownTool(name, among: toolCatalog.tools.map(\.name))
        }
        do {
            let call = ToolCall(
                databases: visible(to: context), resources: resourceCatalog, request: context,
                origin: origin(of: context, tool: name))
            let checked = try ToolArguments(arguments, of: tool.parameters)
            return .result(try await CallerKey.counting(call.origin) { try await tool.call(checked, call) })
        } catch let failure as QueryFailure {
            // A server that did not confirm in time that a query was stopped is no caller who gave up.
            if case .cancelled = failure.kind, Task.isCancelled { throw CancellationError() }
            log(failure, of: name)
            // No honest client sends an approval that was changed, is too old or was used (item 30).
            if case .refusedApproval(let error) = failure.kind, !error.asksAgain {
                throw RPCError.invalidParams(failure.description)
            }
            return .failure(failure.toolText)
        } catch let error as ToolError {
            return .failure(error.toolMessage)
        }
    }

    func resources(_ context: RequestContext) async throws -> Listing<Resource> {
        Listing(resourceCatalog.list(for: visible(to: context)), ttl: Self.listTTL, scope: .private_)
    }

    func resourceTemplates(_ context: RequestContext) async throws -> Listing<ResourceTemplate> {
        Listing(resourceCatalog.templates, ttl: Self.listTTL, scope: .public_)
    }

    func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading {
        do {
            let origin = origin(of: context, tool: "resources/read")
            let resource = try await CallerKey.counting(origin) {
                try await resourceCatalog.read(uri, for: visible(to: context), origin: origin)
            }
            return ResourceReading(
                [.text(resource.text, uri: uri, mimeType: ResourceCatalog.mimeType)], ttl: resource.ttl,
                scope: .private_)
        } catch let failure as QueryFailure {
            if case .cancelled = failure.kind, Task.isCancelled { throw CancellationError() }
            log(failure, of: "resources/read")
            throw RPCError.internalError(failure.toolText)
        }
    }

    func prompts(_ context: RequestContext) async throws -> Listing<Prompt> {
        Listing(PromptCatalog.list, ttl: Self.listTTL, scope: .public_)
    }

    func prompt(
        _ name: String, arguments: [String: String], context: RequestContext
    ) async throws -> PromptResult {
        try PromptCatalog.render(name, values: arguments, databases: visible(to: context))
    }

    func complete(_ request: CompletionRequest, context: RequestContext) async throws -> Completion {
        try await CallerKey.counting(origin(of: context, tool: "completion/complete")) {
            try await NameCompletion(databases: visible(to: context)).complete(request)
        }
    }

    private func visible(to context: RequestContext) -> VisibleDatabases {
        VisibleDatabases(registry.databases, for: caller(of: context))
    }

    /// Over HTTP the caller comes with how it showed who it is; other transports name a principal.
    private func caller(of context: RequestContext) -> Principal? {
        (context.caller as? AuthenticatedCaller)?.principal ?? context.caller as? Principal ?? principal
    }

    private func origin(of context: RequestContext, tool: String) -> CallOrigin {
        CallOrigin(
            context, principal: caller(of: context), tokenID: (context.caller as? AuthenticatedCaller)?.tokenID,
            tool: tool)
    }

    /// The operator sees more of a failure of the server than the caller: hosts and libpq's own words. What the server says of
    /// a statement repeats its literals and values of rows, so that of a statement's failure the log has the code alone.
    private func log(_ failure: QueryFailure, of method: String) {
        var metadata: Logger.Metadata = ["method": "\(method)", "code": "\(failure.code)"]
        if let state = failure.sqlState { metadata["sqlstate"] = "\(state)" }
        if failure.isOfTheServer, let detail = failure.operatorDetail {
            metadata["detail"] = "\(PlainText.escaped(detail))"
        }
        logger.log(level: failure.isOfTheServer ? .warning : .info, "a call failed", metadata: metadata)
    }
}

extension QueryFailure {
    /// Whether the operator should look: the database is away or in a state it should not be in, whatever was asked.
    package var isOfTheServer: Bool {
        switch kind {
        case .unavailable, .poolFull, .excessPrivileges, .unsafeConnection, .unexpected, .outcomeUnknown: true
        default: false
        }
    }
}
