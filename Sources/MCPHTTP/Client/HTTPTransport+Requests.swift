import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1
import Synchronization

/// What requests have in common.
extension HTTPTransport {
    /// A request with the fields that each has.
    func request(_ method: HTTPMethod, fields: [(String, String)]) async throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in options.fields { request.headers.replaceOrAdd(name: name, value: value) }
        if let token = try await options.token?() {
            // Anything else could end the field and start another one.
            guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw TransportError("The token has characters that no token has")
            }
            request.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(token)")
        }
        request.headers.replaceOrAdd(
            name: "Accept",
            value: method == .GET ? MediaTypes.events : "\(MediaTypes.json), \(MediaTypes.events)")
        if method == .POST { request.headers.replaceOrAdd(name: "Content-Type", value: MediaTypes.json) }
        for (name, value) in fields { request.headers.replaceOrAdd(name: name, value: value) }
        return request
    }

    /// Sends a request and waits for the head of the response.
    ///
    /// - Throws: `TransportError` when the server cannot be reached.
    func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            return try await client.execute(request, deadline: .distantFuture)
        } catch {
            try Task.checkCancellation()
            throw TransportError("The server cannot be reached: \(error)")
        }
    }

    /// The fields of an older session.
    func sessionFields() -> [(String, String)] {
        state.withLock { state in
            var fields: [(String, String)] = []
            if let version = state.version { fields.append(("MCP-Protocol-Version", version.rawValue)) }
            if let id = state.sessionID { fields.append(("Mcp-Session-Id", id)) }
            return fields
        }
    }

    /// The fields of a request: those that repeat the body on 2026-07-28 (items 17 and 18), else those of the session.
    func fields(for request: RPCRequest, isStateless: Bool) -> [(String, String)] {
        guard isStateless else { return request.method == "initialize" ? [] : sessionFields() }
        let params = request.params ?? [:]
        var fields = [("Mcp-Method", HeaderValue.encode(request.method))]
        if let version = params["_meta"]?[MetaKey.protocolVersion]?.string {
            fields.append(("MCP-Protocol-Version", version))
        }
        guard let key = NamedParameter.of(request.method), let name = params[key]?.string else { return fields }
        fields.append(("Mcp-Name", HeaderValue.encode(name)))
        if request.method == "tools/call", let asked = state.withLock({ $0.parameters[name] }) {
            fields += asked.headers(for: params["arguments"]?.object ?? [:]).map { ($0.name, $0.value) }
        }
        return fields
    }

    /// Hands a message on, or keeps it for a ``run(_:)`` that did not get to it yet.
    func deliver(_ message: [UInt8]) {
        gate.withLock { _ in
            let receive = state.withLock { state in
                if state.receive == nil, !state.isClosing, state.early.count < Self.maximumEarly {
                    state.early.append(message)
                }
                return state.receive
            }
            receive?(.message(message))
        }
    }

    /// Remembers what an answer says about requests to come.
    func learn(from result: JSONValue, of method: String, sessionID: String?) {
        switch method {
        case "initialize":
            state.withLock { state in
                state.version = result["protocolVersion"]?.string.flatMap { ProtocolVersion($0) }
                // Visible ASCII only (item 34); anything else is no id of a session.
                let isID = sessionID?.utf8.allSatisfy { (0x21...0x7E).contains($0) } ?? false
                state.sessionID = isID && sessionID?.isEmpty == false ? sessionID : nil
            }
        case "tools/list":
            let tools = (result["tools"]?.array ?? []).prefix(10_000)
            state.withLock { state in
                for tool in tools {
                    guard let name = tool["name"]?.string, let schema = tool["inputSchema"] else { continue }
                    let asked = ParameterHeaders(schema: schema)
                    guard state.parameters[name] != nil || state.parameters.count < 10_000 else { continue }
                    state.parameters[name] = asked?.isEmpty == false ? asked : nil
                }
            }
        default: break
        }
    }

    /// What a response means that is no success.
    func failure(_ response: HTTPClientResponse) async -> HTTPFailure {
        let body = try? await response.body.collect(upTo: 64 << 10)
        let bytes = body.map { Array($0.readableBytesView) } ?? []
        var message: String?
        if case .message(.response(let read)) = RPCInbound(bytes), case .failure(let error) = read.outcome {
            message = String(error.message.prefix(500))
        }
        return HTTPFailure(
            status: Int(response.status.code), challenge: response.headers.first(name: "WWW-Authenticate"),
            message: message)
    }
}

extension HTTPTransport {
    /// As `MediaTypes.isJSON`, for a response.
    static func contentType(_ response: HTTPClientResponse) -> String {
        let value = response.headers.first(name: "Content-Type") ?? ""
        return HeaderValue.trim(String(value.prefix { $0 != ";" })).lowercased()
    }
}
