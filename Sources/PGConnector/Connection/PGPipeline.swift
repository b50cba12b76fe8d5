/// One message of a pipeline.
public enum PGPipelineStep: Sendable, Hashable {
    /// A statement (exactly one, the extended protocol takes no more), its parameters, and the format of its rows.
    case statement(String, [PGParameter] = [], format: PGFormat = .text)
    /// Has the server read a statement and look up its names, which takes the locks on what it names, without planning it.
    ///
    /// Under a name it lives as long as the connection; without one (the empty name) until the next statement that is sent
    /// without a name. The types are those of `$1`, `$2`, …; those that are left out or 0 the server infers.
    case prepare(String, name: String = "", parameterTypes: [UInt32] = [])
    /// Runs a statement that was prepared before on this connection.
    case execute(name: String = "", [PGParameter] = [], format: PGFormat = .text)
    /// Ends a group: an error skips the statements up to the next sync, and without a transaction block the group is
    /// one transaction.
    case sync
}

/// What a pipeline reports; `step` is the index of the step it is about.
public enum PGPipelineEvent: Sendable {
    /// The statement returns rows of these columns.
    case columns(step: Int, [PGColumn])
    /// Some of its rows, in order.
    case rows(step: Int, PGRowBatch)
    /// It is done; the tag is such as `SELECT 3`, and empty for an empty statement.
    case complete(step: Int, commandTag: String)
    /// It failed on the server.
    case failed(step: Int, PGServerError)
    /// It was skipped, since an earlier statement of its group failed.
    case aborted(step: Int)
    /// The group is done.
    case synced(step: Int)
}

/// The events of one pipeline, in order. It can be read once.
///
/// Rows are back-pressured: the server is not read while ``PGConfiguration/streamBufferBytes`` of them wait. Whoever
/// stops early, by leaving the loop or by dropping this value, cancels what still runs; the connection is used again
/// only when the server has confirmed it. A server's error is an event, not a thrown error; what is thrown means that
/// the connection is gone (``PGError/Code/connectionLost``, ``PGError/Code/rowTooLarge``) or that the task was
/// cancelled (``PGError/Code/cancelled``).
public struct PGPipelineResults: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = PGPipelineEvent

    let ticket: ExchangeTicket

    init(_ exchange: PGExchange) { ticket = ExchangeTicket(exchange) }

    /// Starts reading; only the first iterator sees events.
    public func makeAsyncIterator() -> Iterator { Iterator(ticket: ticket.handOver()) }

    /// Reads events.
    public struct Iterator: AsyncIteratorProtocol {
        let ticket: ExchangeTicket
        private var events: ArraySlice<PGPipelineEvent> = []

        init(ticket: ExchangeTicket) { self.ticket = ticket }

        /// The next event; nil when all steps are done.
        /// - Throws: ``PGError`` when the connection is gone or the task was cancelled.
        public mutating func next() async throws -> PGPipelineEvent? {
            if let event = events.popFirst() { return event }
            events = try await ticket.exchange.nextEvents()[...]
            return events.popFirst()
        }

        /// The events that have arrived, in order: one call for all of them costs less than one for each.
        /// - Returns: At least one event; none when all steps are done.
        /// - Throws: As ``next()`` does.
        public mutating func nextEvents() async throws -> [PGPipelineEvent] {
            guard events.isEmpty else {
                defer { events = [] }
                return Array(events)
            }
            return try await ticket.exchange.nextEvents()
        }
    }
}

/// Whoever holds it reads the exchange; when it goes, what still runs is cancelled.
final class ExchangeTicket: Sendable {
    let exchange: PGExchange

    init(_ exchange: PGExchange) { self.exchange = exchange }

    deinit { exchange.drop(self) }

    /// A ticket for an iterator, which lives no longer than the loop over it.
    func handOver() -> ExchangeTicket {
        let ticket = ExchangeTicket(exchange)
        exchange.hold(by: ticket)
        return ticket
    }
}
