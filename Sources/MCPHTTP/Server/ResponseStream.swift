import MCPProtocol
import Synchronization

/// The way back of a request, or of a session: handlers write messages at one end, a response takes them at the other.
///
/// Who writes waits while a slow reader has too much before it. Where a client can come back (older sessions), losing the
/// reader loses nothing: the messages are kept within bounds, and writing goes on.
package final class ResponseStream: ClientLink {
    /// What a reader gets.
    enum Delivery: Sendable, Hashable {
        case events([EventQueue.Entry], isLast: Bool)
        /// Nothing for a while.
        case tick
        /// There is no more for this reader.
        case ended
    }

    /// What the response becomes (item 14).
    enum Form: Sendable, Hashable {
        /// Only the answer came.
        case single([UInt8], status: Int)
        /// Something else came first, or nothing for long.
        case stream
        /// Nobody will read it.
        case gone
    }

    private struct State {
        var queue: EventQueue
        var reader: CheckedContinuation<Void, Never>?
        var senders: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextSender = 0
        var hasTick = false
        var isReleased = false
        var isClosed = false
        var hasAnswer = false
        var status = 200

        mutating func takeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }

        mutating func takeSenders() -> [CheckedContinuation<Void, Never>] {
            guard isClosed || queue.hasRoom else { return [] }
            defer { senders = [:] }
            return Array(senders.values)
        }
    }

    /// About so much is handed to the connection at once.
    static let chunkBytes = 64 << 10

    /// Whether the client can come back for the rest.
    let isResumable: Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: so many bytes wait for a slow reader before who writes waits too.
    ///   - retained: so many bytes that were sent are kept for a reader that comes back.
    ///   - isResumable: whether the client can come back.
    package init(limit: Int, retained: Int, isResumable: Bool) {
        self.isResumable = isResumable
        state = Mutex(State(queue: EventQueue(limit: limit, retained: retained)))
    }

    // MARK: - Writing

    /// Appends a message; waits while the reader has too much before it.
    package func send(_ message: [UInt8]) async throws {
        while true {
            let (done, reader) = state.withLock { state -> (Bool?, CheckedContinuation<Void, Never>?) in
                if state.isClosed { return (nil, nil) }
                guard state.queue.hasRoom else { return (false, nil) }
                state.queue.append(message)
                return (true, state.takeReader())
            }
            reader?.resume()
            guard let done else { throw TransportError.closed }
            if done { return }
            try await waitForRoom()
        }
    }

    private func waitForRoom() async throws {
        let id = state.withLock { state in
            defer { state.nextSender += 1 }
            return state.nextSender
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let ready = state.withLock { state in
                    if state.isClosed || state.queue.hasRoom || Task.isCancelled { return true }
                    state.senders[id] = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.senders.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
    }

    /// Ends the stream.
    ///
    /// - Parameters:
    ///   - answer: the last message; `nil` when there is none.
    ///   - status: the HTTP status, if the answer is all there is.
    package func finish(_ answer: [UInt8]?, status: Int = 200) {
        let reader = state.withLock { state in
            state.status = status
            state.hasAnswer = answer != nil
            state.queue.finish(answer)
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Ends the connection and not the stream, where the client can come back.
    package func release() async {
        guard isResumable else { return }
        let reader = state.withLock { state in
            if state.queue.isAttached { state.isReleased = true }
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Says that nothing was said for a while.
    func tick() {
        let reader = state.withLock { state in
            state.hasTick = true
            return state.takeReader()
        }
        reader?.resume()
    }

    /// Ends everything: who writes is told, who reads gets no more.
    package func close() {
        let (reader, senders) = state.withLock { state in
            state.isClosed = true
            return (state.takeReader(), state.takeSenders())
        }
        reader?.resume()
        for sender in senders { sender.resume() }
    }

    // MARK: - Reading

    /// Starts a reader; the one before it ends.
    ///
    /// - Parameter last: the last message that the client has.
    /// - Returns: what names the reader; `nil` when what comes next is gone.
    package func attach(after last: Int? = nil) -> Int? {
        let (generation, reader) = state.withLock { state -> (Int?, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed, let generation = state.queue.attach(after: last) else { return (nil, nil) }
            state.isReleased = false
            state.hasTick = false
            return (generation, state.takeReader())
        }
        reader?.resume()
        return generation
    }

    /// Ends a reader. A stream to which nobody can come back is closed.
    package func detach(_ generation: Int) {
        guard isResumable else { return close() }
        let (reader, senders) = state.withLock { state in
            guard state.queue.detach(generation) else {
                return (nil as CheckedContinuation<Void, Never>?, [] as [CheckedContinuation<Void, Never>])
            }
            return (state.takeReader(), state.takeSenders())
        }
        reader?.resume()
        for sender in senders { sender.resume() }
    }

    /// Waits until it is known what the response has to be.
    func form(_ generation: Int) async -> Form {
        await wait(generation) { state in
            if state.isClosed || state.queue.generation != generation { return .gone }
            if state.hasAnswer, state.queue.unsentCount == 1, let answer = state.queue.take(maximumBytes: 0).first {
                return .single(answer.bytes, status: state.status)
            }
            let isQuiet = state.queue.unsentCount == 0 && !state.queue.isFinished && !state.hasTick && !state.isReleased
            return isQuiet ? nil : .stream
        }
    }

    /// Waits for what comes next.
    func next(_ generation: Int) async -> Delivery {
        await withTaskCancellationHandler {
            await wait(generation) { state in
                if state.isClosed || state.queue.generation != generation { return .ended }
                let entries = state.queue.take(maximumBytes: Self.chunkBytes)
                if !entries.isEmpty { return .events(entries, isLast: state.queue.isDrained) }
                if state.queue.isDrained { return .ended }
                if state.isReleased {
                    state.isReleased = false
                    _ = state.queue.detach(generation)
                    return .ended
                }
                if state.hasTick {
                    state.hasTick = false
                    return .tick
                }
                return nil
            }
        } onCancel: {
            detach(generation)
        }
    }

    private func wait<Value: Sendable>(
        _ generation: Int, _ look: @Sendable (inout State) -> Value?
    ) async -> Value {
        while true {
            let (found, senders) = state.withLock { state in
                let found = look(&state)
                return (found, state.takeSenders())
            }
            for sender in senders { sender.resume() }
            if let found { return found }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let ready = state.withLock { state in
                    let isStale = state.isClosed || state.queue.generation != generation
                    if isStale || state.queue.unsentCount > 0 || state.queue.isFinished || state.hasTick
                        || state.isReleased
                    {
                        return true
                    }
                    state.reader = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        }
    }

    // MARK: - Bookkeeping

    /// How many bytes the stream holds.
    package var storedBytes: Int { state.withLock { $0.queue.storedBytes } }
    /// No message comes any more.
    var isFinished: Bool { state.withLock { $0.queue.isFinished } }
    /// The number of the last message that a reader took.
    var lastTaken: Int { state.withLock { $0.queue.lastTaken } }
    /// The number of the message behind which a reader can begin that has none; 0 while everything is kept.
    package var lastForgotten: Int { state.withLock { $0.queue.lastForgotten } }
    /// Somebody reads.
    package var isAttached: Bool { state.withLock { $0.queue.isAttached } }
}
