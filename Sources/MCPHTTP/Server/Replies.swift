import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore

/// The responses of the endpoint that are no stream.
enum Replies {
    /// The HTTP status of an answer to a 2026-07-28 request (items 1, 4, 6, 7, 9, 10, 17).
    static func status(of response: RPCResponse) -> Int {
        guard case .failure(let error) = response.outcome else { return 200 }
        return status(ofCode: error.code)
    }

    static func status(ofCode code: Int) -> Int {
        switch code {
        case RPCError.parseError, RPCError.invalidRequest, RPCError.invalidParams, RPCError.headerMismatch,
            RPCError.missingRequiredClientCapability, RPCError.unsupportedProtocolVersion:
            400
        case RPCError.methodNotFound: 404
        // The specification gives no status to a failure inside of the server: it is an answer.
        default: 200
        }
    }

    /// What every JSON-RPC message has in its head, made once. None of it is among what others add.
    private static let fieldsOfJSON: HTTPFields = [
        .contentType: MediaTypes.json, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
    ]

    /// A JSON-RPC message.
    static func json(_ bytes: [UInt8], status: Int = 200, fields: HTTPFields = [:]) -> Response {
        var headers = Self.fieldsOfJSON
        for field in fields { headers.append(field) }
        return Response(
            status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An answer to a request that was not heard, or the refusal of one.
    static func error(
        _ error: RPCError, id: RequestID? = nil, status: Int? = nil, fields: HTTPFields = [:]
    ) -> Response {
        let bytes = RPCMessage.response(RPCResponse(id: id, .failure(error))).bytes
        return json(bytes, status: status ?? Self.status(ofCode: error.code), fields: fields)
    }

    /// A notification or an answer of the client was taken (item 15).
    static var accepted: Response { Response(status: .accepted) }

    /// A refusal by HTTP's own rules.
    static func refused(_ status: Int, _ message: String, id: RequestID? = nil, fields: HTTPFields = [:]) -> Response {
        error(.invalidRequest(message), id: id, status: status, fields: fields)
    }

    /// The caller is not heard (item 36).
    static func refused(_ refusal: CallerRefusal, id: RequestID? = nil) -> Response {
        var fields = HTTPFields()
        for (name, value) in refusal.fields {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        fields[.wwwAuthenticate] = refusal.challenge
        let error = RPCError(code: -32000, message: refusal.message)
        return Self.error(error, id: id, status: refusal.status, fields: fields)
    }

    /// More is running than allowed.
    static func busy(_ message: String, status: Int = 429, id: RequestID? = nil) -> Response {
        error(RPCError(code: -32000, message: message), id: id, status: status, fields: [.retryAfter: "1"])
    }
}
