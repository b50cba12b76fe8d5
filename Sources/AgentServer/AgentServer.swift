public import AgentCore
public import AuthTokens
public import Logging
import MCPHTTP
import MCPProtocol
public import ServiceLifecycle
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The agent as an HTTP server: MCP at `/mcp`, the API below `/api/v1`, the page at `/`, `/healthz` and `/readyz`.
///
/// ``run()`` is the whole server, with listeners, TLS and an end without loss. Another program on Hummingbird takes
/// ``mount(on:)`` instead, and brings its own listeners:
///
/// ```swift
/// let router = Router(context: AgentRequestContext.self)
/// let server = try AgentServer(agent: agent, accounts: accounts, logger: logger)
/// server.mount(on: router)
/// ```
///
/// It is a `Service`: put into a `ServiceGroup` it ends gracefully with the group.
public final class AgentServer: Service {
    let agent: Agent
    let accounts: Accounts?
    let logger: Logger
    let services: ServerServices
    let authentication: CallerAuthentication
    let access: AccessRoutes
    let api: AgentAPI
    let endpoint: MCPEndpoint
    let readiness: Readiness
    let proxies: ProxyPolicy
    let state: ServerState
    let connections: ConnectionRegistry
    let page = PageRoutes(files: PageFiles(places: PageFolder.places()))

    /// How many connections the server's own listeners have open.
    public var connectionCount: Int { connections.count }

    var http: HTTPConfiguration { agent.configuration.http }

    /// Makes the server; opens nothing yet.
    ///
    /// - Parameters:
    ///   - agent: The agent that it serves. Its configuration's `http` and `telemetry` hold here; whoever made the agent also
    ///     ends it, after the server.
    ///   - accounts: Who may call; `nil` switches authentication off, so that everybody who reaches the server may read.
    ///   - logger: Where the server logs.
    ///   - services: What else belongs to it.
    /// - Throws: `ConfigurationError` when the configuration cannot be served.
    public init(
        agent: Agent, accounts: Accounts?, logger: Logger, services: ServerServices = ServerServices()
    ) throws {
        let configuration = agent.configuration
        try HTTPRules.check(configuration)
        self.agent = agent
        self.accounts = accounts
        self.logger = logger
        self.services = services
        let metrics = services.metrics
        authentication = CallerAuthentication(
            configuration: configuration.http, accounts: accounts, logger: logger,
            onFailure: { metrics?.authenticationFailed($0) })
        access = AccessRoutes(authentication, agent: agent, metrics: metrics)
        api = AgentAPI(
            agent: agent, accounts: accounts, chat: try services.chat ?? agent.chat,
            metrics: metrics, writeTimeout: services.limits.writeTimeout,
            further: [AccountsDescription(hasAccounts: accounts != nil)])
        let service = metrics.map { ObservedService(agent.service, metrics: $0) as any MCPService } ?? agent.service
        endpoint = MCPEndpoint(
            server: MCPServer(service: service, options: Self.options(agent, logger)),
            configuration: Self.endpoint(configuration.http, services.limits))
        readiness = Readiness { agent.databases.databases }
        proxies = ProxyPolicy(configuration.http)
        state = ServerState(configuration.http)
        connections = ConnectionRegistry(limits: services.limits, proxies: proxies)
        watch()
    }

    /// Has the metrics look at what they do not hear of.
    private func watch() {
        guard let metrics = services.metrics else { return }
        metrics.watch(agent)
        if let accounts { metrics.watch(accounts) }
        metrics.watch { [state] in
            state.certificate.map { Timestamp(seconds: Int64($0.expires.timeIntervalSince1970.rounded(.down))) }
        }
        metrics.watch(
            mcpSessions: { [weak endpoint] in endpoint?.sessionCount ?? 0 },
            streams: { [weak endpoint] in endpoint?.streamCount ?? 0 })
        metrics.watch(reloadsOf: .certificates) { [state] in
            ServerMetrics.ReloadOutcome(isTakenOver: state.certificate?.problem == nil)
        }
    }

    private static func options(_ agent: Agent, _ logger: Logger) -> ServerOptions {
        var options = ServerOptions()
        options.grace = agent.configuration.shutdownGrace
        options.sealer = agent.requestStateSealer
        options.maximumMessageBytes = agent.configuration.http.maxBodyBytes
        options.onError = { error, method in
            logger.error(
                "a request failed", metadata: ["method": "\(method)", "error": "\(String(reflecting: error))"])
        }
        return options
    }

    private static func endpoint(_ http: HTTPConfiguration, _ limits: NetworkLimits) -> EndpointConfiguration {
        var configuration = EndpointConfiguration()
        // The middleware has looked at Host and Origin, on every path by the same rule.
        configuration.checksAddresses = false
        configuration.executor = { LoopExecutor.current }
        configuration.allowedHosts = http.allowedHosts
        configuration.allowedOrigins = http.allowedOrigins
        configuration.maximumHeaderBytes = limits.maximumHeaderBytes
        configuration.maximumHeaderFields = limits.maximumHeaderFields
        configuration.writeTimeout = limits.writeTimeout
        configuration.sessions.maximum = http.maxSessions
        configuration.sessions.maximumPerCaller = min(configuration.sessions.maximumPerCaller, http.maxSessions)
        return configuration
    }

    /// Checks whether the configuration can be served, its certificate included.
    ///
    /// - Parameter configuration: The configuration.
    /// - Throws: `ConfigurationError` with every reason; of the kind `insecure` where it would be dangerous: plain HTTP off
    ///   this machine, no authentication there, a key that others may read.
    public static func check(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        try HTTPRules.check(configuration)
        try HTTPRules.checkListeners(configuration)
        _ = try TLSIdentity.load(configuration.http.tls)
    }
}
