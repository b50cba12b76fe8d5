import Synchronization

/// A client of MCP in both eras, over any ``Transport``.
///
/// Cancelling the Swift task of a call sends `notifications/cancelled`, and the call throws `CancellationError`.
public final class MCPClient: Sendable {
    private struct Waiting {
        let continuation: CheckedContinuation<JSONValue, any Error>
        let onProgress: (@Sendable (Progress) -> Void)?
        /// Sends the request; whether the server can have it.
        let sender: Task<Bool, Never>
        /// Gives it up in time.
        let clock: Task<Void, any Error>?
        /// MCP forbids to cancel `initialize`.
        let isCancellable: Bool
    }

    private struct State {
        var nextID = 1
        var waiting: [RequestID: Waiting] = [:]
        var questions: [RequestID: Task<Void, Never>] = [:]
        var server: ServerInfo?
        var isClosed = false
        var reader: Task<Void, Never>?
    }

    /// Bounds, hooks and the name.
    public let options: ClientOptions
    private let transport: any Transport
    private let state = Mutex(State())

    /// A client over a transport; ``connect()`` starts it.
    public init(transport: any Transport, options: ClientOptions) {
        self.transport = transport
        self.options = options
    }

    /// What the server said about itself; `nil` before ``connect()``.
    public var server: ServerInfo? { state.withLock { $0.server } }

    /// Starts reading, and agrees with the server on a revision.
    ///
    /// - Returns: what the server said about itself.
    /// - Throws: ``RPCError`` of the server, ``ClientError``, ``TransportError``.
    @discardableResult
    public func connect() async throws -> ServerInfo {
        // Holds the client until the connection ends: whoever connects also closes.
        let reader = Task {
            try? await transport.run { [self] frame in receive(frame) }
            closed()
        }
        state.withLock { $0.reader = reader }
        let info = try await Handshake(client: self).run()
        state.withLock { $0.server = info }
        return info
    }

    /// Ends the connection; calls that wait throw.
    public func close() async {
        transport.close()
        closed()
        await state.withLock { $0.reader }?.value
    }

    // MARK: - Requests

    /// Sends a request as it is and waits for its result, without rounds of questions.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - params: the parameters; metadata is added.
    ///   - version: the revision of the metadata.
    ///   - timeout: how long to wait.
    ///   - onProgress: is told the progress; asks for it by a token.
    func request(
        _ method: String, _ params: JSONObject?, version: ProtocolVersion, timeout: Duration?,
        onProgress: (@Sendable (Progress) -> Void)? = nil
    ) async throws -> JSONValue {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return RequestID(state.nextID)
        }
        let params = addMetadata(to: params, version: version, progressToken: onProgress.map { _ in id.json })
        let message = RPCMessage.request(RPCRequest(id: id, method: method, params: params)).bytes
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<JSONValue, any Error>) in
                let refusal = state.withLock { state -> (any Error)? in
                    if state.isClosed { return ClientError.closed }
                    if Task.isCancelled { return CancellationError() }
                    // Started under the lock, which both take before they do anything, so that the entry is there by then.
                    let sender = Task { await sendRequest(message, id) }
                    let clock = timeout.map { timeout in
                        Task { [weak self] in
                            try await Task.sleep(for: timeout)
                            self?.abandon(id, ClientError.timeout)
                        }
                    }
                    state.waiting[id] = Waiting(
                        continuation: continuation, onProgress: onProgress, sender: sender, clock: clock,
                        isCancellable: method != "initialize")
                    return nil
                }
                if let refusal { continuation.resume(throwing: refusal) }
            }
        } onCancel: {
            abandon(id, CancellationError())
        }
    }

    /// Sends a request, unless it was given up before.
    ///
    /// - Returns: whether the server can have it.
    private func sendRequest(_ message: [UInt8], _ id: RequestID) async -> Bool {
        guard state.withLock({ $0.waiting[id] != nil }) else { return false }
        do { try await transport.send(message) } catch { finish(id, .failure(error)) }
        return true
    }

    /// Sends a notification.
    func notify(_ method: String, _ params: JSONObject? = nil) async throws {
        try await transport.send(RPCMessage.notification(RPCNotification(method: method, params: params)).bytes)
    }

    private func addMetadata(
        to params: JSONObject?, version: ProtocolVersion, progressToken: JSONValue?
    ) -> JSONObject? {
        var meta = params?["_meta"]?.object ?? [:]
        if version.era == .stateless {
            meta[MetaKey.protocolVersion] = .string(version.rawValue)
            meta[MetaKey.clientInfo] = options.implementation.json(for: version)
            meta[MetaKey.clientCapabilities] = .object(options.capabilities.json(for: version))
            meta.set(MetaKey.logLevel, options.logLevel?.rawValue)
        }
        meta.set(MetaKey.progressToken, progressToken)
        guard !meta.isEmpty else { return params }
        var params = params ?? [:]
        params["_meta"] = .object(meta)
        return params
    }

    /// Takes a request out that waits; whoever has it answers it.
    private func take(_ id: RequestID) -> Waiting? {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: id) }
        waiting?.clock?.cancel()
        return waiting
    }

    private func finish(_ id: RequestID, _ outcome: Result<JSONValue, any Error>) {
        take(id)?.continuation.resume(with: outcome)
    }

    /// Gives a request up and tells the server, if it can know of the request.
    private func abandon(_ id: RequestID, _ error: any Error) {
        guard let waiting = take(id) else { return }
        waiting.continuation.resume(throwing: error)
        Task {
            // The cancellation must not overtake what it cancels.
            waiting.sender.cancel()
            guard await waiting.sender.value, waiting.isCancellable else { return }
            let reason: JSONValue = error is CancellationError ? "Cancelled" : "Timed out"
            try? await notify("notifications/cancelled", ["requestId": id.json, "reason": reason])
        }
    }

    // MARK: - Receiving, on the thread of the transport

    private func receive(_ frame: InboundFrame) {
        guard case .message(let bytes) = frame else { return }
        let limits = JSONLimits(
            maximumBytes: options.maximumMessageBytes, maximumStringBytes: options.maximumMessageBytes)
        switch RPCInbound(bytes, limits: limits) {
        case .message(let message): receive(message)
        case .batch(let elements):
            for case .success(let message) in elements { receive(message) }
        // Whatever a server prints to its standard output must not end the connection.
        case .malformed: break
        }
    }

    private func receive(_ message: RPCMessage) {
        switch message {
        case .response(let response):
            guard let id = response.id else { return }
            finish(id, response.outcome.mapError { $0 as any Error })
        case .request(let request): answer(request)
        case .notification(let notification): receive(notification)
        }
    }

    private func receive(_ notification: RPCNotification) {
        let params = notification.params ?? [:]
        switch notification.method {
        case "notifications/progress":
            guard let id = params["progressToken"].flatMap({ RequestID($0) }), let progress = params["progress"]?.double
            else { return }
            let onProgress = state.withLock { $0.waiting[id]?.onProgress }
            onProgress?(
                Progress(progress: progress, total: params["total"]?.double, message: params["message"]?.string))
        case "notifications/cancelled":
            guard let id = params["requestId"].flatMap({ RequestID($0) }) else { return }
            state.withLock { $0.questions.removeValue(forKey: id) }?.cancel()
        default: options.onNotification?(notification)
        }
    }

    /// Answers a request of an older server (item 31).
    private func answer(_ request: RPCRequest) {
        state.withLock { state in
            guard !state.isClosed else { return }
            // Started under the lock: it takes the lock to end, so the entry is there by then.
            state.questions[request.id] = Task {
                let outcome: Result<JSONValue, RPCError>
                do {
                    outcome = .success(try await respond(to: request))
                } catch let error as RPCError {
                    outcome = .failure(error)
                } catch {
                    outcome = .failure(.internalError())
                }
                guard self.state.withLock({ $0.questions.removeValue(forKey: request.id) }) != nil else { return }
                try? await transport.send(RPCMessage.response(RPCResponse(id: request.id, outcome)).bytes)
            }
        }
    }

    private func respond(to request: RPCRequest) async throws -> JSONValue {
        if request.method == "ping" { return .object([:]) }
        let question: Question
        do throws(WireError) {
            question = try Question(method: request.method, params: request.params)
        } catch {
            throw Question.methods.contains(request.method)
                ? RPCError.invalidParams(error.description) : RPCError.methodNotFound(request.method)
        }
        return try await answer(question).json(for: server?.protocolVersion ?? .november2025)
    }

    /// Answers a question by the handlers of the options.
    func answer(_ question: Question) async throws -> Answer {
        switch question {
        case .form, .visit:
            guard let handler = options.onElicitation else { break }
            return .elicitation(try await handler(question))
        case .sample(let request):
            guard let handler = options.onSampling else { break }
            return .sampling(try await handler(request))
        case .roots:
            guard let handler = options.onRoots else { break }
            return .roots(try await handler())
        }
        throw RPCError.methodNotFound(question.method)
    }

    private func closed() {
        let (waiting, questions) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiting = [:]
                state.questions = [:]
            }
            return (Array(state.waiting.values), Array(state.questions.values))
        }
        for entry in waiting {
            entry.clock?.cancel()
            entry.continuation.resume(throwing: ClientError.closed)
        }
        for task in questions { task.cancel() }
    }
}

extension Question {
    static let methods: Set<String> = ["elicitation/create", "sampling/createMessage", "roots/list"]
}
