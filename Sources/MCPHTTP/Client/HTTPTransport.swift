import AsyncHTTPClient
public import MCPProtocol
import NIOCore
import NIOHTTP1
import Synchronization

/// Streamable HTTP for `MCPClient`, in both eras.
///
/// ```swift
/// let transport = try HTTPTransport(url: "https://agent.example.com/mcp", options: .init(token: token))
/// let client = MCPClient(transport: transport, options: ClientOptions(implementation: me))
/// try await client.connect()
/// ```
///
/// Each message is a POST. The answer comes as JSON or as a stream; a stream of an older session that breaks is taken up
/// again where it broke. Cancelling a request ends its connection, which is how 2026-07-28 says it.
public final class HTTPTransport: Transport {
    struct State {
        var receive: (@Sendable (InboundFrame) -> Void)?
        /// What came before there was somebody to receive it.
        var early: [[UInt8]] = []
        var ended: CheckedContinuation<Void, Never>?
        var isClosing = false
        var isClosed = false
        /// What the older handshake gave.
        var sessionID: String?
        var version: ProtocolVersion?
        var inFlight: [RequestID: InFlight] = [:]
        var standalone: Task<Void, Never>?
        /// The headers that tools ask for, from the last list.
        var parameters: [String: ParameterHeaders] = [:]
    }

    struct InFlight {
        let number: Int
        let isStateless: Bool
        let task: Task<Void, any Error>
    }

    /// Where the server is.
    public let url: String
    let options: HTTPTransportOptions
    let client: HTTPClient
    let state = Mutex(State())
    /// Messages of several responses are handed on one at a time.
    let gate = Mutex(())
    /// So many messages are kept for a receiver that is not there yet.
    static let maximumEarly = 1000
    private let counter = Mutex(0)

    /// A way to a server; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - url: the endpoint, `https:` or `http:`.
    ///   - options: the token and bounds.
    /// - Throws: `TransportError` when the address cannot be one of HTTP, or when a token would go over the
    ///   network in clear text.
    public init(url: String, options: HTTPTransportOptions = HTTPTransportOptions()) throws {
        let lowered = url.lowercased()
        let isSecure = lowered.hasPrefix("https://")
        guard isSecure || lowered.hasPrefix("http://"), !url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
            throw TransportError("The address of the server must start with https:// or http://")
        }
        let authority = url.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else {
            throw TransportError("The address of the server must not hold a user or a password")
        }
        let isLoopback = AddressPolicy.Authority(authority)?.isLoopback ?? false
        guard isSecure || isLoopback || options.token == nil else {
            throw TransportError("A token is sent by https only, except to this machine")
        }
        self.url = url
        self.options = options
        var configuration = options.client
        configuration.redirectConfiguration = .disallow
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // Without a close; HTTPClient must not go away while it holds connections.
        if !state.withLock({ $0.isClosing }) {
            Task { [client] in try? await client.shutdown() }
        }
    }

    /// Hands messages of the server to `receive`, until ``close()``.
    public func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                // Whoever has a message meanwhile waits at the gate, behind the early ones.
                let isClosed = gate.withLock { _ in
                    let (early, isClosed) = state.withLock { state in
                        defer { state.early = [] }
                        if !state.isClosed {
                            state.receive = receive
                            state.ended = continuation
                        }
                        return (state.early, state.isClosed)
                    }
                    for message in early { receive(.message(message)) }
                    return isClosed
                }
                if isClosed { continuation.resume() }
            }
        } onCancel: {
            close()
        }
    }

    /// Sends a message. For a request it returns when the answer was received.
    ///
    /// - Throws: ``HTTPFailure``, `TransportError`, or an error of connecting.
    public func send(_ message: [UInt8]) async throws {
        guard !state.withLock({ $0.isClosing }) else { throw TransportError.closed }
        let limits = JSONLimits(maximumBytes: message.count, maximumStringBytes: message.count)
        guard case .message(let read) = RPCInbound(message, limits: limits) else {
            throw TransportError("Only single messages are sent by HTTP")
        }
        switch read {
        case .request(let request): try await send(request, message)
        case .notification(let notification): try await send(notification, message)
        case .response: try await post(message, fields: sessionFields())
        }
    }

    /// Sends a message without waiting for it.
    public func post(_ message: [UInt8]) throws {
        guard !state.withLock({ $0.isClosing }) else { throw TransportError.closed }
        Task { try? await send(message) }
    }

    /// Ends the session of an older server, what runs, and ``run(_:)``.
    public func close() {
        let (isFirst, tasks, standalone) = state.withLock { state in
            defer {
                state.isClosing = true
                state.inFlight = [:]
                state.early = []
            }
            return (!state.isClosing, state.inFlight.values.map(\.task), state.standalone)
        }
        guard isFirst else { return }
        for task in tasks { task.cancel() }
        standalone?.cancel()
        Task { [self] in
            await endSession()
            try? await client.shutdown()
            let ended = state.withLock { state in
                state.isClosed = true
                state.receive = nil
                defer { state.ended = nil }
                return state.ended
            }
            ended?.resume()
        }
    }

    private func endSession() async {
        guard state.withLock({ $0.sessionID }) != nil else { return }
        let (seconds, attoseconds) = options.closeTimeout.components
        let wait = TimeAmount.nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        guard var request = try? await self.request(.DELETE, fields: sessionFields()) else { return }
        request.body = nil
        _ = try? await client.execute(request, timeout: wait)
    }

    // MARK: - What is sent

    private func send(_ request: RPCRequest, _ message: [UInt8]) async throws {
        let isStateless = request.params?["_meta"]?[MetaKey.protocolVersion] != nil && request.method != "initialize"
        let number = counter.withLock { counter in
            counter += 1
            return counter
        }
        let exchange = ClientExchange(transport: self, request: request, message: message, isStateless: isStateless)
        let task = Task { try await exchange.run() }
        let isOpen = state.withLock { state in
            guard !state.isClosing else { return false }
            state.inFlight[request.id] = InFlight(number: number, isStateless: isStateless, task: task)
            return true
        }
        if !isOpen { task.cancel() }
        defer {
            state.withLock { state in
                if state.inFlight[request.id]?.number == number { state.inFlight[request.id] = nil }
            }
        }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func send(_ notification: RPCNotification, _ message: [UInt8]) async throws {
        if notification.method == "notifications/cancelled",
            let id = notification.params?["requestId"].flatMap({ RequestID($0) })
        {
            let (running, isStateless) = state.withLock { state in
                let running = state.inFlight.removeValue(forKey: id)
                return (running, running?.isStateless ?? (state.version == nil))
            }
            // 2026-07-28 cancels by ending the connection and has no word for it (item 19).
            running?.task.cancel()
            if isStateless { return }
        }
        try await post(message, fields: sessionFields())
        if notification.method == "notifications/initialized" { openStandalone() }
    }

    /// Sends what has no answer.
    private func post(_ message: [UInt8], fields: [(String, String)]) async throws {
        var request = try await request(.POST, fields: fields)
        request.body = .bytes(ByteBuffer(bytes: message))
        let response = try await execute(request)
        guard (200..<300).contains(response.status.code) else { throw await failure(response) }
        _ = try? await response.body.collect(upTo: 64 << 10)
    }

    /// The stream for what belongs to no request; not every server has it.
    private func openStandalone() {
        let task = Task { [weak self] in
            guard let exchange = self.map({ ClientStream(transport: $0) }) else { return }
            await exchange.runStandalone()
        }
        state.withLock { state in
            state.standalone?.cancel()
            state.standalone = task
            if state.isClosing { task.cancel() }
        }
    }
}
