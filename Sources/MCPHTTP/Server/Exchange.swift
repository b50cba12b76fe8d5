import HTTPTypes
import Hummingbird
import MCPProtocol

/// One POST: finds out which era it is of, and answers it.
struct Exchange: Sendable {
    let endpoint: MCPEndpoint
    /// With its body collected.
    let request: Request
    let caller: HTTPCaller

    var server: MCPServer { endpoint.server }
    var configuration: EndpointConfiguration { endpoint.configuration }
    var fields: HTTPFields { request.headers }
    /// A client has to take streams; one of 2026-07-28 that takes none gets its answers without the notifications.
    var acceptsEvents: Bool { MediaTypes.accepts(MediaTypes.events, fields[values: .accept]) }

    /// A way back for nothing but the answer.
    private struct NoNotifications: ClientLink {
        func send(_ message: [UInt8]) async throws {}
    }

    private enum Way {
        case stateless
        case session
        case refused(RPCError)
    }

    func message(_ message: RPCMessage) async -> Response {
        switch way(of: message) {
        case .stateless: return await stateless(message)
        case .session: return await session(message)
        case .refused(let error):
            var id: RequestID?
            if case .request(let request) = message { id = request.id }
            return Replies.error(error, id: id)
        }
    }

    /// The body decides, then the header: a request without metadata under a header of 2026-07-28 is one of that revision
    /// that lacks them (item 6).
    private func way(of message: RPCMessage) -> Way {
        let namesStateless = MCPEndpoint.namesStateless(fields)
        var params: JSONObject?
        switch message {
        case .request(let request):
            if request.method == "initialize", !namesStateless { return .session }
            params = request.params
        case .notification(let notification): params = notification.params
        case .response: break
        }
        if namesStateless || params?["_meta"]?[MetaKey.protocolVersion] != nil { return .stateless }
        for value in fields[values: .mcpProtocolVersion] {
            let name = HeaderValue.trim(value)
            if ProtocolVersion(name) == nil {
                return .refused(.unsupportedVersion(String(name.prefix(100)), supported: ProtocolVersion.all))
            }
        }
        return .session
    }

    /// A batch: only sessions of 2025-03-26 have them (item 1).
    func batch(_ elements: [Result<RPCMessage, MalformedMessage>]) async -> Response {
        guard !MCPEndpoint.namesStateless(fields), fields.contains(.mcpSessionID) else {
            return Replies.refused(400, "Invalid Request: this protocol version has no batches")
        }
        switch findSession() {
        case .refused(let response): return response
        case .found(let session):
            guard session.core.version.hasBatches else {
                return Replies.refused(400, "Invalid Request: this protocol version has no batches")
            }
            guard elements.count <= server.options.maximumInFlight else {
                return Replies.refused(400, "Invalid Request: a batch of too many messages")
            }
            return await answer(elements, in: session, isBatch: true)
        }
    }

    // MARK: - 2026-07-28

    private func stateless(_ message: RPCMessage) async -> Response {
        switch message {
        case .response:
            return Replies.refused(400, "Invalid Request: this protocol version has no requests of the server")
        case .notification(let notification):
            if let why = RoutingHeaders.mismatch(fields, notification) { return mismatch(why, nil) }
            // Nothing that a client may say here has an effect: the end of the connection is the cancellation (item 19).
            return Replies.accepted
        case .request(let request): return await stateless(request)
        }
    }

    private func mismatch(_ why: String, _ id: RequestID?) -> Response {
        Replies.error(RPCError(code: RPCError.headerMismatch, message: "Header mismatch: \(why)"), id: id)
    }

    private func stateless(_ request: RPCRequest) async -> Response {
        let hasVersion = request.params?["_meta"]?[MetaKey.protocolVersion] != nil
        if hasVersion, let why = RoutingHeaders.mismatch(fields, request) { return mismatch(why, request.id) }
        let stream = ResponseStream(limit: configuration.streamBufferBytes, retained: 0, isResumable: false)
        let call: ServerCall
        do throws(RPCError) {
            // A subscription is a stream, whatever its client said.
            let isQuiet = !acceptsEvents && request.method != "subscriptions/listen"
            let link: any ClientLink = isQuiet ? NoNotifications() : stream
            call = try ServerCall(request, server: server, session: nil, link: link, caller: caller.value)
        } catch {
            return Replies.error(error, id: request.id)
        }
        if let refusal = await configuration.authorize?(caller, request) {
            return Replies.refused(refusal, id: request.id)
        }
        if let response = await parameterMismatch(call) { return response }
        let gate = call.isSubscription ? endpoint.streams : endpoint.requests
        guard gate.enter(caller.identity) else {
            return Replies.busy("Too much of this client is in flight", id: request.id)
        }
        guard let generation = stream.attach() else { return Replies.error(.internalError(), id: request.id) }
        // Most answers come without another thread: to wake one costs more than what it would take off this one.
        let work = Task.begun(here: true, on: configuration.executor()) { [identity = caller.identity] in
            let response = await call.respond()
            // First, so that a client at its limit that has the answer can send its next request.
            gate.leave(identity)
            stream.finish(RPCMessage.response(response).bytes, status: Replies.status(of: response))
        }
        let cancel: @Sendable () -> Void = {
            call.close()
            work.cancel()
            stream.close()
        }
        return await respond(
            stream, generation, name: nil, priming: nil, onDisconnect: cancel, onEnd: cancel,
            onShutdown: { if call.isSubscription { work.cancel() } })
    }

    /// What is wrong between the arguments of a call and the headers that the tool asks for (item 18).
    private func parameterMismatch(_ call: ServerCall) async -> Response? {
        let arguments = call.request.params?["arguments"]?.object ?? [:]
        let hasHeaders = fields.contains { field in
            field.name.canonicalName.hasPrefix(ParameterHeaders.canonicalPrefix)
        }
        guard call.request.method == "tools/call", hasHeaders || !arguments.isEmpty,
            // A list that fails says so when the tool is called.
            let schema = try? await call.tool()?.inputSchema, ParameterHeaders.areMentioned(in: schema),
            let headers = ParameterHeaders(schema: schema)
        else { return nil }
        let why = headers.mismatch(arguments) { name in
            HTTPField.Name(name).map { fields[values: $0] } ?? []
        }
        return why.map { mismatch($0, call.request.id) }
    }

    // MARK: - The response

    /// Waits for what comes first, and answers with JSON or with a stream (item 14).
    ///
    /// - Parameters:
    ///   - stream: what is answered.
    ///   - generation: the reader that the response is.
    ///   - name: the stream in the ids of events, where the client can come back.
    ///   - priming: the first event of a stream.
    ///   - onDisconnect: the client is gone.
    ///   - onEnd: the response is over, one way or another.
    ///   - onSingle: the answer is all there is, so that nobody can come back for it.
    ///   - onShutdown: the server is about to end.
    func respond(
        _ stream: ResponseStream, _ generation: Int, name: Int?, priming: ServerSentEvent?,
        onDisconnect: @escaping @Sendable () -> Void, onEnd: @escaping @Sendable () -> Void,
        onSingle: @Sendable () -> Void = {}, onShutdown: @escaping @Sendable () -> Void = {}
    ) async -> Response {
        let lease = StreamBody.Lease(onEnd)
        let watch = configuration.noticesDisconnects ? DisconnectWatch(request, onDisconnect: onDisconnect) : nil
        let ticks = acceptsEvents
        // Most answers are there by then, and their connections stay good for the next request.
        endpoint.soon.add { [weak stream, late = endpoint.late] in
            guard let stream, !stream.isFinished else { return }
            watch?.start()
            if ticks { late.add { [weak stream] in stream?.tick() } }
        }
        let form = await withTaskCancellationHandler {
            await stream.form(generation)
        } onCancel: {
            stream.detach(generation)
        }
        switch form {
        case .single(let bytes, let status):
            onSingle()
            await watch?.end()
            let isUsedUp = watch?.isStarted == true && fields.areCertainlyHTTP1
            return withExtendedLifetime(lease) {
                Replies.json(bytes, status: status, fields: isUsedUp ? [.connection: "close"] : [:])
            }
        case .gone:
            await watch?.end()
            return withExtendedLifetime(lease) { Response(status: .init(code: 499, reasonPhrase: "Client gone")) }
        case .stream:
            watch?.start()
            let number = endpoint.openStreams.add(caller, end: onDisconnect)
            lease.add { [openStreams = endpoint.openStreams] in openStreams.remove(number) }
            let body = StreamBody(
                stream: stream, generation: generation, encoding: StreamBody.messages(of: name), priming: priming,
                configuration: configuration,
                watch: watch, lease: lease, onShutdown: onShutdown)
            return body.response(closesConnection: fields.areCertainlyHTTP1)
        }
    }
}

extension DisconnectWatch {
    /// How long an answer may take before its connection is watched.
    package static let delay = Duration.milliseconds(50)
}
