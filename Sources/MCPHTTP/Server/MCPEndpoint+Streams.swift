import HTTPTypes
import Hummingbird
import MCPProtocol

/// GET and DELETE of older clients (items 13 and 34).
extension MCPEndpoint {
    /// The stream for what belongs to no request, or the rest of another one after `Last-Event-ID`.
    func get(_ original: Request, _ caller: HTTPCaller) async -> Response {
        guard MediaTypes.accepts(MediaTypes.events, original.headers[values: .accept]) else {
            return Replies.refused(406, "Accept must name text/event-stream")
        }
        var request = original
        guard (try? await request.collectBody(upTo: 0)) != nil else {
            return Replies.refused(400, "A GET has no body")
        }
        if let refusal = versionRefusal(request.headers) { return refusal }
        let exchange = Exchange(endpoint: self, request: request, caller: caller)
        switch exchange.findSession() {
        case .refused(let response): return response
        case .found(let session): return await resume(session, exchange)
        }
    }

    private func resume(_ session: HTTPSession, _ exchange: Exchange) async -> Response {
        var number = HTTPSession.standaloneNumber
        var last: Int?
        if let text = exchange.fields[.lastEventID] {
            guard let id = EventID(HeaderValue.trim(text)) else {
                return Replies.refused(400, "Last-Event-ID is unknown")
            }
            number = id.stream
            last = id.number
        }
        guard streams.enter(exchange.caller.identity) else {
            return Replies.busy("Too many streams of this client are open")
        }
        guard let stream = session.stream(number), let generation = stream.attach(after: last) else {
            streams.leave(exchange.caller.identity)
            return Replies.refused(400, "What comes after this Last-Event-ID is gone")
        }
        session.enter()
        // Before 2025-11-25 clients did not expect an event without a message.
        let primes = last == nil && session.core.version >= .november2025
        let priming = ServerSentEvent(
            id: EventID(stream: number, number: stream.lastTaken).text, data: [],
            retry: Exchange.milliseconds(configuration.sessions.retryDelay))
        // What comes after the headers may take any time, and the client waits for them to know that it is heard.
        let watch =
            configuration.noticesDisconnects
            ? DisconnectWatch(exchange.request) { stream.detach(generation) } : nil
        watch?.start()
        let open = openStreams.add(exchange.caller) { stream.detach(generation) }
        let body = StreamBody(
            stream: stream, generation: generation, encoding: StreamBody.messages(of: number),
            priming: primes ? priming : nil, configuration: configuration, watch: watch,
            lease: StreamBody.Lease { [streams, openStreams, identity = exchange.caller.identity] in
                openStreams.remove(open)
                stream.detach(generation)
                session.leave()
                streams.leave(identity)
            },
            onShutdown: { stream.detach(generation) })
        return body.response(closesConnection: exchange.fields.areCertainlyHTTP1)
    }

    /// Ends a session.
    func delete(_ request: Request, _ caller: HTTPCaller) -> Response {
        if let refusal = versionRefusal(request.headers) { return refusal }
        switch Exchange(endpoint: self, request: request, caller: caller).findSession() {
        case .refused(let response): return response
        case .found(let session):
            sessions.end(session)
            return Response(status: .noContent)
        }
    }

    private func versionRefusal(_ fields: HTTPFields) -> Response? {
        for value in fields[values: .mcpProtocolVersion] {
            let name = HeaderValue.trim(value)
            if ProtocolVersion(name) == nil {
                return Replies.error(.unsupportedVersion(String(name.prefix(100)), supported: ProtocolVersion.all))
            }
        }
        return nil
    }
}
