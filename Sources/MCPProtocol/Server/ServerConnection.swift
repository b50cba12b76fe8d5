import Synchronization

/// One connection over a stream of messages: decides the era, runs the requests side by side, hears cancellations.
final class ServerConnection: Sendable {
    /// What the connection speaks; the first request decides (item 12).
    private enum Speech {
        case undecided
        case stateless
        case session(ServerSession)
    }

    private struct InFlight {
        let exchange: RequestExchange
        let isSubscription: Bool
        var task: Task<Void, Never>?
    }

    private struct State {
        var speech = Speech.undecided
        var inFlight: [RequestID: InFlight] = [:]
        var subscriptions = 0
        /// Requests whose task has not ended, cancelled ones too.
        var running = 0
        /// Those of them that have done their work and hand their answer on: a client can have it before it is known here.
        var answering = 0
        var drained: CheckedContinuation<Void, Never>?
        /// Nobody waits any more for what runs.
        var isGivenUp = false
    }

    private struct Link: ClientLink {
        let transport: any Transport
        func send(_ message: [UInt8]) async throws { try await transport.send(message) }
    }

    /// The longest message whose handling cannot take long before it waits for something.
    private static let smallBytes = 16 << 10

    private let server: MCPServer
    private let transport: any Transport
    private let caller: (any Sendable)?
    private let limits: JSONLimits
    private let state = Mutex(State())

    init(server: MCPServer, transport: any Transport, caller: (any Sendable)?) {
        self.server = server
        self.transport = transport
        self.caller = caller
        self.limits = JSONLimits(
            maximumBytes: server.options.maximumMessageBytes, maximumStringBytes: server.options.maximumMessageBytes)
    }

    /// Serves until the end of the input, then waits for the answers in flight (item 11).
    func run() async throws {
        defer { transport.close() }
        let outcome: Result<Void, any Error>
        do {
            try await transport.run { [self] frame in receive(frame) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await end()
        try outcome.get()
    }

    private var currentSession: ServerSession? {
        state.withLock { state in
            guard case .session(let session) = state.speech else { return nil }
            return session
        }
    }

    // MARK: - Receiving, on the thread of the transport

    private func receive(_ frame: InboundFrame) {
        switch frame {
        case .oversized(let limit):
            let error = RPCError.invalidRequest("Invalid Request: a message of more than \(limit) bytes")
            post(RPCResponse(id: nil, .failure(error)))
        case .message(let bytes):
            switch RPCInbound(bytes, limits: limits) {
            case .message(let message): receive(message, in: nil, isSmall: bytes.count <= Self.smallBytes)
            case .malformed(let malformed): post(malformed.response)
            case .batch(let elements): receive(batch: elements)
            }
        }
    }

    private func receive(batch elements: [Result<RPCMessage, MalformedMessage>]) {
        let hasBatches = currentSession?.facts.version.hasBatches == true
        guard hasBatches, elements.count <= server.options.maximumInFlight else {
            let why = hasBatches ? "a batch of too many messages" : "this protocol version has no batches"
            return post(RPCResponse(id: nil, .failure(.invalidRequest("Invalid Request: \(why)"))))
        }
        let answers = elements.filter { element in
            switch element {
            case .success(.request), .failure: true
            default: false
            }
        }
        let batch = Batch(expected: answers.count)
        for element in elements {
            switch element {
            case .success(let message): receive(message, in: batch)
            case .failure(let malformed): post(malformed.response, in: batch)
            }
        }
    }

    private func receive(_ message: RPCMessage, in batch: Batch?, isSmall: Bool = false) {
        switch message {
        case .request(let request): receive(request, in: batch, isSmall: isSmall)
        case .notification(let notification): receive(notification)
        case .response(let response):
            if let id = response.id { currentSession?.answer(id, response.outcome) }
        }
    }

    private func receive(_ notification: RPCNotification) {
        switch notification.method {
        case "notifications/cancelled":
            guard let id = notification.params?["requestId"].flatMap({ RequestID($0) }) else { return }
            let cancelled = state.withLock { remove(id, from: &$0) }
            cancelled?.exchange.close()
            cancelled?.task?.cancel()
        case "notifications/initialized":
            guard let session = currentSession, session.markInitialized() else { return }
            session.announce(from: server, to: Link(transport: transport))
        default: break
        }
    }

    private func receive(_ request: RPCRequest, in batch: Batch?, isSmall: Bool) {
        do throws(RPCError) {
            if let response = try start(request, in: batch, isSmall: isSmall) { post(response, in: batch) }
        } catch {
            post(RPCResponse(id: request.id, .failure(error)), in: batch)
        }
    }

    /// Starts a request.
    ///
    /// - Returns: the answer, when it needs no work.
    private func start(_ request: RPCRequest, in batch: Batch?, isSmall: Bool) throws(RPCError) -> RPCResponse? {
        let isModern = request.params?["_meta"]?[MetaKey.protocolVersion] != nil && request.method != "initialize"
        let speech = state.withLock { $0.speech }
        let metadata: RequestMetadata
        var session: ServerSession?
        switch speech {
        case .session(let agreed):
            guard request.method != "initialize" else { throw .invalidRequest("The connection is initialized already") }
            session = agreed
            metadata = try RequestMetadata(session: agreed.facts, params: request.params)
        case .undecided where !isModern: return try beforeHandshake(request, in: batch)
        case .undecided, .stateless:
            // A method that the revision does not have is told before the metadata that a client of an older revision
            // would lack (item 10).
            if !isModern {
                _ = try ServerMethod(request.method, version: .july2026, capabilities: server.service.capabilities)
            }
            metadata = try RequestMetadata(stateless: request.params)
            state.withLock { $0.speech = .stateless }
        }
        let exchange = RequestExchange(
            server: server, link: Link(transport: transport), metadata: metadata, session: session)
        let isAlone = try register(request, exchange, isSubscription: request.method == ServerMethod.listen.rawValue)
        let beginsHere = isSmall && isAlone && server.options.beginsOnReader
        let task = Task.begun(here: beginsHere) { await self.answer(request, exchange, in: batch) }
        // It may have ended already. Nobody can have cancelled it meanwhile: cancellations come by this thread.
        state.withLock { state in
            if state.inFlight[request.id]?.exchange === exchange { state.inFlight[request.id]?.task = task }
        }
        return nil
    }

    /// Notes a request before it is started.
    ///
    /// - Returns: whether it is the only one.
    private func register(
        _ request: RPCRequest, _ exchange: RequestExchange, isSubscription: Bool
    ) throws(RPCError) -> Bool {
        let options = server.options
        let (refusal, isAlone) = state.withLock { state -> (RPCError?, Bool) in
            if state.inFlight[request.id] != nil {
                return (.invalidRequest("Invalid Request: a request of this id is in flight"), false)
            }
            if isSubscription, state.subscriptions >= options.maximumSubscriptions {
                return (
                    RPCError(code: -32000, message: "More than \(options.maximumSubscriptions) subscriptions are open"),
                    false
                )
            }
            let running = state.running - state.subscriptions
            // A client that reads no answers has no more than twice as many of them wait here.
            if !isSubscription,
                running - state.answering >= options.maximumInFlight || running >= 2 * options.maximumInFlight
            {
                return (
                    RPCError(code: -32000, message: "More than \(options.maximumInFlight) requests are in flight"),
                    false
                )
            }
            if isSubscription { state.subscriptions += 1 }
            state.running += 1
            state.inFlight[request.id] = InFlight(exchange: exchange, isSubscription: isSubscription)
            return (nil, state.running == 1)
        }
        if let refusal { throw refusal }
        return isAlone
    }

    /// A request of an older client before anything was agreed on (item 33).
    private func beforeHandshake(_ request: RPCRequest, in batch: Batch?) throws(RPCError) -> RPCResponse {
        switch request.method {
        case "initialize":
            guard batch == nil else { throw .invalidRequest("initialize must not be part of a batch") }
            let (session, result) = try ServerSession.begin(request.params, server: server)
            state.withLock { $0.speech = .session(session) }
            return RPCResponse(id: request.id, .success(result))
        case "ping": return RPCResponse(id: request.id, .success(.object([:])))
        default:
            let capabilities = server.service.capabilities
            _ = try ServerMethod(request.method, version: .november2025, capabilities: capabilities)
            throw .invalidRequest("The connection is not initialized, and the request names no protocol version")
        }
    }

    // MARK: - Answering, on the task of the request

    private func answer(_ request: RPCRequest, _ exchange: RequestExchange, in batch: Batch?) async {
        let processor = RequestProcessor(server: server, request: request, exchange: exchange, caller: caller)
        let response = await processor.respond()
        await exchange.drain()
        // Whoever takes the entry out has the last word: after a cancellation there is nothing to send.
        let isMine = state.withLock { state in
            state.answering += 1
            guard state.inFlight[request.id]?.exchange === exchange else { return false }
            return remove(request.id, from: &state) != nil
        }
        if isMine {
            if let batch {
                if let bytes = batch.add(response) { try? await transport.send(bytes) }
            } else {
                // A client that is gone is noticed by the reader.
                try? await transport.send(RPCMessage.response(response).json)
            }
        } else if let bytes = batch?.skip() {
            try? await transport.send(bytes)
        }
        let drained = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.running -= 1
            state.answering -= 1
            guard state.running == 0 else { return nil }
            defer { state.drained = nil }
            return state.drained
        }
        drained?.resume()
    }

    private func remove(_ id: RequestID, from state: inout State) -> InFlight? {
        guard let entry = state.inFlight.removeValue(forKey: id) else { return nil }
        if entry.isSubscription { state.subscriptions -= 1 }
        return entry
    }

    /// An answer from the thread of the transport.
    private func post(_ response: RPCResponse, in batch: Batch? = nil) {
        guard let batch else {
            try? transport.post(RPCMessage.response(response).bytes)
            return
        }
        if let bytes = batch.add(response) { try? transport.post(bytes) }
    }

    // MARK: - The end

    /// Ends subscriptions, waits for the answers in flight within the grace, then cancels what is left.
    private func end() async {
        let (session, subscriptions) = state.withLock { state -> (ServerSession?, [Task<Void, Never>]) in
            let tasks = state.inFlight.values.filter(\.isSubscription).compactMap(\.task)
            if case .session(let session) = state.speech { return (session, tasks) }
            return (nil, tasks)
        }
        session?.close()
        // A cancelled subscription ends with its result, which is the graceful end of item 22.
        for task in subscriptions { task.cancel() }
        let clock = Task { [weak self, grace = server.options.grace] in
            try await Task.sleep(for: grace)
            self?.cancelAll()
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isQuiet = state.withLock { state in
                guard state.running > 0, !state.isGivenUp else { return true }
                state.drained = continuation
                return false
            }
            if isQuiet { continuation.resume() }
        }
        clock.cancel()
    }

    private func cancelAll() {
        let (entries, drained) = state.withLock { state in
            defer {
                state.inFlight = [:]
                state.drained = nil
                state.isGivenUp = true
            }
            return (Array(state.inFlight.values), state.drained)
        }
        for entry in entries {
            entry.exchange.close()
            entry.task?.cancel()
        }
        // Handlers that do not hear a cancellation are not waited for.
        drained?.resume()
    }
}
