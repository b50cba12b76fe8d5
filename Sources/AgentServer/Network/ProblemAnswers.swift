import HTTPTypes
import Hummingbird
import Logging

/// Turns what handlers throw into problem JSON; what nobody expected tells the caller nothing but the id to ask for.
struct ProblemAnswers: RouterMiddleware {
    typealias Context = AgentRequestContext

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return ProblemDetails(wrapping: error, logger: context.logger).response
        }
    }

    /// A problem of which only the status is known.
    static func problem(_ status: HTTPResponse.Status) -> ProblemDetails {
        let known: [ProblemKind] = [.notFound, .methodNotAllowed, .bodyTooLarge, .unsupportedMediaType, .internalError]
        if let kind = known.first(where: { $0.status == status }) { return ProblemDetails(kind, detail(status)) }
        let title = status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase
        let code = title.lowercased().map { $0.isLetter ? String($0) : "-" }.joined()
        return ProblemDetails(status, code: code, title: title, detail: detail(status))
    }

    private static func detail(_ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 404: "There is nothing at this path, or not for this method."
        case 413: "The body is longer than this server takes (http.max_body_bytes)."
        case 500: "The server failed. Its operator finds more in the log under the X-Request-Id of this answer."
        case 503: "The server is ending."
        default: ""
        }
    }
}
