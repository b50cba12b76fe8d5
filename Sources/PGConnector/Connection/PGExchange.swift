import Synchronization

/// One pipeline that was sent, and the events that wait for its reader.
///
/// The session adds events and ends it; the reader takes them. Lock order: the session's lock, then this one.
final class PGExchange: Sendable {
    private struct Queue {
        var events: [PGPipelineEvent] = []
        var weight = 0
        var reader: CheckedContinuation<Void, Never>?
        /// Set when the session has nothing more to add.
        var ending: Result<Void, PGError>?
        /// Nobody reads; events are thrown away.
        var isDropped = false
        /// The session stopped reading from the server until events are taken.
        var isPaused = false
        /// A cancellation is on its way: what still comes is little, and must be read for the call to end.
        var isUnlimited = false
        /// Whoever reads: when this one goes, the exchange is dropped.
        var holder: ObjectIdentifier?
        var readers = 0
        var whenOver: [@Sendable () -> Void] = []
    }

    private let queue = Mutex(Queue())
    let session: PGSession

    init(session: PGSession) { self.session = session }

    // MARK: The session's side

    /// Adds an event.
    /// - Returns: Whether the session shall go on reading.
    func add(_ event: PGPipelineEvent, weight: Int, limit: Int) -> Bool {
        queue.withLock { queue in
            if queue.isDropped { return true }
            queue.events.append(event)
            queue.weight += weight
            if queue.weight >= limit, !queue.isUnlimited { queue.isPaused = true }
            return !queue.isPaused
        }
    }

    var isPaused: Bool { queue.withLock { $0.isPaused } }
    var isDropped: Bool { queue.withLock { $0.isDropped } }

    /// The reader, if it waits and there is something for it; to be resumed outside all locks.
    func readerToResume() -> CheckedContinuation<Void, Never>? {
        queue.withLock { queue in
            guard !queue.events.isEmpty || queue.ending != nil else { return nil }
            let reader = queue.reader
            queue.reader = nil
            return reader
        }
    }

    /// Nothing more will come.
    /// - Returns: What to call outside all locks.
    func end(_ ending: Result<Void, PGError>) -> [@Sendable () -> Void] {
        queue.withLock { queue in
            guard queue.ending == nil else { return [] }
            queue.ending = ending
            var calls = queue.whenOver
            queue.whenOver = []
            if let reader = queue.reader {
                queue.reader = nil
                calls.append { reader.resume() }
            }
            return calls
        }
    }

    /// Lets the session read on, however much waits.
    func unpause() {
        queue.withLock { queue in
            queue.isUnlimited = true
            queue.isPaused = false
        }
    }

    /// Throws away what waits and what comes, and lets the session read on.
    func discard() {
        queue.withLock { queue in
            queue.isDropped = true
            queue.isPaused = false
            queue.events = []
            queue.weight = 0
        }
    }

    // MARK: The reader's side

    private enum Next {
        case events([PGPipelineEvent], resume: Bool)
        case ended(Result<Void, PGError>)
        case wait
    }

    /// The events that wait, at least one; none when the exchange is over.
    ///
    /// In a cancelled task it cancels the statement, waits until the server has confirmed it, and throws.
    func nextEvents() async throws -> [PGPipelineEvent] {
        while true {
            if Task.isCancelled { return try await cancelled() }
            switch next() {
            case .events(let events, let resume):
                if resume { session.resumeReading(self) }
                return events
            case .ended(let ending):
                try ending.get()
                return []
            case .wait:
                await withTaskCancellationHandler {
                    await waitForEvents()
                } onCancel: {
                    session.cancel(self)
                }
            }
        }
    }

    private func next() -> Next {
        queue.withLock { queue in
            if !queue.events.isEmpty {
                let events = queue.events
                let resume = queue.isPaused
                queue.events = []
                queue.weight = 0
                queue.isPaused = false
                return .events(events, resume: resume)
            }
            if let ending = queue.ending { return .ended(ending) }
            return .wait
        }
    }

    private func waitForEvents() async {
        await withCheckedContinuation { continuation in
            let isReady = queue.withLock { queue in
                if !queue.events.isEmpty || queue.ending != nil { return true }
                queue.reader = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    /// Cancels, waits for the end, and throws.
    private func cancelled() async throws -> [PGPipelineEvent] {
        session.cancel(self)
        try await drain()
        throw PGError(.cancelled, "The query was cancelled.")
    }

    private func drain() async throws {
        while true {
            switch next() {
            case .events(_, let resume):
                if resume { session.resumeReading(self) }
            case .ended: return
            case .wait: await waitForEvents()
            }
        }
    }

    /// Reads to the end and forgets what comes: after an error, when only syncs are left.
    func finish() async throws {
        while try await !nextEvents().isEmpty {}
    }

    // MARK: Who reads

    func hold(by ticket: ExchangeTicket) {
        queue.withLock { queue in
            queue.holder = ObjectIdentifier(ticket)
            queue.readers += 1
        }
    }

    /// Whether no iterator was made yet.
    func isFirstReader(_ ticket: ExchangeTicket) -> Bool {
        queue.withLock { $0.holder == ObjectIdentifier(ticket) }
    }

    /// A ticket is gone.
    func drop(_ ticket: ExchangeTicket) {
        let isUnread = queue.withLock { queue in
            guard queue.holder == nil || queue.holder == ObjectIdentifier(ticket) else { return false }
            return queue.ending == nil
        }
        if isUnread { session.cancel(self) }
    }

    /// Calls `body` once nothing more will come: at once, or later from any thread.
    func whenOver(_ body: @escaping @Sendable () -> Void) {
        let isOver = queue.withLock { queue in
            if queue.ending != nil { return true }
            queue.whenOver.append(body)
            return false
        }
        if isOver { body() }
    }
}
