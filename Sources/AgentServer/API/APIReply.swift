import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore

/// Answers that are no problems.
enum APIReply {
    /// JSON. No cache may keep it: what one caller sees of a database is nobody else's.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(
            status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serialized())))
    }
}
