import MCPProtocol
import Synchronization

/// The life of one older client over HTTP (item 34): what was agreed on, what runs, and the streams that it can come back
/// to.
final class HTTPSession: Sendable {
    private struct Running {
        let call: ServerCall
        /// Tells it from a later request of the same id.
        let number: Int
        let task: Task<Void, Never>
    }

    private struct State {
        var lastUsed = ContinuousClock.now
        /// Responses that are being written, GET streams included.
        var open = 0
        var running: [RequestID: Running] = [:]
        var streams: [Int: ResponseStream] = [:]
        /// Streams whose last message came, oldest first.
        var finished: [Int] = []
        var nextStream = 1
        var nextCall = 0
        var isEnded = false
    }

    /// What the client calls it; nobody can guess it.
    let id: String
    /// Who opened it.
    let caller: HTTPCaller
    /// Who may use it.
    var owner: String { caller.identity }
    /// What was agreed on.
    let core: ServerSession
    /// What belongs to no request.
    let standalone: ResponseStream
    /// The number of ``standalone`` in the ids of events.
    static let standaloneNumber = 0

    let created = ContinuousClock.now
    private let limits: EndpointConfiguration.Sessions
    private let state = Mutex(State())

    init(
        id: String, caller: HTTPCaller, core: ServerSession, limits: EndpointConfiguration.Sessions,
        streamBufferBytes: Int
    ) {
        self.id = id
        self.caller = caller
        self.core = core
        self.limits = limits
        standalone = ResponseStream(
            limit: min(limits.replayBytes, streamBufferBytes), retained: limits.replayBytes, isResumable: true)
    }

    // MARK: - Age

    /// Whether the session is over.
    func isExpired(_ now: ContinuousClock.Instant) -> Bool {
        if created.duration(to: now) >= limits.lifetime { return true }
        return idleTime(now).map { $0 >= limits.idleLifetime } ?? false
    }

    /// How long nothing happened; `nil` while something does.
    func idleTime(_ now: ContinuousClock.Instant) -> Duration? {
        state.withLock { state in
            state.open > 0 || !state.running.isEmpty ? nil : state.lastUsed.duration(to: now)
        }
    }

    /// The client said something.
    func touch() { state.withLock { $0.lastUsed = .now } }

    /// A response begins.
    func enter() {
        state.withLock { state in
            state.open += 1
            state.lastUsed = .now
        }
    }

    /// A response ended.
    func leave() {
        state.withLock { state in
            state.open -= 1
            state.lastUsed = .now
        }
    }

    // MARK: - Requests

    /// Starts a request.
    ///
    /// - Parameters:
    ///   - call: the request.
    ///   - maximum: how many may run.
    ///   - answer: is given the answer, or `nil` when the request was cancelled.
    /// - Throws: when it cannot run.
    func start(
        _ call: ServerCall, maximum: Int, _ answer: @escaping @Sendable (RPCResponse?) -> Void
    ) throws(RPCError) {
        let id = call.request.id
        let refusal = state.withLock { state -> RPCError? in
            if state.isEnded { return .invalidRequest("The session has ended") }
            if state.running[id] != nil { return .invalidRequest("Invalid Request: a request of this id is in flight") }
            if state.running.count >= maximum {
                return RPCError(code: -32000, message: "More than \(maximum) requests are in flight")
            }
            let number = state.nextCall
            state.nextCall += 1
            // Started under the lock: it takes the lock to end, so the entry is there by then.
            let task = Task {
                let response = await call.respond()
                // Whoever takes the entry out has the last word: after a cancellation there is nothing to send.
                let isMine = self.state.withLock { state in
                    guard state.running[id]?.number == number else { return false }
                    return state.running.removeValue(forKey: id) != nil
                }
                answer(isMine ? response : nil)
            }
            state.running[id] = Running(call: call, number: number, task: task)
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Cancels a request, for `notifications/cancelled`.
    func cancel(_ id: RequestID) {
        let running = state.withLock { $0.running.removeValue(forKey: id) }
        running?.call.close()
        running?.task.cancel()
    }

    // MARK: - Streams

    /// Makes a stream to which the client can come back.
    func openStream(bufferBytes: Int) -> (number: Int, stream: ResponseStream) {
        let stream = ResponseStream(limit: bufferBytes, retained: limits.replayBytes, isResumable: true)
        let number = state.withLock { state in
            defer { state.nextStream += 1 }
            if state.isEnded { stream.close() }
            state.streams[state.nextStream] = stream
            return state.nextStream
        }
        return (number, stream)
    }

    /// The stream that an event belongs to.
    func stream(_ number: Int) -> ResponseStream? {
        number == Self.standaloneNumber ? standalone : state.withLock { $0.streams[number] }
    }

    /// The last message of a stream came. Of all such streams only so much is kept as the limits say, and the newest.
    func finishedStream(_ number: Int) {
        state.withLock { state in
            guard state.streams[number] != nil else { return }
            state.finished.append(number)
            var bytes = state.finished.reduce(0) { $0 + (state.streams[$1]?.storedBytes ?? 0) }
            // One that is being read goes on being read; only its way back is lost.
            while bytes > limits.replayBytes || state.finished.count > 64, state.finished.count > 1 {
                let oldest = state.finished.removeFirst()
                bytes -= state.streams.removeValue(forKey: oldest)?.storedBytes ?? 0
            }
        }
    }

    /// Nobody can come back to a stream any more: its answer went out as a whole, or there is none.
    func forgetStream(_ number: Int) {
        state.withLock { state in
            state.streams[number] = nil
            state.finished.removeAll { $0 == number }
        }
    }

    /// Ends the session: what runs is cancelled, streams end.
    func end() {
        let (running, streams) = state.withLock { state in
            state.isEnded = true
            defer {
                state.running = [:]
                state.streams = [:]
                state.finished = []
            }
            return (Array(state.running.values), Array(state.streams.values))
        }
        core.close()
        for entry in running {
            entry.call.close()
            entry.task.cancel()
        }
        for stream in streams { stream.close() }
        standalone.close()
    }
}
