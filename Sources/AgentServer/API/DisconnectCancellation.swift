import HTTPTypes
import Hummingbird
import Logging
import MCPHTTP

/// Ends what a request asked for when its client goes away, down to the database.
enum DisconnectCancellation {
    /// Answers a request, and gives up when nobody waits for the answer any more.
    ///
    /// A request that is answered at once keeps its connection; to watch one uses it up (HTTP/1), which is why that begins
    /// only when the answer takes a while.
    ///
    /// - Parameters:
    ///   - request: The request, with its body collected.
    ///   - logger: Where failures of the server go.
    ///   - body: Answers; it heeds cancellation.
    static func answer(
        _ request: Request, logger: Logger, _ body: @escaping @Sendable () async throws -> Response
    ) async -> Response {
        let work = Task { try await body() }
        let watch = DisconnectWatch(request) { work.cancel() }
        let clock = Task {
            try await Task.sleep(for: DisconnectWatch.delay)
            watch.start()
        }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        clock.cancel()
        await watch.end()
        var response: Response
        switch result {
        case .success(let answer): response = answer
        case .failure(let error): response = ProblemDetails(wrapping: error, logger: logger).response
        }
        if watch.isStarted, request.headers.areCertainlyHTTP1 { response.headers[.connection] = "close" }
        return response
    }
}
