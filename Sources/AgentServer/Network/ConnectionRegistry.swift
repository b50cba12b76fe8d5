import AgentCore
import NIOCore
import Synchronization

/// The connections that are open: how many there may be, and who is told when the server ends.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var countByAddress: [String: Int] = [:]
        var isDraining = false
        /// Called once nothing is open any more, when the server ends.
        var onEmpty: (@Sendable () -> Void)?
    }

    private let limits: NetworkLimits
    private let proxies: ProxyPolicy
    private let state = Mutex(State())

    init(limits: NetworkLimits, proxies: ProxyPolicy) {
        self.limits = limits
        self.proxies = proxies
    }

    /// Takes a connection in until it closes.
    ///
    /// - Returns: Whether there is room for it.
    func admit(_ channel: any Channel) -> Bool {
        let name = ObjectIdentifier(channel)
        let isIn = state.withLock { state in
            guard state.channels.count < limits.maximumConnections else { return false }
            state.channels[name] = channel
            return true
        }
        guard isIn else { return false }
        channel.closeFuture.whenComplete { [self] _ in leave(name) }
        return true
    }

    /// Counts a connection for its address until it closes.
    ///
    /// - Returns: Whether there is room for one more of this address.
    func admit(_ channel: any Channel, from address: String) -> Bool {
        let isLocal = IPAddress(address)?.isLoopback ?? false
        guard !isLocal || limits.boundsLoopback, !proxies.trusts(address) else { return true }
        let isIn = state.withLock { state in
            guard state.countByAddress[address, default: 0] < limits.maximumConnectionsPerAddress else { return false }
            state.countByAddress[address, default: 0] += 1
            return true
        }
        guard isIn else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { state in
                let count = (state.countByAddress[address] ?? 1) - 1
                state.countByAddress[address] = count > 0 ? count : nil
            }
        }
        return true
    }

    private func leave(_ name: ObjectIdentifier) {
        let onEmpty = state.withLock { state -> (@Sendable () -> Void)? in
            state.channels[name] = nil
            guard state.isDraining, state.channels.isEmpty else { return nil }
            defer { state.onEmpty = nil }
            return state.onEmpty
        }
        onEmpty?()
    }

    /// Whether the server ends.
    var isDraining: Bool { state.withLock { $0.isDraining } }
    /// How many connections are open.
    var count: Int { state.withLock { $0.channels.count } }

    /// Tells every connection to end when its requests are answered.
    ///
    /// - Parameter onEmpty: Called once, when none is left.
    func drain(onEmpty: @escaping @Sendable () -> Void) {
        let channels = state.withLock { state -> [any Channel]? in
            guard !state.isDraining else { return nil }
            state.isDraining = true
            guard !state.channels.isEmpty else { return [] }
            state.onEmpty = onEmpty
            return Array(state.channels.values)
        }
        guard let channels else { return }
        if channels.isEmpty { return onEmpty() }
        for channel in channels { Self.quiesce(channel) }
    }

    static func quiesce(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    /// How long a client has for its last bytes and the farewell of TLS when its connection is closed, whatever it is doing.
    private static let farewell = TimeAmount.milliseconds(500)

    /// Closes every connection, whatever it is doing.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.close(mode: .all, promise: nil)
            // By itself that waits for a client that takes nothing.
            channel.eventLoop.scheduleTask(in: Self.farewell) {
                guard channel.isActive else { return }
                try channel.pipeline.syncOperations.context(handlerType: AddressGate.self)
                    .close(mode: .all, promise: nil)
            }
        }
    }
}

/// Closes a connection at once when its address has too many. It stands nearest to the socket: before a connection is active
/// its address is not known.
final class AddressGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let registry: ConnectionRegistry

    init(_ registry: ConnectionRegistry) {
        self.registry = registry
    }

    func channelActive(context: ChannelHandlerContext) {
        let address = context.channel.remoteAddress?.ipAddress ?? ""
        if !registry.admit(context.channel, from: address) { context.close(mode: .all, promise: nil) }
        context.fireChannelActive()
    }
}
