public import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import MCPHTTP
import MCPProtocol
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// The server with its own listeners.
extension AgentServer {
    /// Listens, serves, and returns when it was told to end: by a graceful shutdown of the `ServiceGroup` that it runs in
    /// (what is in flight is finished within `shutdown_grace`), or by cancellation.
    ///
    /// - Throws: `ConfigurationError` when the configuration cannot be served; an error that says which address cannot be
    ///   listened on.
    public func run() async throws {
        let configuration = agent.configuration
        try HTTPRules.checkListeners(configuration)
        state.certificate = try TLSIdentityFiles(configuration.http.tls, logger: logger)
        warnOfNames()
        guard let address = ListenAddress(configuration.http.listen) else { return }

        let listener = Listener(
            address,
            channels: ConnectionChannels(
                responder: responder(router(), isEncrypted: state.certificate != nil), limits: services.limits,
                maximumBody: configuration.http.maxBodyBytes, registry: connections, certificate: state.certificate),
            grace: configuration.shutdownGrace, logger: logger)
        var exposition: (@Sendable () -> String)?
        if let counted = services.metrics { exposition = { counted.exposition() } }
        let metrics = try await MetricsListener.open(
            configuration.telemetry, exposition: exposition, grace: configuration.shutdownGrace, logger: logger)
        let addresses: [String]
        do {
            addresses = try await listener.open()
        } catch {
            await metrics?.abandon()
            throw error
        }
        logger.info(
            "serving MCP over \(state.certificate == nil ? "HTTP" : "HTTPS")",
            metadata: [
                "listen": .array(addresses.map { "\($0)" }),
                "authentication": "\(accounts == nil ? "off" : "on")",
            ])
        let manager = ServiceManager()
        manager.ready()
        services.onListening?(addresses)

        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in await runBackgroundWork() }
            group.addTask { await manager.run() }
            if let metrics { group.addTask { await metrics.run() } }
            // The rest ends when the last request is answered: not before, as the listener of the metrics does.
            await withGracefulShutdownHandler {
                await listener.run()
            } onGracefulShutdown: { [self] in
                state.isEnding = true
                api.turns.end()
                manager.stopping()
            }
            group.cancelAll()
        }
        endpoint.endSessions()
    }

    /// What goes on beside requests: the certificate is looked after, last uses of tokens are written down, and streams of
    /// callers whose right has ended are ended. For programs that mount the server into a router of their own; ``run()`` does it by itself. Returns when the task is cancelled.
    public func runBackgroundWork() async {
        await withTaskGroup(of: Void.self) { group in
            if let certificate = state.certificate { group.addTask { await certificate.run() } }
            if let accounts {
                let logger = logger
                group.addTask { await AccountsUpkeep(accounts, logger: logger).run() }
                let watch = CallerWatch(accounts: accounts, endpoint: endpoint, logger: logger)
                group.addTask { await watch.run() }
            }
            // It lasts as long as the server.
            group.addTask { [turns = api.turns] in await turns.run() }
            await group.waitForAll()
        }
    }

    /// Reads again what can change while the server runs: the certificate, accounts, and what ``ServerServices/onReload``
    /// adds. What cannot be read stays as it was, and shows in the log and in `/readyz`.
    public func reload() async {
        let manager = ServiceManager()
        manager.reloading()
        await agent.reopenLogs()
        state.certificate?.refresh(always: true)
        var problems: [String] = []
        // What is wrong with them shows for as long as it is so, whoever looked at the files first.
        if let accounts { _ = accounts.refresh() }
        if let onReload = services.onReload { problems += await onReload() }
        state.reloaded(problems)
        problems += standingProblems
        if problems.isEmpty {
            logger.info("reloaded")
        } else {
            logger.error("not everything could be reloaded", metadata: ["problems": .array(problems.map { "\($0)" })])
        }
        manager.ready()
    }

    /// Tells subscribers that a reload of the configuration changed what there is.
    ///
    /// - Parameter report: What it changed.
    public func changed(_ report: ReloadReport) {
        if let metrics = services.metrics {
            agent.databases.databases.forEach { metrics.announce($0.configuration) }
        }
        if report.toolsChanged || !report.databases.isEmpty { endpoint.server.toolsChanged() }
        if !report.databases.isEmpty { endpoint.server.resourcesChanged() }
    }

    /// Which files are others than what is in force, which is so after a signal as well as when they were looked at by
    /// themselves.
    var standingProblems: [String] {
        var problems: [String] = []
        if !agent.reloadState.isCurrent {
            problems.append("the configuration could not be reloaded; the one of before holds")
        }
        if accounts?.tokens.failure != nil {
            problems.append("the tokens could not be read again; those of before hold")
        }
        if accounts?.users.failure != nil {
            problems.append("the users could not be read again; those of before hold")
        }
        return problems
    }

    private func warnOfNames() {
        guard let address = ListenAddress(http.listen), !address.isLoopback, http.allowedHosts.isEmpty,
            state.certificate?.names.isEmpty ?? true
        else { return }
        logger.warning(
            "http.allowed_hosts is empty: requests are answered only by address or as localhost, not by a host name")
    }

    private func router() -> Router<AgentRequestContext> {
        let router = Router(context: AgentRequestContext.self)
        // On the router itself, so that they hold for paths that are not there as well.
        for one in middleware { router.add(middleware: one) }
        addRoutes(to: router.group())
        return router
    }

    private func responder(
        _ router: Router<AgentRequestContext>, isEncrypted: Bool
    ) -> HTTPChannelHandler.Responder {
        let responder = router.buildResponder()
        let logger = logger
        let date = DateField()
        return { (request, writer: consuming ResponseWriter, channel) in
            var context = AgentRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            context.isSecure = isEncrypted
            var response: Response
            do {
                if LoopExecutor.mayAnswer(request.head) {
                    response = try await responder.respond(to: request, context: context)
                } else {
                    response = try await withTaskExecutorPreference(globalConcurrentExecutor) { [context] in
                        try await responder.respond(to: request, context: context)
                    }
                }
            } catch let error as HTTPParserError {
                // The connection is answered with 400 and closed.
                throw error
            } catch {
                response = ProblemDetails(wrapping: error, logger: logger).response
            }
            response.headers[.date] = date.now
            if request.method == .head { response.body = ResponseBody() }
            do {
                try await writer.write(response: response.head, body: response.body)
            } catch is HTTPParserError {
                // Thrown on, it would be answered a second time.
                throw ChannelError.inputClosed
            }
        }
    }
}
