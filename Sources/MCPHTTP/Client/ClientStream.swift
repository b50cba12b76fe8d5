import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1

/// Reads a stream of events, and takes it up again where it broke.
struct ClientStream: Sendable {
    let transport: HTTPTransport
    private var lastID: String?
    private var delay: Duration
    private var failures = 0

    init(transport: HTTPTransport) {
        self.transport = transport
        delay = transport.options.reconnectDelay
    }

    /// Reads until `receive` says that the answer came.
    ///
    /// - Parameters:
    ///   - response: the stream.
    ///   - resumes: whether to come back when it ends too soon.
    ///   - receive: is given each message; true ends the reading.
    /// - Throws: `TransportError` when the stream ended without the answer.
    mutating func read(
        _ response: HTTPClientResponse, resumes: Bool, _ receive: @Sendable ([UInt8]) throws -> Bool
    ) async throws {
        var response = response
        while true {
            if try await readOnce(response, receive) { return }
            guard resumes, lastID != nil else {
                throw TransportError("The stream of the server ended without an answer")
            }
            response = try await reconnect()
        }
    }

    /// - Returns: whether the answer came.
    private mutating func readOnce(
        _ response: HTTPClientResponse, _ receive: @Sendable ([UInt8]) throws -> Bool
    ) async throws -> Bool {
        var parser = ServerSentEventParser(maximumEventBytes: transport.options.maximumMessageBytes)
        do {
            for try await piece in response.body {
                var events: [ServerSentEvent] = []
                do throws(ServerSentEventParser.TooLarge) {
                    try parser.feed(piece.readableBytesView) { events.append($0) }
                } catch {
                    throw TransportError("The server sent an event of more than \(error.limit) bytes")
                }
                for event in events where try take(event, receive) { return true }
            }
        } catch let error as TransportError {
            throw error
        } catch {
            // A connection that breaks is as good as one that ended.
            try Task.checkCancellation()
        }
        try Task.checkCancellation()
        return false
    }

    private mutating func take(_ event: ServerSentEvent, _ receive: ([UInt8]) throws -> Bool) throws -> Bool {
        if let id = event.id { lastID = id.isEmpty ? nil : id }
        if let retry = event.retry { delay = .milliseconds(min(retry, 60_000)) }
        guard event.name == nil || event.name == "message", let data = event.data, !data.isEmpty else { return false }
        failures = 0
        return try receive(data)
    }

    /// Comes back with `Last-Event-ID`.
    private mutating func reconnect(atOnce: Bool = false) async throws -> HTTPClientResponse {
        var waits = !atOnce
        while true {
            guard failures < transport.options.maximumReconnects else {
                throw TransportError("The stream of the server broke \(failures) times in a row")
            }
            failures += 1
            if waits { try await Task.sleep(for: delay) }
            waits = true
            var fields = transport.sessionFields()
            if let lastID { fields.append(("Last-Event-ID", lastID)) }
            let request = try await transport.request(.GET, fields: fields)
            guard let response = try? await transport.execute(request) else {
                try Task.checkCancellation()
                continue
            }
            if response.status == .ok, HTTPTransport.contentType(response) == MediaTypes.events { return response }
            let failure = await transport.failure(response)
            // What the server refuses now it refuses later as well.
            guard failure.status >= 500 || failure.status == 429 else { throw failure }
        }
    }

    /// The stream for what belongs to no request, as long as the transport lives. A server without one is left alone.
    func runStandalone() async {
        var stream = self
        var isFirst = true
        while !Task.isCancelled {
            guard let response = try? await stream.reconnect(atOnce: isFirst) else { return }
            isFirst = false
            stream.failures = 0
            let transport = transport
            _ = try? await stream.readOnce(response) { data in
                transport.deliver(data)
                return false
            }
        }
    }
}
