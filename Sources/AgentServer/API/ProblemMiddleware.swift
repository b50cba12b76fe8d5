import Hummingbird

/// Turns every error into problem JSON.
struct ProblemMiddleware: RouterMiddleware {
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
}
