import HTTPTypes
import Hummingbird
import MCPProtocol

/// POSTs of older clients.
extension Exchange {
    enum Found {
        case found(HTTPSession)
        case refused(Response)
    }

    /// Older revisions that are spoken over HTTP; 2024-11-05 had another transport.
    private static let offered = ProtocolVersion.initialize.filter { $0 >= .march2025 }

    /// The session that the request names: missing is 400, ended or another caller's is 404 (item 34).
    func findSession(id: RequestID? = nil) -> Found {
        let values = fields[values: .mcpSessionID]
        guard let name = values.first, values.count == 1 else {
            return .refused(
                Replies.refused(
                    400, "Mcp-Session-Id is missing, and the request does not name a protocol version without sessions",
                    id: id))
        }
        guard let session = endpoint.sessions.find(HeaderValue.trim(name), owner: caller.identity) else {
            return .refused(Replies.refused(404, "There is no such session", id: id))
        }
        return .found(session)
    }

    func session(_ message: RPCMessage) async -> Response {
        guard acceptsEvents else {
            return Replies.refused(406, "Accept must name application/json and text/event-stream")
        }
        var id: RequestID?
        if case .request(let request) = message {
            id = request.id
            if request.method == "initialize", !fields.contains(.mcpSessionID) { return await initialize(request) }
        }
        switch findSession(id: id) {
        case .refused(let response): return response
        case .found(let session): return await answer([.success(message)], in: session, isBatch: false)
        }
    }

    /// Opens a session (item 33).
    private func initialize(_ request: RPCRequest) async -> Response {
        do throws(RPCError) {
            let (core, result) = try ServerSession.begin(request.params, server: server, offered: Self.offered)
            guard let session = endpoint.sessions.open(core, caller: caller) else {
                core.close()
                return Replies.busy("Too many sessions are open", status: 503, id: request.id)
            }
            let response = RPCResponse(id: request.id, .success(result))
            return Replies.json(RPCMessage.response(response).bytes, fields: [.mcpSessionID: session.id])
        } catch {
            return Replies.error(error, id: request.id)
        }
    }

    /// Takes messages of a session, and answers its requests, all in one response.
    func answer(
        _ elements: [Result<RPCMessage, MalformedMessage>], in session: HTTPSession, isBatch: Bool
    ) async -> Response {
        var requests: [RPCRequest] = []
        var malformed: [MalformedMessage] = []
        for element in elements {
            switch element {
            case .success(.request(let request)): requests.append(request)
            case .success(.notification(let notification)): receive(notification, in: session)
            case .success(.response(let response)):
                if let id = response.id { session.core.answer(id, response.outcome) }
            case .failure(let failure): malformed.append(failure)
            }
        }
        guard !requests.isEmpty || !malformed.isEmpty else { return Replies.accepted }
        for request in requests {
            if let refusal = await configuration.authorize?(caller, request) {
                return Replies.refused(refusal, id: isBatch ? nil : request.id)
            }
        }
        let count = requests.count
        guard endpoint.requests.enter(caller.identity, count: count) else {
            return Replies.busy("Too much of this client is in flight", id: isBatch ? nil : requests.first?.id)
        }
        let (number, stream) = session.openStream(bufferBytes: configuration.streamBufferBytes)
        guard let generation = stream.attach() else {
            endpoint.requests.leave(caller.identity, count: count)
            return Replies.refused(404, "There is no such session", id: requests.first?.id)
        }
        session.enter()
        let batch = isBatch ? Batch(expected: requests.count + malformed.count) : nil
        let collect: @Sendable (RPCResponse?) -> Void = { response in
            let (isLast, bytes) =
                batch?.collect(response) ?? (true, response.map { RPCMessage.response($0).bytes })
            guard isLast else { return }
            stream.finish(bytes)
            // Nobody shall come back for an answer that never comes.
            if bytes == nil { session.forgetStream(number) } else { session.finishedStream(number) }
        }
        for failure in malformed { collect(failure.response) }
        for request in requests { start(request, in: session, stream, collect) }
        let primes = session.core.version >= .november2025
        let priming = ServerSentEvent(
            id: EventID(stream: number, number: 0).text, data: [],
            retry: Self.milliseconds(configuration.sessions.retryDelay))
        return await respond(
            stream, generation, name: number, priming: primes ? priming : nil,
            // Here that is no cancellation (item 34): the client may come back for the rest.
            onDisconnect: { stream.detach(generation) },
            onEnd: {
                stream.detach(generation)
                session.leave()
            },
            onSingle: { session.forgetStream(number) })
    }

    private func start(
        _ request: RPCRequest, in session: HTTPSession, _ stream: ResponseStream,
        _ collect: @escaping @Sendable (RPCResponse?) -> Void
    ) {
        do throws(RPCError) {
            guard request.method != "initialize" else {
                throw .invalidRequest("The session is initialized already")
            }
            let call = try ServerCall(
                request, server: server, session: session.core, link: stream, caller: caller.value)
            try session.start(call, maximum: server.options.maximumInFlight) {
                [gate = endpoint.requests, identity = caller.identity] response in
                gate.leave(identity)
                collect(response)
            }
        } catch {
            endpoint.requests.leave(caller.identity)
            collect(RPCResponse(id: request.id, .failure(error)))
        }
    }

    private func receive(_ notification: RPCNotification, in session: HTTPSession) {
        switch notification.method {
        case "notifications/cancelled":
            if let id = notification.params?["requestId"].flatMap({ RequestID($0) }) { session.cancel(id) }
        case "notifications/initialized":
            guard session.core.markInitialized() else { return }
            session.core.announce(from: server, to: session.standalone)
        default: break
        }
    }

    static func milliseconds(_ duration: Duration) -> Int {
        Int(duration / .milliseconds(1))
    }
}
