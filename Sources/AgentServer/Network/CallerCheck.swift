import HTTPTypes
import Hummingbird
import MCPHTTP

/// Lets through only requests of somebody, and says in the context who it is.
struct CallerCheck: RouterMiddleware {
    typealias Context = AgentRequestContext

    let callers: any CallerDeciding

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        let verdict = await callers.caller(
            of: request.head, address: context.clientAddress, isSecure: context.isSecure)
        switch verdict {
        case .caller(let caller):
            var context = context
            context.caller = caller
            return try await next(request, context)
        case .refused(let refusal): throw Self.problem(refusal)
        }
    }

    /// A refusal as the API answers it.
    static func problem(_ refusal: CallerRefusal) -> ProblemDetails {
        var problem = ProblemAnswers.problem(.init(code: refusal.status))
        problem.detail = refusal.message
        for (name, value) in refusal.fields {
            if let name = HTTPField.Name(name) { problem.fields[name] = value }
        }
        problem.fields[.wwwAuthenticate] = refusal.challenge
        return problem
    }
}
