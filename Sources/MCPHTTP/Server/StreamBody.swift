import HTTPTypes
package import Hummingbird
package import MCPProtocol
import NIOCore
import ServiceLifecycle
import Synchronization

/// A response that is a stream of events (item 14): takes from a ``ResponseStream`` and writes, keeps the connection alive,
/// and drops a client that does not read.
package struct StreamBody: Sendable {
    /// Appends a message as it goes over the wire.
    package typealias Encoding = @Sendable (EventQueue.Entry, inout [UInt8]) -> Void

    /// The client took nothing for too long.
    struct SlowReader: Error {}

    /// What has to happen when the response is over, however it ends, even when it never began.
    package final class Lease: Sendable {
        private let tasks: Mutex<[@Sendable () -> Void]>
        package init(_ onEnd: @escaping @Sendable () -> Void) { tasks = Mutex([onEnd]) }
        deinit { end() }

        /// Does it now, once.
        func end() {
            let due = tasks.withLock { tasks in
                defer { tasks = [] }
                return tasks
            }
            for task in due { task() }
        }

        /// Adds to what has to happen.
        func add(_ onEnd: @escaping @Sendable () -> Void) { tasks.withLock { $0.append(onEnd) } }
    }

    /// When the write that is going on began.
    private final class Progress: Sendable {
        private let began = Mutex<ContinuousClock.Instant?>(nil)
        func begin() { began.withLock { $0 = .now } }
        func end() { began.withLock { $0 = nil } }
        var waited: Duration? { began.withLock { $0?.duration(to: .now) } }
    }

    let stream: ResponseStream
    let generation: Int
    let encoding: Encoding
    /// What is sent before everything else.
    let priming: ServerSentEvent?
    let configuration: EndpointConfiguration
    let watch: DisconnectWatch?
    let lease: Lease
    /// The server is about to end.
    let onShutdown: @Sendable () -> Void

    /// - Parameters:
    ///   - stream: what is written.
    ///   - generation: the reader that the response is.
    ///   - encoding: how a message goes over the wire.
    ///   - priming: what is sent before everything else.
    ///   - configuration: when a silent stream is kept alive, and a client that does not read is dropped.
    ///   - watch: notices that the client is gone.
    ///   - lease: what happens when the response is over.
    ///   - onShutdown: the server is about to end.
    package init(
        stream: ResponseStream, generation: Int, encoding: @escaping Encoding, priming: ServerSentEvent?,
        configuration: EndpointConfiguration, watch: DisconnectWatch?, lease: Lease,
        onShutdown: @escaping @Sendable () -> Void
    ) {
        self.stream = stream
        self.generation = generation
        self.encoding = encoding
        self.priming = priming
        self.configuration = configuration
        self.watch = watch
        self.lease = lease
        self.onShutdown = onShutdown
        // A body that never runs, since the client went before the head was written, ends its watch nowhere else.
        if let watch { lease.add { watch.stop() } }
    }

    /// Messages of MCP.
    ///
    /// - Parameter name: the stream in the ids of events; `nil` where nobody can come back.
    static func messages(of name: Int?) -> Encoding {
        { entry, bytes in
            let id = name.map { EventID(stream: $0, number: entry.number).text }
            ServerSentEvent(id: id, name: "message", data: entry.bytes).encode(into: &bytes)
        }
    }

    /// The response.
    ///
    /// - Parameter closesConnection: whether the connection can carry no other request.
    package func response(closesConnection: Bool) -> Response {
        var fields = HTTPFields()
        fields[.contentType] = MediaTypes.events
        fields[.cacheControl] = "no-cache, no-transform"
        fields[.accelBuffering] = "no"
        if closesConnection { fields[.connection] = "close" }
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody { [self] writer in
                do {
                    try await withGracefulShutdownHandler {
                        try await write(to: &writer)
                    } onGracefulShutdown: {
                        onShutdown()
                    }
                } catch {
                    stream.detach(generation)
                    // Whoever writes goes on until it is told, and to wait for the watch may take a while.
                    lease.end()
                    await watch?.end()
                    throw error
                }
                await watch?.end()
                // Everything is written but the end: a client at its limit that sees it can ask for the next stream.
                lease.end()
                try await writer.finish(nil)
            })
    }

    private func write(to writer: inout any ResponseBodyWriter) async throws {
        // One child has the writer while this task waits for it; nobody else touches it meanwhile.
        nonisolated(unsafe) var lent = writer
        defer { writer = lent }
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pump(&lent, progress) }
            group.addTask { try await keepTime(progress) }
            // Whichever ends first ends the other: the stream is over, or the client is too slow.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func pump(_ writer: inout any ResponseBodyWriter, _ progress: Progress) async throws {
        if let priming { try await put(priming.encoded, &writer, progress) }
        while true {
            switch await stream.next(generation) {
            case .events(let entries, let isLast):
                var bytes: [UInt8] = []
                for entry in entries { encoding(entry, &bytes) }
                try await put(bytes, &writer, progress)
                if isLast { return }
            case .tick: try await put(ServerSentEvent.keepAlive, &writer, progress)
            case .ended: return
            }
        }
    }

    /// Writes in pieces, so that a client that reads slowly is told from one that does not read.
    private func put(
        _ bytes: [UInt8], _ writer: inout any ResponseBodyWriter, _ progress: Progress
    ) async throws {
        for start in stride(from: 0, to: bytes.count, by: ResponseStream.chunkBytes) {
            progress.begin()
            defer { progress.end() }
            let piece = bytes[start..<min(bytes.count, start + ResponseStream.chunkBytes)]
            try await writer.write(ByteBuffer(bytes: piece))
        }
    }

    private func keepTime(_ progress: Progress) async throws {
        var sinceTick = Duration.zero
        let step = min(configuration.keepAliveInterval, configuration.writeTimeout / 2)
        while true {
            try await Task.sleep(for: step)
            if let waited = progress.waited {
                if waited >= configuration.writeTimeout { throw SlowReader() }
            } else {
                sinceTick += step
                if sinceTick >= configuration.keepAliveInterval {
                    sinceTick = .zero
                    stream.tick()
                }
            }
        }
    }
}

/// The id of an event: its stream within the session, and its place in the stream.
struct EventID: Sendable, Hashable {
    var stream: Int
    var number: Int

    init(stream: Int, number: Int) {
        self.stream = stream
        self.number = number
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 40, parts.count == 2, let stream = UInt32(parts[0]), let number = UInt32(parts[1])
        else {
            return nil
        }
        self.init(stream: Int(stream), number: Int(number))
    }

    var text: String { "\(stream)-\(number)" }
}
