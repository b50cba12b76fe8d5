/// One request of a client on its way to an answer, for transports on which each request has a way back of its own.
package struct ServerCall: Sendable {
    /// The request.
    package let request: RPCRequest
    private let exchange: RequestExchange
    private let processor: RequestProcessor

    /// Reads the metadata of a request.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - server: answers it.
    ///   - session: what an older client agreed on; `nil` for 2026-07-28.
    ///   - link: the way back.
    ///   - caller: who asks.
    /// - Throws: -32601 for a method that 2026-07-28 does not have, in a request without its metadata (item 10);
    ///   -32602 and -32022 for the metadata (items 6 and 7).
    package init(
        _ request: RPCRequest, server: MCPServer, session: ServerSession?, link: any ClientLink,
        caller: (any Sendable)?
    ) throws(RPCError) {
        let metadata: RequestMetadata
        if let session {
            metadata = try RequestMetadata(session: session.facts, params: request.params)
        } else {
            if request.params?["_meta"]?[MetaKey.protocolVersion] == nil {
                _ = try ServerMethod(request.method, version: .july2026, capabilities: server.service.capabilities)
            }
            metadata = try RequestMetadata(stateless: request.params)
        }
        self.request = request
        self.exchange = RequestExchange(server: server, link: link, metadata: metadata, session: session)
        self.processor = RequestProcessor(server: server, request: request, exchange: exchange, caller: caller)
    }

    /// The request lasts until the client ends it (item 22).
    package var isSubscription: Bool { request.method == ServerMethod.listen.rawValue }

    /// The tool that a `tools/call` names; `nil` when there is none, or it is another method.
    package func tool() async throws -> Tool? {
        guard request.method == ServerMethod.callTool.rawValue, let name = request.params?["name"]?.string else {
            return nil
        }
        return try await processor.server.service.tool(named: name, context: processor.context())
    }

    /// The answer; every error has become one. The notifications of the request were handed to the link before.
    package func respond() async -> RPCResponse {
        let response = await processor.respond()
        await exchange.drain()
        return response
    }

    /// From here on nothing is sent for the request but its answer.
    package func close() { exchange.close() }
}

extension ServerSession {
    /// Agrees on a revision with an older client (item 33).
    ///
    /// - Parameters:
    ///   - params: the parameters of `initialize`.
    ///   - server: the server.
    ///   - offered: the revisions that the transport has.
    /// - Returns: the session, and the result of `initialize`.
    /// - Throws: -32602 when the parameters do not fit.
    package static func begin(
        _ params: JSONObject?, server: MCPServer, offered: [ProtocolVersion] = ProtocolVersion.initialize
    ) throws(RPCError) -> (session: ServerSession, result: JSONValue) {
        let facts = try SessionFacts(initialize: params, offered: offered)
        let service = server.service
        var result: JSONObject = [
            "protocolVersion": .string(facts.version.rawValue),
            "capabilities": service.capabilities.json(for: facts.version),
            "serverInfo": service.implementation.json(for: facts.version),
        ]
        result.set("instructions", service.instructions)
        return (ServerSession(facts: facts, capabilities: service.capabilities), .object(result))
    }

    /// The revision that was agreed on.
    package var version: ProtocolVersion { facts.version }

    /// Tells the client of every change from here on, until the session is closed.
    package func announce(from server: MCPServer, to link: any ClientLink) {
        // Not in the task: what changes before it runs would be lost, though the client has been heard.
        server.hub.add(mailbox)
        Task {
            // Of a session that was closed meanwhile at once.
            defer { server.hub.remove(mailbox) }
            while let changes = await mailbox.next() {
                for change in changes {
                    let params = change.params(meta: nil)
                    let notification = RPCNotification(method: change.method, params: params.isEmpty ? nil : params)
                    try? await link.send(RPCMessage.notification(notification).bytes)
                }
            }
        }
    }
}
