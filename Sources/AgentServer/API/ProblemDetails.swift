public import HTTPTypes
public import Hummingbird
public import MCPProtocol
import NIOCore

/// An error as the API answers it: problem JSON (RFC 9457).
public struct ProblemDetails: HTTPResponseError, Sendable {
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// A name for the kind of error that programs can tell apart, such as `not-a-read`: the member `code`, and the end of
    /// the `type`, a relative URI.
    public var code: String
    /// The kind of error in a few words, the same each time.
    public var title: String
    /// What went wrong this time, and how to mend it. No secret belongs here.
    public var detail: String
    /// Further members.
    public var members: JSONObject
    /// Fields of the answer, such as `Retry-After` and `WWW-Authenticate`.
    public var fields: HTTPFields

    /// Describes an error.
    public init(
        _ status: HTTPResponse.Status, code: String, title: String, detail: String = "",
        members: JSONObject = JSONObject(),
        fields: HTTPFields = HTTPFields()
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.members = members
        self.fields = fields
    }

    /// The answer.
    public func response(from request: Request, context: some Hummingbird.RequestContext) throws -> Response {
        response
    }

    /// The problem as JSON.
    public var json: JSONObject {
        var object = JSONObject()
        object["type"] = .string("/problems/\(code)")
        object["title"] = .string(title)
        object["status"] = .integer(Int64(status.code))
        object["code"] = .string(code)
        if !detail.isEmpty { object["detail"] = .string(detail) }
        for (name, value) in members where object[name] == nil { object[name] = value }
        return object
    }

    /// The answer.
    public var response: Response {
        var fields = fields
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        return Response(
            status: status, headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONValue.object(json).serialized())))
    }
}
