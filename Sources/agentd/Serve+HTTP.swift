import AgentCore
import AgentServer
import AuthTokens
import Dispatch
import Logging
import ServiceLifecycle

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Serve {
    /// Checks what the configuration says of HTTP.
    ///
    /// - Parameter loaded: The configuration.
    /// - Throws: `ConfigurationError` with where each wrong value stands.
    static func checkHTTP(_ loaded: LoadedConfiguration) throws(ConfigurationError) {
        do {
            try AgentServer.check(loaded.configuration)
            try Accounts.check(loaded.configuration)
        } catch {
            throw loaded.placing(error)
        }
    }

    /// Serves MCP and the API over HTTP until SIGTERM or SIGINT: then nothing new is accepted, what is in flight is finished
    /// within `shutdown_grace`, and the databases are left. A second signal ends the process at once. SIGHUP reads again what
    /// can change meanwhile.
    ///
    /// - Parameters:
    ///   - loaded: The configuration.
    ///   - load: Loads it again.
    /// - Throws: `ConfigurationError` when the configuration cannot be served; an error that says which address cannot be
    ///   listened on.
    static func http(
        _ loaded: LoadedConfiguration, load: @escaping @Sendable () throws -> LoadedConfiguration
    ) async throws {
        prepareProcess()
        raiseDescriptorLimit()
        let configuration = loaded.configuration
        let threshold = LogThreshold(configuration.telemetry.logLevel)
        let logger = LogLines.logger(configuration.telemetry, threshold: threshold)
        try checkHTTP(loaded)
        let accounts = try Accounts.open(configuration)
        let metrics = ServerMetrics()
        let agent = try Agent(configuration: configuration, logger: logger, observers: [metrics, QuerySpans()])
        for warning in loaded.warnings { logger.warning("\(warning)") }
        if accounts == nil { logger.warning("authentication is off: everybody on this machine may read the databases") }
        let (changes, change) = AsyncStream<ReloadReport>.makeStream(bufferingPolicy: .bufferingNewest(16))
        let reload = ConfigurationReload(
            agent: agent, file: loaded.file, logger: logger, load: load,
            changed: { report in
                threshold.set(report.logLevel)
                change.yield(report)
            })
        var services = ServerServices()
        services.metrics = metrics
        // Whether it was taken over is the agent's to say (`reloadState`), since the file is looked at without a signal too.
        services.onReload = {
            await reload.run()
            return []
        }
        let server = try AgentServer(agent: agent, accounts: accounts, logger: logger, services: services)
        let group = ServiceGroup(configuration: .init(services: [server], logger: quiet(logger)))

        let (signalsWatched, begin) = AsyncStream<Void>.makeStream()
        let serving = Task {
            for await _ in signalsWatched {}
            try await group.run()
        }
        let signals = onSignal(
            watching: { begin.finish() },
            reload: {
                logger.info("reloading", metadata: ["signal": "SIGHUP"])
                Task { await server.reload() }
            },
            end: { name in
                logger.info("ending", metadata: ["signal": "\(name)"])
                Task { await group.triggerGracefulShutdown() }
            })
        logger.info("starting", metadata: summary(configuration))
        let watching = Task { await reload.watch() }
        let telling = Task { for await report in changes { server.changed(report) } }
        let result = await serving.result
        watching.cancel()
        telling.cancel()
        for source in signals { source.cancel() }
        await agent.shutdown()
        do {
            try result.get()
        } catch let error as ConfigurationError {
            throw loaded.placing(error)
        }
        logger.info("ended")
    }

    /// The library's own lines tell of its inner states; what matters of them is said here.
    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        return quiet
    }

    /// Lets the process have as many connections as the system allows it; many systems start with 1,024.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        #else
        let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(limit.rlim_max, 65536)
        _ = setrlimit(resource, &limit)
    }
}
