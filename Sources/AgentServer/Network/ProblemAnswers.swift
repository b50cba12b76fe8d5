import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Turns what handlers throw into problem JSON; what nobody expected tells the caller nothing but the id to ask for.
struct ProblemAnswers: RouterMiddleware {
    typealias Context = AgentRequestContext

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as ProblemDetails {
            return problem.response
        } catch let error as HTTPError {
            var problem = Self.problem(error.status)
            problem.fields = error.headers
            return problem.response
        } catch let error as any HTTPResponseError {
            return Self.problem(error.status).response
        } catch is NIOTooManyBytesError {
            return Self.problem(.contentTooLarge).response
        } catch is CancellationError {
            // The client is gone, or the server is ending.
            return Self.problem(.serviceUnavailable).response
        } catch {
            context.logger.error(
                "a request failed",
                metadata: ["path": "\(request.uri.path)", "error": "\(String(reflecting: type(of: error)))"])
            return Self.problem(.internalServerError).response
        }
    }

    /// A problem of which only the status is known.
    static func problem(_ status: HTTPResponse.Status) -> ProblemDetails {
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
