import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The client of all providers, made for the first request of the process.
enum SharedHTTPClient {
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A redirect could take the key to another host.
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: .seconds(10))
        // Tries again are ours, and said.
        configuration.connectionPool.retryConnectionEstablishment = false
        // With HTTP/1.1 the end of a task is the end of its connection.
        configuration.httpVersion = .http1Only
        // No proxy: who wants one names it as the base URL.
        configuration.proxy = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}

/// One request and its response.
struct ServiceExchange: Sendable {
    /// What comes of a response, in order.
    private enum Piece: Sendable {
        case head(status: Int, headers: ServiceHeaders)
        case bytes(ByteBuffer)
    }

    /// How long the end of a stream is waited for after its final event, so that the connection can be used again.
    private static let grace: Duration = .milliseconds(200)

    let context: WireContext
    let request: HTTPClientRequest
    let silence: Duration

    /// Reads a stream.
    ///
    /// - Throws: ``AttemptFailure``; what `onEvent` throws; `CancellationError`.
    func answer(
        _ format: StreamFormat, reader: any AnswerReader, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        var reader = reader
        var cutter = StreamCutter(format, context: context)
        var isGivenOut = false
        var bytes = 0
        return try await withPieces { source in
            try await succeeded(&source)
            while true {
                let piece: ByteBuffer?
                do {
                    piece = try await source.next()
                } catch var error as AttemptFailure {
                    if reader.isComplete { break }
                    if isGivenOut { error.passes = false }
                    throw error
                }
                bytes += piece?.readableBytes ?? 0
                do {
                    guard bytes <= context.limits.streamBytes else { throw context.tooLarge("a longer answer") }
                    for event in try piece.map({ try cutter.feed($0.readableBytesView) }) ?? cutter.finish() {
                        for known in try reader.take(event) {
                            isGivenOut = true
                            try await onEvent(known)
                        }
                    }
                } catch let failure as ModelFailure {
                    if reader.isComplete { break }
                    throw AttemptFailure(failure, passes: isGivenOut ? false : nil)
                }
                if piece == nil { break }
                if reader.isComplete { source.endSoon(Self.grace) }
            }
            do {
                return try reader.finish()
            } catch let failure as ModelFailure {
                throw AttemptFailure(failure, passes: isGivenOut ? false : nil)
            }
        }
    }

    /// Reads a whole body.
    ///
    /// - Throws: ``AttemptFailure``; `CancellationError`.
    func body(limit: Int) async throws -> [UInt8] {
        try await withPieces { source in
            try await succeeded(&source)
            var body: [UInt8] = []
            while let piece = try await source.next() {
                body += piece.readableBytesView
                guard body.count <= limit else { throw AttemptFailure(context.tooLarge("a longer list")) }
            }
            return body
        }
    }

    /// Waits for the head of a success.
    private func succeeded(_ source: inout Source) async throws {
        let (status, headers) = try await source.head()
        guard (200..<300).contains(status) else {
            var body: [UInt8] = []
            // What cannot be read of the reason does not hide the failure.
            while body.count < 64 << 10, let piece = try? await source.next() { body += piece.readableBytesView }
            try Task.checkCancellation()
            throw context.failure(status: status, body: Array(body.prefix(64 << 10)), headers: headers)
        }
        if headers["content-type"]?.lowercased().hasPrefix("text/html") == true {
            throw AttemptFailure(
                ModelFailure(
                    .malformed, "\(context.service) answers with a web page. Check llm.base_url.", status: status))
        }
    }

    // MARK: - What waits

    /// What the response gives, one piece at a time and only when it is asked for.
    private struct Source {
        let context: WireContext
        let watch: SilenceWatch
        let ask: AsyncStream<Void>.Continuation
        let end: @Sendable (Duration) -> Void
        var pieces: AsyncThrowingStream<Piece, any Error>.Iterator
        var isEnding = false

        mutating func head() async throws -> (Int, ServiceHeaders) {
            guard case .head(let status, let headers)? = try await piece() else {
                throw AttemptFailure(context.cutOff)
            }
            return (status, headers)
        }

        /// The next bytes; nil at the end.
        mutating func next() async throws -> ByteBuffer? {
            guard case .bytes(let buffer)? = try await piece() else { return nil }
            return buffer
        }

        private mutating func piece() async throws -> Piece? {
            watch.begin()
            defer { watch.end() }
            ask.yield()
            let piece = try await pieces.next()
            try Task.checkCancellation()
            return piece
        }

        /// Ends the response after some time, wherever it is then.
        mutating func endSoon(_ time: Duration) {
            guard !isEnding else { return }
            isEnding = true
            end(time)
        }
    }

    /// Runs a request. Whatever way `body` ends, the request has ended when this returns.
    private func withPieces<Result: Sendable>(
        _ body: (inout Source) async throws -> Result
    ) async throws -> Result {
        let (pieces, given) = AsyncThrowingStream<Piece, any Error>.makeStream()
        let (demand, ask) = AsyncStream<Void>.makeStream()
        let (ending, end) = AsyncStream<Duration>.makeStream()
        let watch = SilenceWatch(limit: silence)
        let context = context
        let request = request
        let silence = silence
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    var wanted = demand.makeAsyncIterator()
                    guard await wanted.next() != nil else { return given.finish() }
                    let response = try await SharedHTTPClient.client.execute(request, deadline: .distantFuture)
                    given.yield(
                        .head(status: Int(response.status.code), headers: ServiceHeaders(response.headers)))
                    var body = response.body.makeAsyncIterator()
                    while await wanted.next() != nil, let piece = try await body.next() { given.yield(.bytes(piece)) }
                    given.finish()
                } catch {
                    given.finish(throwing: AttemptFailure(Self.failure(error, context)))
                }
            }
            group.addTask {
                guard await watch.run() else { return }
                let text = "\(context.service) sent nothing for \(silence) (llm.timeout)."
                given.finish(throwing: AttemptFailure(ModelFailure(.silence, text)))
            }
            group.addTask {
                for await time in ending {
                    do { try await Task.sleep(for: time) } catch { return }
                    given.finish()
                }
            }
            defer { group.cancelAll() }
            var source = Source(
                context: context, watch: watch, ask: ask, end: { end.yield($0) },
                pieces: pieces.makeAsyncIterator())
            return try await body(&source)
        }
    }

    /// What the HTTP client says, for people. Its errors name hosts and causes, and hold no header.
    private static func failure(_ error: any Error, _ context: WireContext) -> ModelFailure {
        let reason = context.redaction.excerpt("\(error)", limit: 200)
        return ModelFailure(
            .connection, "\(context.service) cannot be reached, or the connection broke.", operatorDetail: reason)
    }
}
