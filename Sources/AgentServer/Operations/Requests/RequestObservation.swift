import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
import Tracing

/// Counts, times, traces and logs each request. Outermost but for what names requests, so that it sees every answer.
public struct RequestObservation: RouterMiddleware {
    /// What requests go with.
    public typealias Context = AgentRequestContext

    private let metrics: ServerMetrics
    private let logger: Logger

    /// Makes the middleware.
    ///
    /// - Parameters:
    ///   - metrics: Where requests are counted.
    ///   - logger: Where a line for each is written.
    public init(metrics: ServerMetrics, logger: Logger) {
        self.metrics = metrics
        self.logger = logger
    }

    /// Reports the request once its answer is written.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let span = RequestSpan.start(request)
        let report = RequestReport(request, context, metrics: metrics, logger: logger, span: span)
        do {
            guard let span else { return Self.observed(try await next(request, context), report) }
            // What is traced further in is a part of this.
            return try await InstrumentationContext.$current.withValue(span.context) {
                Self.observed(try await next(request, context), report)
            }
        } catch {
            report.failed(error)
            report.finish()
            throw error
        }
    }

    private static func observed(_ response: Response, _ report: RequestReport) -> Response {
        report.answered(response)
        // A body that is there already is written in one piece with the head; to be told when would cost three writes.
        if let length = response.body.contentLength {
            report.wrote(length)
            report.finish()
            return response
        }
        var response = response
        let body = response.body
        response.body = ResponseBody { writer in
            defer { report.finish() }
            try await body.write(CountingWriter(inner: writer, report: report))
        }
        return response
    }
}

/// Counts what is written.
private struct CountingWriter: ResponseBodyWriter {
    var inner: any ResponseBodyWriter
    let report: RequestReport

    mutating func write(_ buffer: ByteBuffer) async throws {
        let count = buffer.readableBytes
        try await inner.write(buffer)
        report.wrote(count)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await inner.finish(trailingHeaders)
    }
}
