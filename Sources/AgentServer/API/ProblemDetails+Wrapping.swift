import AgentCore
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol
import NIOCore

extension ProblemDetails {
    /// Any error as a problem. Of what nobody reckoned with, the log knows the text and the client does not.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - logger: Where failures of the server go.
    init(wrapping error: any Error, logger: Logger) {
        switch error {
        case let problem as ProblemDetails: self = problem
        case is CancellationError: self.init(.clientGone, "The request was given up.")
        case is NIOTooManyBytesError: self.init(.bodyTooLarge)
        case let error as HTTPError:
            let reason = error.status.reasonPhrase
            self.init(
                error.status, code: Self.code(of: error.status), title: reason.isEmpty ? "Refused" : reason,
                detail: error.body ?? "", fields: error.headers)
        default:
            logger.error(
                "a request failed", metadata: ["error": "\(PlainText.escaped(String(reflecting: error)))"])
            self.init(.internalError, "The request failed for a reason of this server's own; its log says more.")
        }
    }

    /// A code for a status that no kind of problem stands for: `uri-too-long`.
    private static func code(of status: HTTPResponse.Status) -> String {
        let known: [ProblemKind] = [
            .bodyTooLarge, .unsupportedMediaType, .notAcceptable, .methodNotAllowed, .notFound, .internalError,
        ]
        if let kind = known.first(where: { $0.status == status }) { return kind.code }
        let words = status.reasonPhrase.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        return words.isEmpty ? "status-\(status.code)" : words.joined(separator: "-")
    }
}
