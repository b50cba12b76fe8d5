import AgentCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Listens on the addresses of one name, serves what connects, and ends without losing a request.
final class Listener: Sendable {
    private struct State {
        var sockets: [any Channel] = []
        var isEnding = false
    }

    private let address: ListenAddress
    private let channels: ConnectionChannels
    private let registry: ConnectionRegistry
    private let grace: Duration
    private let logger: Logger
    private let connections: AsyncStream<ConnectionChannels.Connection>
    private let arrivals: AsyncStream<ConnectionChannels.Connection>.Continuation
    private let state = Mutex(State())

    /// - Parameters:
    ///   - address: Where.
    ///   - channels: What becomes of a connection.
    ///   - grace: How long requests may take to finish once the server ends.
    ///   - logger: Where it logs.
    init(_ address: ListenAddress, channels: ConnectionChannels, grace: Duration, logger: Logger) {
        self.address = address
        self.channels = channels
        registry = channels.registry
        self.grace = grace
        self.logger = logger
        // As many wait here as may be open at all.
        (connections, arrivals) = AsyncStream.makeStream()
    }

    /// Starts to listen.
    ///
    /// - Returns: Where, with the ports that the system chose.
    /// - Throws: ``ListenFailure``.
    func open() async throws -> [String] {
        var port = address.port
        var found: [String] = []
        for target in try address.resolve() {
            var target = target
            // All addresses of a name have one port, also one that the system chooses.
            if port != 0 { target.port = port }
            do {
                let socket = try await bootstrap().bind(to: target).get()
                state.withLock { $0.sockets.append(socket) }
                port = socket.localAddress?.port ?? port
                found.append(Self.text(socket.localAddress ?? target))
            } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL && !found.isEmpty {
                // localhost has an IPv6 address in the hosts file of machines that have no IPv6.
                continue
            } catch let error as IOError
                where [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode) && address.isName
            {
                continue
            } catch {
                await closeSockets()
                throw ListenFailure("cannot listen on \(Self.text(target)): \(Self.reason(error))")
            }
        }
        guard !found.isEmpty else {
            throw ListenFailure("cannot listen on \(address): none of its addresses is one of this machine")
        }
        return found
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    private static func text(_ address: SocketAddress) -> String {
        let host = address.ipAddress ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [channels, registry, arrivals, logger] channel in
                channels.setUp(channel, logger).map { connection in
                    // It is taken even when the server ends: a connection that nobody serves would never be closed.
                    if case .terminated = arrivals.yield(connection) {
                        // All have ended, and this one came a moment too late. It has to be served to be let go.
                        channel.close(mode: .all, promise: nil)
                        Task { await channels.serve(connection, logger) }
                    }
                    if registry.isDraining {
                        channel.eventLoop.execute { ConnectionRegistry.quiesce(channel) }
                    }
                }
            }
    }

    /// The ports that are listened on.
    var ports: [Int] { state.withLock { $0.sockets.compactMap { $0.localAddress?.port } } }

    /// Serves what connects until the server ends, gracefully or by cancellation.
    func run() async {
        // Not cancelled with the task that waits: a connection that was taken has to be served to its end.
        let serving = Task { [connections, channels, logger] in
            await withDiscardingTaskGroup { group in
                for await connection in connections {
                    group.addTask(executorPreference: LoopExecutor.of(connection.eventLoop)) {
                        await channels.serve(connection, logger)
                    }
                }
            }
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await serving.value
            } onGracefulShutdown: { [self] in
                Task { await end(serving) }
            }
        } onCancel: {
            Task { await end(serving, within: .zero) }
        }
    }

    private func end(_ serving: Task<Void, Never>, within time: Duration? = nil) async {
        let isFirst = state.withLock { state in
            defer { state.isEnding = true }
            return !state.isEnding
        }
        if isFirst {
            await closeSockets()
            registry.drain { [arrivals] in arrivals.finish() }
        } else if time == nil {
            return
        }
        let left = time ?? grace
        if left > .zero {
            let patience = Task { try await Task.sleep(for: left) }
            // Whichever comes first.
            Task {
                await serving.value
                patience.cancel()
            }
            guard (try? await patience.value) != nil else { return }
            logger.warning("requests were not finished in time", metadata: ["connections": "\(registry.count)"])
        }
        registry.closeAll()
        serving.cancel()
    }

    /// Gives up what was opened and is never run.
    func abandon() async {
        await closeSockets()
        registry.drain {}
        registry.closeAll()
        arrivals.finish()
        // What has connected meanwhile has to be served to be let go.
        for await connection in connections { await channels.serve(connection, logger) }
    }

    private func closeSockets() async {
        let sockets = state.withLock { state in
            defer { state.sockets = [] }
            return state.sockets
        }
        for socket in sockets { try? await socket.close().get() }
    }
}
