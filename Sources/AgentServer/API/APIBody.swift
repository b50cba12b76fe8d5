import HTTPTypes
import Hummingbird
import MCPHTTP
import MCPProtocol
import NIOCore

/// Reads the body of a request.
enum APIBody {
    /// Collects and reads a JSON object.
    ///
    /// Nothing may consume the request's body twice, so the request is given back with its body collected: to watch for the
    /// end of a connection whose body was not read ends the process when the client goes.
    ///
    /// - Parameters:
    ///   - request: The request; afterwards with its body collected.
    ///   - fields: The members that are declared.
    ///   - limit: The most bytes.
    /// - Throws: ``ProblemDetails``: 415, 413, 400 with the place of what is no JSON, 400 with each member that is wrong.
    static func read(
        _ request: inout Request, _ fields: [APIField], upTo limit: Int
    ) async throws(ProblemDetails) -> APIValues {
        let headers = request.headers
        guard headers[.contentType].map(MediaTypes.isJSON) == true, !headers.contains(.contentEncoding) else {
            throw ProblemDetails(
                .unsupportedMediaType, "Content-Type must be application/json, in UTF-8 and not compressed.",
                fields: [.accept: MediaTypes.json])
        }
        let body = try await collect(&request, upTo: limit)
        return try APIValues(body: try object(in: body, limit: limit), fields)
    }

    /// Collects the body of a request, which is given back with it.
    ///
    /// - Parameters:
    ///   - request: The request; afterwards with its body collected.
    ///   - limit: The most bytes.
    /// - Throws: ``ProblemDetails``: 413, 400 when not all of it came.
    @discardableResult
    static func collect(_ request: inout Request, upTo limit: Int) async throws(ProblemDetails) -> ByteBuffer {
        let tooLarge = ProblemDetails(
            .bodyTooLarge, "The body may have \(limit) bytes (http.max_body_bytes).",
            members: ["limit": .integer(Int64(limit))])
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > limit { throw tooLarge }
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch let error as HTTPError where error.status == .contentTooLarge {
            throw tooLarge
        } catch {
            throw ProblemDetails(.bodyIncomplete, "The connection ended or failed before the whole body was here.")
        }
        if let declared, declared != body.readableBytes {
            throw ProblemDetails(.bodyIncomplete, "The body has fewer bytes than Content-Length says.")
        }
        return body
    }

    /// Values nest little here; what nests deeper is not meant for us.
    private static let maximumDepth = 16

    private static func object(in body: ByteBuffer, limit: Int) throws(ProblemDetails) -> JSONObject {
        let limits = JSONLimits(maximumBytes: limit, maximumDepth: maximumDepth, maximumStringBytes: limit)
        let value: JSONValue
        do {
            value = try JSONValue.parse(body.readableBytesView, limits: limits)
        } catch {
            throw ProblemDetails(
                .malformedJSON, "\(error)",
                members: [
                    "line": .integer(Int64(error.line)), "column": .integer(Int64(error.column)),
                    "offset": .integer(Int64(error.offset)),
                ])
        }
        guard let object = value.object else {
            throw ProblemDetails(.invalidRequest, "The body must be an object; it is \(value.typeName).")
        }
        return object
    }
}
