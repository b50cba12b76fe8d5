import AgentCore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

extension ProblemDetails {
    /// Any error as a problem. Of what nobody reckoned with, the log knows the kind and the client nothing.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - logger: Where failures of the server go.
    init(wrapping error: any Error, logger: Logger) {
        switch error {
        case let problem as ProblemDetails: self = problem
        case is CancellationError: self.init(.clientGone, "The request was given up.")
        case is NIOTooManyBytesError: self = ProblemAnswers.problem(.contentTooLarge)
        case let error as HTTPError:
            self = ProblemAnswers.problem(error.status)
            fields = error.headers
        case let error as any HTTPResponseError: self = ProblemAnswers.problem(error.status)
        default:
            // Its text may hold what belongs into no log.
            logger.error("a request failed", metadata: ["error": "\(String(reflecting: type(of: error)))"])
            self = ProblemAnswers.problem(.internalServerError)
        }
    }
}
