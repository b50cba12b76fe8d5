/// The rows of one statement, in order. It can be read once.
///
/// Rows are back-pressured, and leaving the loop early cancels the statement on the server; see
/// ``PGPipelineResults``. The server's error is thrown as ``PGError/Code/server``.
public struct PGRowSequence: AsyncSequence, Sendable {
    /// A row.
    public typealias Element = PGRow

    /// The columns; empty for a statement that returns no rows.
    public let columns: [PGColumn]
    let start: Start

    /// What is needed to go on: the events that were read to learn the columns, then the rest.
    struct Start: Sendable {
        let ticket: ExchangeTicket
        let read: [PGPipelineEvent]
    }

    /// Waits for the columns, or for the error.
    init(reading exchange: PGExchange) async throws {
        let ticket = ExchangeTicket(exchange)
        exchange.hold(by: ticket)
        var read: [PGPipelineEvent] = []
        var columns: [PGColumn] = []
        waiting: while true {
            let events = try await exchange.nextEvents()
            if events.isEmpty { break }
            read += events
            for event in events {
                switch event {
                case .columns(_, let found):
                    columns = found
                    break waiting
                case .failed(_, let error):
                    try await exchange.finish()
                    throw PGError(server: error)
                case .complete: break waiting
                default: break
                }
            }
        }
        self.columns = columns
        start = Start(ticket: ticket, read: read)
    }

    /// Starts reading; only the first iterator sees rows.
    public func makeAsyncIterator() -> Iterator { Iterator(start) }

    /// Reads rows.
    public struct Iterator: AsyncIteratorProtocol {
        private let ticket: ExchangeTicket
        private var events: ArraySlice<PGPipelineEvent>
        private var batch: PGRowBatch?
        private var index = 0

        init(_ start: Start) {
            events = start.ticket.exchange.isFirstReader(start.ticket) ? start.read[...] : []
            ticket = start.ticket.handOver()
        }

        /// The next row; nil at the end.
        /// - Throws: ``PGError``: the server's error, a lost connection, a row that is too large, cancellation.
        public mutating func next() async throws -> PGRow? {
            if let row = nextBuffered() { return row }
            while let batch = try await nextBatch() {
                self.batch = batch
                index = 0
                if let row = nextBuffered() { return row }
            }
            return nil
        }

        /// All rows that have arrived and not been read, at least one; nil at the end.
        /// - Throws: ``PGError``, as ``next()``.
        public mutating func nextBatch() async throws -> PGRowBatch? {
            batch = nil
            while true {
                while let event = events.popFirst() {
                    switch event {
                    case .rows(_, let batch): return batch
                    case .failed(_, let error):
                        try await ticket.exchange.finish()
                        throw PGError(server: error)
                    default: break
                    }
                }
                let more = try await ticket.exchange.nextEvents()
                if more.isEmpty { return nil }
                events = more[...]
            }
        }

        private mutating func nextBuffered() -> PGRow? {
            guard let batch, index < batch.count else { return nil }
            defer { index += 1 }
            return batch[index]
        }
    }

    /// Reads all rows.
    /// - Parameter limit: The most rows to keep; a further one cancels the statement.
    /// - Returns: The rows.
    /// - Throws: ``PGError``.
    public func collect(limit: Int = .max) async throws -> [PGRow] {
        var rows: [PGRow] = []
        for try await row in self {
            if rows.count == limit { break }
            rows.append(row)
        }
        return rows
    }
}

/// What a statement returned, rows and all.
public struct PGCommandResult: Sendable {
    /// Such as `INSERT 0 3`.
    public let commandTag: String
    /// The columns; empty for a statement that returns no rows.
    public let columns: [PGColumn]
    /// All rows.
    public let rows: [PGRow]
    /// Notices that arrived with it, at most 64.
    public let notices: [PGServerError]

    /// The number at the end of the command tag: how many rows were touched; nil for commands that count none.
    public var affectedRows: Int? { commandTag.split(separator: " ").last.flatMap { Int($0) } }
}

/// A `NOTIFY` that a listening connection received.
public struct PGNotification: Sendable, Hashable {
    /// The channel.
    public let channel: String
    /// The payload; empty when there is none.
    public let payload: String
    /// The process that sent it.
    public let processID: Int32
}
