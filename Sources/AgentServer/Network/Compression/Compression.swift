import HTTPTypes
import Hummingbird
import NIOCore

/// Compresses answers for clients that ask for it. What is never compressed, and why: Documentation/Decisions/0010.
struct Compression: RouterMiddleware {
    typealias Context = AgentRequestContext

    /// An answer of one packet gains nothing.
    static let smallest = 1400
    /// The length of a compressed answer is blurred by up to so many bytes: who sees lengths on the wire and may put text
    /// into answers again and again would learn from them what stands beside it (BREACH).
    static let mostPadding = 128

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        guard Self.mayCompress(response, to: request.head, route: context.coreContext.endpointPath.value) else {
            return response
        }
        var answer = response
        Self.vary(&answer.headers)
        guard AcceptedEncodings(request.headers[values: .acceptEncoding]).accept("gzip"),
            let body = await Self.collected(response.body), !Self.isSealed(body),
            let compressed = Gzip.compressed(body, padding: .random(in: 1...Self.mostPadding))
        else { return answer }
        answer.body = ResponseBody(byteBuffer: compressed)
        answer.headers[.contentEncoding] = "gzip"
        // Other bytes are another representation (RFC 9110, section 8.8.3.3).
        if let tag = answer.headers[.eTag], !tag.hasPrefix("W/") { answer.headers[.eTag] = "W/" + tag }
        return answer
    }

    /// Whether an answer is one that may be compressed, whoever asks.
    static func mayCompress(_ response: Response, to request: HTTPRequest, route: String?) -> Bool {
        guard let length = response.body.contentLength, length >= smallest, length <= Gzip.largest,
            request.method == .get || request.method == .post, response.status == .ok,
            !response.headers.contains(.contentEncoding), !response.headers.contains(.setCookie),
            response.headers[.cacheControl]?.contains("no-transform") != true,
            response.headers[.contentType].map(isText) == true
        else { return false }
        return isOpen(route ?? "")
    }

    /// Media types that become smaller. Events are none of them: they are for now, and not for when a block is full.
    private static func isText(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" }.lowercased()
        return name.hasPrefix("text/") && name != "text/event-stream"
            || ["application/json", "application/javascript", "application/manifest+json", "image/svg+xml"]
                .contains(name)
    }

    /// Paths whose answers hold no secret of the server: no token, no proof of a session, nothing of accounts. A path that is
    /// not known to be such is none.
    private static func isOpen(_ route: String) -> Bool {
        // A program that mounts the server elsewhere has the API under another path: that is not compressed.
        guard route.contains("/api/") else { return route != "" && route != "NotFound" }
        return ["databases", "schema", "classify", "query", "models", "conversations"].contains { name in
            let path = "\(APIPath.root)/\(name)"
            return route == path || route.hasPrefix(path + "/")
        }
    }

    /// What is carried back by a client and tells the server that it is its own word: beside a statement that a caller chose,
    /// it must not be guessed byte by byte.
    private static func isSealed(_ body: ByteBuffer) -> Bool {
        body.readableBytesView.contains(subsequence: "\"requestState\"".utf8)
    }

    /// Caches must not give one form of an answer to who asked for the other.
    private static func vary(_ fields: inout HTTPFields) {
        let known = fields[values: .vary]
        guard !known.contains(where: { $0.lowercased().contains("accept-encoding") }) else { return }
        fields[values: .vary] = known + ["Accept-Encoding"]
    }

    private static func collected(_ body: ResponseBody) async -> ByteBuffer? {
        let writer = Collector()
        guard (try? await body.write(writer)) != nil else { return nil }
        return writer.bytes
    }

    /// Takes a body that is there already.
    private final class Collector: ResponseBodyWriter {
        private(set) var bytes = ByteBuffer()

        func write(_ buffer: ByteBuffer) async throws { bytes.writeImmutableBuffer(buffer) }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension Collection where Element == UInt8 {
    /// Whether some bytes stand in it, in time linear in its length.
    func contains(subsequence wanted: some Collection<UInt8>) -> Bool {
        let wanted = Array(wanted)
        guard let first = wanted.first else { return true }
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: wanted) { return true }
            rest = rest[index(after: start)...]
        }
        return false
    }
}
