import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1

/// One request of a client, until its answer.
struct ClientExchange: Sendable {
    let transport: HTTPTransport
    let request: RPCRequest
    let message: [UInt8]
    let isStateless: Bool

    func run() async throws {
        var http = try await transport.request(
            .POST, fields: transport.fields(for: request, isStateless: isStateless))
        http.body = .bytes(ByteBuffer(bytes: message))
        let response = try await transport.execute(http)
        guard (200..<300).contains(response.status.code) else { return try await refused(response) }
        let sessionID = response.headers.first(name: "Mcp-Session-Id")
        switch HTTPTransport.contentType(response) {
        case MediaTypes.json:
            let body = try await collect(response)
            guard try receive(body, sessionID: sessionID) else {
                throw TransportError("The server answered with something that is no answer to the request")
            }
        case MediaTypes.events:
            var stream = ClientStream(transport: transport)
            try await stream.read(response, resumes: !isStateless) { data in
                try receive(data, sessionID: sessionID)
            }
        default:
            throw TransportError(
                "The server answered with status \(response.status.code) and neither JSON nor a stream")
        }
    }

    private func collect(_ response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(try await response.body.collect(upTo: transport.options.maximumMessageBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw TransportError("The server answered with more than \(transport.options.maximumMessageBytes) bytes")
        }
    }

    /// An error of MCP under a status of HTTP is an answer; anything else is a failure.
    private func refused(_ response: HTTPClientResponse) async throws {
        let status = Int(response.status.code)
        let isEndOfSession = status == 404 && !isStateless
        guard ![401, 403].contains(status), !isEndOfSession, HTTPTransport.contentType(response) == MediaTypes.json
        else {
            throw await transport.failure(response)
        }
        let body = try await collect(response)
        guard case .message(.response(let read)) = RPCInbound(body), case .failure = read.outcome else {
            throw HTTPFailure(status: status)
        }
        // The server may not have been able to read the id; it is this request that the response belongs to.
        transport.deliver(RPCMessage.response(RPCResponse(id: request.id, read.outcome)).bytes)
    }

    /// Hands a message on.
    ///
    /// - Returns: whether it is the answer.
    private func receive(_ bytes: [UInt8], sessionID: String?) throws -> Bool {
        let limit = transport.options.maximumMessageBytes
        let limits = JSONLimits(maximumBytes: limit, maximumStringBytes: limit)
        guard case .message(let read) = RPCInbound(bytes, limits: limits) else {
            throw TransportError("The server sent something that is no message")
        }
        guard case .response(let response) = read, response.id == request.id else {
            transport.deliver(bytes)
            return false
        }
        if case .success(let result) = response.outcome {
            transport.learn(from: result, of: request.method, sessionID: sessionID)
        }
        transport.deliver(bytes)
        return true
    }
}
