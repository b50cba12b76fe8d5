public import AuthTokens
public import Logging
public import MCPProtocol

/// The agent: a configuration in, databases and tools out.
///
/// ```swift
/// let agent = try Agent(configuration: loaded.configuration, logger: logger)
/// try await MCPServer(service: agent.service).serve(StdioTransport(), caller: Principal.local)
/// await agent.shutdown()
/// ```
///
/// Making one connects to nothing: a database that is down is no reason not to start, its tools say so, and the first call
/// after it is back succeeds.
public final class Agent: Sendable {
    /// The configuration that the agent was made with.
    public let configuration: AgentConfiguration
    /// The configured databases.
    public let databases: DatabaseRegistry
    private let tools: ToolCatalog
    /// The audit log; nil when the configuration asks for none.
    public let audit: AuditLog?
    private let logger: Logger

    /// Makes an agent.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - logger: Where the agent logs.
    ///   - observers: Who is told of every call at the guard besides the audit log.
    /// - Throws: ``ConfigurationError`` when `tools.disabled` names a tool that does not exist, and when the audit log
    ///   cannot be opened.
    public init(
        configuration: AgentConfiguration, logger: Logger, observers: [any GuardObserver] = []
    ) throws {
        self.configuration = configuration
        self.tools = try ToolCatalog(disabled: configuration.tools.disabled)
        let audit = try AuditLog.open(configuration, logger: logger)
        self.audit = audit
        // The audit log first: what it cannot keep must not run.
        let first: [any GuardObserver] = audit.map { [$0] } ?? []
        self.databases = DatabaseRegistry(configuration: configuration, logger: logger, observers: first + observers)
        self.logger = logger
    }

    /// The agent as an MCP server for callers that the transport names (`Principal` as `RequestContext.caller`). A request
    /// without a caller may use no database.
    public var service: any MCPService { service(for: nil) }

    /// The agent as an MCP server for one principal: requests without a caller of their own are made for it.
    ///
    /// - Parameter principal: Whom the server is for, for example `Principal.local` over stdio.
    public func service(for principal: Principal?) -> any MCPService {
        AgentService(registry: databases, tools: tools, principal: principal, logger: logger)
    }

    /// Closes the connections to all databases, and then the audit log. Queries in flight are cancelled.
    public func shutdown() async {
        await databases.shutdown()
        await audit?.close()
    }

    /// Begins a new file of the audit log when the current one was renamed: for SIGHUP.
    public func reopenLogs() async {
        await audit?.reopen()
    }

    /// The names of every tool, those included that a configuration switched off.
    public static var toolNames: [String] { ToolCatalog.all.map(\.name) }

    /// Checks what the configuration says of tools and of folders, before an agent is made.
    ///
    /// - Parameter configuration: The configuration.
    /// - Throws: ``ConfigurationError`` for each name in `tools.disabled` that no tool has, and for a folder of the audit
    ///   log or the state that cannot be used.
    public static func check(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        _ = try ToolCatalog(disabled: configuration.tools.disabled)
        try AuditLog.check(configuration)
    }
}
