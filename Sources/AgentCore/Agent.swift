public import AuthTokens
public import Logging
public import MCPProtocol
internal import Synchronization

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
    private struct Live {
        var configuration: AgentConfiguration
        var reload = ReloadState()
    }

    private let live: Mutex<Live>
    /// The configured databases.
    public let databases: DatabaseRegistry
    /// Makes the approvals of writes.
    public let approvals: ApprovalDesk
    /// The tools that are offered at the moment.
    let tools: ToolSelection
    let chatPlace = ChatPlace()
    /// Conversations with a language model, of every caller: where `state` says.
    public let conversations: any ConversationStore
    /// The audit log; nil when the configuration asks for none.
    public let audit: AuditLog?
    let logger: Logger

    /// Makes an agent.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - logger: Where the agent logs.
    ///   - observers: Who is told of every call at the guard besides the audit log.
    /// - Throws: ``ConfigurationError`` when `tools.disabled` names a tool that does not exist, the secret file cannot be
    ///   used, or the audit log cannot be opened.
    public init(
        configuration: AgentConfiguration, logger: Logger, observers: [any GuardObserver] = []
    ) throws {
        live = Mutex(Live(configuration: configuration))
        tools = ToolSelection(try ToolCatalog(disabled: configuration.tools.disabled))
        self.approvals = ApprovalDesk(configuration: configuration, secret: try configuration.loadSecret())
        conversations = try configuration.makeConversationStore()
        let audit = try AuditLog.open(configuration, logger: logger)
        self.audit = audit
        // The audit log first: what it cannot keep must not run.
        let first: [any GuardObserver] = audit.map { [$0] } ?? []
        self.databases = DatabaseRegistry(
            configuration: configuration, logger: logger, observers: first + observers, desk: approvals)
        self.logger = logger
    }

    /// The configuration that is in force: the one that the agent was made with, and what reloads took over since.
    public var configuration: AgentConfiguration { live.withLock { $0.configuration } }

    /// Whether the last reload was taken over, for whoever shows the state of the process.
    public var reloadState: ReloadState { live.withLock { $0.reload } }

    /// The agent as an MCP server for callers that the transport names (`AuthenticatedCaller` or `Principal` as
    /// `RequestContext.caller`). A request
    /// without a caller may use no database.
    public var service: any MCPService { service(for: nil) }

    /// The agent as an MCP server for one principal: requests without a caller of their own are made for it.
    ///
    /// - Parameter principal: Whom the server is for, for example `Principal.local` over stdio.
    public func service(for principal: Principal?) -> any MCPService {
        AgentService(registry: databases, tools: tools, principal: principal, logger: logger)
    }

    /// Seals what MCP clients of 2026-07-28 carry between a question and its answer: `ServerOptions.sealer`.
    public var requestStateSealer: any RequestStateSealer { SealedRequestState(desk: approvals) }

    /// Closes the connections to all databases, and then the audit log. Queries in flight are cancelled.
    public func shutdown() async {
        chatPlace.clear()
        await databases.shutdown()
        await conversations.shutdown()
        await audit?.close()
    }

    /// Begins a new file of the audit log when the current one was renamed: for SIGHUP.
    public func reopenLogs() async {
        await audit?.reopen()
    }

    /// The names of every tool, those included that a configuration switched off.
    public static var toolNames: [String] { ToolCatalog.all.map(\.name) }

    /// Checks what the configuration says of tools, of folders and of the secret file, before an agent is made.
    ///
    /// - Parameter configuration: The configuration.
    /// - Throws: ``ConfigurationError`` for each name in `tools.disabled` that no tool has, for a folder of the audit log or
    ///   the state that cannot be used, and for a secret file that cannot be used.
    public static func check(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        _ = try ToolCatalog(disabled: configuration.tools.disabled)
        try AuditLog.check(configuration)
        _ = try configuration.loadSecret()
    }

    /// Checks what the configuration says of the language model, which nobody but the chat needs. Nothing is opened, and no key
    /// is read.
    ///
    /// - Parameter configuration: The configuration.
    /// - Throws: ``ConfigurationError`` for an address that is missing or not to be used, and for a key that is missing.
    public static func checkModel(_ configuration: AgentConfiguration) throws {
        _ = try configuration.llm.makeProvider()
    }

    /// Checks what `agentd --http` would refuse to serve: where it listens, its certificate, its accounts.
    ///
    /// - Parameter configuration: The configuration.
    /// - Throws: ``ConfigurationError`` with every reason of the first of these that has one; of the kind `insecure` where it
    ///   would be dangerous.
    public static func checkHTTP(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        try HTTPRules.check(configuration)
        try HTTPRules.checkListeners(configuration)
        try HTTPRules.checkCertificate(configuration.http.tls)
        try Accounts.check(configuration)
    }

    // MARK: - Reloading

    /// Takes over what can change while the agent runs: the databases, `tools.disabled`, the level of the log. Everything else
    /// stays as it was, and is named in the report when it is different.
    ///
    /// - Parameter new: The configuration, checked by whoever loaded it.
    /// - Returns: What is different now, and what needs a restart.
    /// - Throws: ``ConfigurationError`` when it could not be served; nothing is taken over then.
    @discardableResult
    public func reload(_ new: AgentConfiguration) throws(ConfigurationError) -> ReloadReport {
        try Self.check(new)
        let catalog = try ToolCatalog(disabled: new.tools.disabled)
        var report = ReloadReport()
        live.withLock { live in
            let old = live.configuration
            report.needRestart = ConfigurationChanges.needingRestart(from: old, to: new)
            report.toolsChanged = old.tools.disabled != new.tools.disabled
            report.logLevel = new.telemetry.logLevel
            live.configuration.databases = new.databases
            live.configuration.tools = new.tools
            live.configuration.telemetry.logLevel = new.telemetry.logLevel
            tools.catalog = catalog
            report.databases = databases.replace(new.databases)
            live.reload.succeeded(needRestart: report.needRestart)
        }
        return report
    }

    /// Keeps why a configuration was not taken over.
    func reloadFailed(_ problem: String) {
        live.withLock { $0.reload.failed(problem) }
    }
}
