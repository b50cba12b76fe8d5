import HTTPTypes
import Hummingbird

/// Bounds of what a request says of itself: its head, and the body that it announces.
struct HeadRule: RouterMiddleware {
    typealias Context = AgentRequestContext

    let maximumFields: Int
    let maximumBytes: Int
    let maximumBody: Int

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        let fields = request.headers
        let bytes = fields.reduce(request.head.path?.utf8.count ?? 0) {
            $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4
        }
        guard fields.count <= maximumFields, bytes <= maximumBytes else {
            throw ProblemDetails(
                .requestHeaderFieldsTooLarge, code: "head-too-large", title: "The head of the request is too large",
                detail: "It may have \(maximumFields) fields and \(maximumBytes) bytes.")
        }
        let lengths = fields[values: .contentLength]
        if let text = lengths.first {
            guard lengths.count == 1, let length = Int(text), length >= 0 else {
                throw ProblemDetails(
                    .badRequest, code: "length-not-understood", title: "Content-Length is not understood")
            }
            guard length <= maximumBody else {
                throw ProblemDetails(
                    .contentTooLarge, code: "body-too-large", title: "The body is too large",
                    detail: "It may have \(maximumBody) bytes (http.max_body_bytes).")
            }
        }
        return try await next(request, context)
    }
}
