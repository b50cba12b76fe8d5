import AgentCore
import AuthTokens
import Dispatch
import Logging
import MCPProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs the agent as a server.
enum Serve {
    /// Serves MCP over standard input and output until the end of the input, SIGTERM or SIGINT: then nothing new is
    /// accepted, what is in flight is finished within `shutdown_grace`, and the databases are left. A second signal ends
    /// the process at once.
    ///
    /// Nothing but MCP is written to standard output; the log goes to standard error. No database is connected to before
    /// a call needs it.
    ///
    /// SIGHUP, and a configuration file that is another one than before, take over what can change meanwhile.
    ///
    /// - Parameters:
    ///   - loaded: The configuration.
    ///   - load: Loads it again.
    /// - Throws: ``ConfigurationError`` when the configuration cannot be served; an error of reading standard input.
    static func stdio(
        _ loaded: LoadedConfiguration, load: @escaping @Sendable () throws -> LoadedConfiguration
    ) async throws {
        prepareProcess()
        let threshold = LogThreshold(loaded.configuration.telemetry.logLevel)
        let logger = LogLines.logger(loaded.configuration.telemetry, threshold: threshold)
        let agent = try Agent(configuration: loaded.configuration, logger: logger)
        for warning in loaded.warnings { logger.warning("\(warning)") }

        var options = ServerOptions()
        options.grace = loaded.configuration.shutdownGrace
        options.beginsOnReader = true
        options.sealer = agent.requestStateSealer
        options.onError = { error, method in
            logger.error(
                "a request failed", metadata: ["method": "\(method)", "error": "\(String(reflecting: error))"])
        }
        let server = MCPServer(service: agent.service(for: .local), options: options)
        let transport = try StdioTransport(maximumMessageBytes: options.maximumMessageBytes)
        let reload = ConfigurationReload(
            agent: agent, file: loaded.file, logger: logger, load: load,
            changed: { report in
                threshold.set(report.logLevel)
                if report.toolsChanged || !report.databases.isEmpty { server.toolsChanged() }
                if !report.databases.isEmpty { server.resourcesChanged() }
            })
        // Nothing is answered before the signals are watched: a client may send one right after its first answer.
        let (signalsWatched, begin) = AsyncStream<Void>.makeStream()
        let serving = Task {
            for await _ in signalsWatched {}
            try await server.serve(transport, caller: Principal.local)
        }
        let signals = onSignal(
            watching: { begin.finish() },
            reload: {
                logger.info("reopening logs, reloading", metadata: ["signal": "SIGHUP"])
                Task {
                    await agent.reopenLogs()
                    await reload.run()
                }
            },
            end: { name in
                logger.info("ending", metadata: ["signal": "\(name)"])
                serving.cancel()
            })
        logger.info("serving MCP on standard input and output", metadata: summary(agent.configuration))

        let watching = Task { await reload.watch() }
        let result = await serving.result
        watching.cancel()
        for source in signals { source.cancel() }
        await agent.shutdown()
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
        logger.info("ended")
    }

    /// What every server needs of its process.
    static func prepareProcess() {
        // A client or a database that goes away makes a write fail; it must not end the process.
        signal(SIGPIPE, SIG_IGN)
        // A file that has reached the process's limit (ulimit -f) is a full disk to the audit log, not the end.
        signal(SIGXFSZ, SIG_IGN)
        Memory.returnLargeBlocks()
    }

    /// Calls `end` on the first SIGTERM or SIGINT; from then on they have their default effect again. Calls `reload` on
    /// each SIGHUP, and `watching` once none of them can be missed any more.
    static func onSignal(
        watching: @escaping @Sendable () -> Void, reload: @escaping @Sendable () -> Void,
        end: @escaping @Sendable (String) -> Void
    ) -> [any DispatchSourceSignal] {
        let registrations = DispatchGroup()
        defer { registrations.notify(queue: .global(), execute: watching) }
        return [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP")].map { number, name in
            // A source sees a signal only when its default action, the end of the process, is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                guard number != SIGHUP else { return reload() }
                end(name)
                signal(number, SIG_DFL)
            }
            registrations.enter()
            source.setRegistrationHandler { registrations.leave() }
            source.resume()
            return source
        }
    }

    static func summary(_ configuration: AgentConfiguration) -> Logger.Metadata {
        [
            "version": "\(AgentVersion.current)",
            "databases": .array(configuration.databases.map { "\(PlainText.escaped($0.name))" }),
        ]
    }
}
