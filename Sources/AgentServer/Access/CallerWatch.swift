import AuthTokens
import Hummingbird
import Logging
import MCPHTTP

/// Ends the streams of callers who would not be let in any more: their token was revoked, rotated away or has expired, their
/// session ended, their account was disabled or lost rights, or everything is locked down.
///
/// A request is decided on when it comes. What it opens may stay open for hours, so that is looked at every second.
struct CallerWatch: Sendable {
    let accounts: Accounts
    let endpoint: MCPEndpoint
    let logger: Logger

    /// So often it looks.
    static let interval = Duration.seconds(1)

    /// Looks until the task is cancelled. What changed in the files is read by ``AccountsUpkeep``.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { look() }
    }

    /// Looks once.
    func look() {
        guard !endpoint.isIdle else { return }
        let standing = accounts.standing()
        let ended = endpoint.endCallers { caller, age in
            // Whoever was let in without one of these was let in by somebody else's decision.
            guard let caller = caller.value as? AuthenticatedCaller else { return false }
            return !standing.holds(caller, age: age)
        }
        if ended > 0 {
            logger.notice("streams of callers who may not call any more were ended", metadata: ["count": "\(ended)"])
        }
    }
}

extension OpenStreams {
    /// The caller's right to an answer that stays open is over.
    private struct CallerGone: Error {}

    /// A response whose stream of events ends when its caller would not be let in any more; every other one as it is.
    func watched(_ response: Response, _ caller: AuthenticatedCaller) -> Response {
        guard response.headers[.contentType]?.hasPrefix("text/event-stream") == true else { return response }
        var watched = response
        let body = response.body
        watched.body = ResponseBody { [self] writer in
            let (ends, end) = AsyncStream<Void>.makeStream()
            let number = add(HTTPCaller(identity: caller.principal.id, value: caller)) { end.finish() }
            defer { remove(number) }
            // One child has the writer while this task waits for it; nobody else touches it meanwhile.
            nonisolated(unsafe) var lent = writer
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.write(body, to: &lent) }
                group.addTask {
                    for await _ in ends {}
                    try Task.checkCancellation()
                    throw CallerGone()
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        return watched
    }

    private static func write(_ body: ResponseBody, to writer: inout any ResponseBodyWriter) async throws {
        try await body.write(writer)
    }
}
