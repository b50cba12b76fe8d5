import CLibPQ
import Synchronization

/// A connection of libpq and all that happens on it.
///
/// Statements are sent on the caller's thread under the lock, which saves a hop; answers are read on the loop's thread.
/// Continuations and callbacks run after the lock was given back (``After``).
final class PGSession: Sendable, ReadinessHandler {
    /// What does not change while the connection lives.
    struct Facts: Sendable {
        var serverVersion: Int
        var processID: Int32
        var host: String
        var port: String
        var user: String
        var database: String
        var isEncrypted: Bool
    }

    struct State: Sendable {
        var connection: ConnectionPointer?
        var machine = ConnectionStateMachine()
        var exchange: PGExchange?
        /// Rows of the statement in progress that were not handed over.
        var builder: RowBatchBuilder?
        /// Something waits in libpq to be written.
        var needsFlush = false
        /// The sender itself waits for the answer, so that the loop need not.
        var isReadBySender = false
        /// Bytes that arrived since a result was complete: the size of the row that is arriving, at least.
        var receivedSinceResult = 0
        var isRetired = false
        var closeReason: PGError?
        /// The names of prepared statements, and those that are being prepared, by step.
        var prepared: Set<String> = []
        var preparing: [Int: String] = [:]
        /// What the user of the connection wants to find again on it.
        var note: String?
        var settled: [@Sendable () -> Void] = []
        var listeners: [Int: AsyncStream<PGNotification>.Continuation] = [:]
        var nextListener = 0
    }

    /// What to do when the lock is given back.
    struct After {
        var readers: [CheckedContinuation<Void, Never>] = []
        var calls: [@Sendable () -> Void] = []

        func run() {
            for reader in readers { reader.resume() }
            for call in calls { call() }
        }
    }

    let facts: Facts
    let limits: PGConfiguration
    let loop: PGEventLoop
    let cancelKey: CancelKey
    /// Where requests to cancel wait for the server.
    let cancels: BlockingPool
    let notices: NoticeCollector
    let observer: (any PGPoolObserver)?
    let state: Mutex<State>
    let descriptor: Int32
    private let token = Atomic<UInt64>(0)

    init(
        _ connection: ConnectionPointer, facts: Facts, cancelKey: CancelKey, cancels: BlockingPool,
        notices: NoticeCollector, limits: PGConfiguration, loop: PGEventLoop, observer: (any PGPoolObserver)?
    ) {
        self.facts = facts
        self.cancelKey = cancelKey
        self.cancels = cancels
        self.notices = notices
        self.limits = limits
        self.loop = loop
        self.observer = observer
        descriptor = PQsocket(connection.raw)
        state = Mutex(State(connection: connection))
    }

    /// Begins to wait for the connection on the loop; false when the system refuses.
    func attach() -> Bool {
        guard let token = loop.register(descriptor, self) else { return false }
        self.token.store(token, ordering: .releasing)
        return true
    }

    /// Runs `body` under the lock, and what it leaves to do afterwards.
    func perform<R: Sendable>(_ body: (inout State, inout After) -> R) -> R {
        var after = After()
        let result = state.withLock { body(&$0, &after) }
        after.run()
        return result
    }

    // MARK: Sending

    private enum Sending: Sendable {
        case sent(PGExchange, isAlone: Bool)
        case unsettled
        case failed(PGError)
    }

    /// Sends all steps; waits only for an earlier call whose reader has left.
    ///
    /// - Parameter wait: How long a sender that is alone waits for the answer itself (``readBySender(_:wait:)``).
    func send(
        _ steps: [PGPipelineStep], wait: Int32 = PGSession.senderWait
    ) async throws -> PGExchange {
        try LibPQ.check(steps)
        var steps = steps
        if steps.last != .sync { steps.append(.sync) }
        while true {
            if Task.isCancelled { throw PGError(.cancelled, "The query was cancelled before it was sent.") }
            switch trySend(steps) {
            case .sent(let exchange, let isAlone):
                if isAlone { readBySender(exchange, wait: wait) }
                return exchange
            case .failed(let error): throw error
            case .unsettled: await settle()
            }
        }
    }

    private func trySend(_ steps: [PGPipelineStep]) -> Sending {
        perform { state, after in
            guard let connection = state.connection else {
                return .failed(state.closeReason ?? PGError(.connectionLost, "The connection is closed."))
            }
            if state.machine.isBusy, state.exchange?.isDropped == false, !state.machine.isCancelling {
                return .failed(
                    PGError(.connectionBusy, "An earlier call on this connection has not been read to its end."))
            }
            let kinds = steps.map { $0 == .sync ? ConnectionStateMachine.Step.sync : .statement }
            guard state.machine.isSettled, state.machine.start(kinds) else { return .unsettled }
            let exchange = PGExchange(session: self)
            state.exchange = exchange
            let isAlone = loop.exchangeBegan()
            state.receivedSinceResult = 0
            state.preparing.removeAll(keepingCapacity: true)
            for (index, step) in steps.enumerated() {
                let isQueued: Bool
                switch step {
                case .statement(let sql, let parameters, let format):
                    isQueued = LibPQ.send(connection, .text(sql), parameters, format)
                    if index == 0 { _ = clibpq_set_row_mode(connection.raw, 1) }
                case .prepare(let sql, let name, let types):
                    isQueued = PQsendPrepare(connection.raw, name, sql, Int32(types.count), types) == 1
                    if !name.isEmpty { state.preparing[index] = name }
                case .execute(let name, let parameters, let format):
                    isQueued = LibPQ.send(connection, .prepared(name), parameters, format)
                    if index == 0 { _ = clibpq_set_row_mode(connection.raw, 1) }
                case .sync: isQueued = clibpq_pipeline_sync(connection.raw) == 1
                }
                guard isQueued else {
                    let detail = connection.message
                    let error = PGError(.connectionLost, "The statement could not be sent.", detail: detail)
                    close(&state, &after, error)
                    return .failed(error)
                }
            }
            flush(&state)
            state.isReadBySender = isAlone && !state.needsFlush
            arm(&state)
            return .sent(exchange, isAlone: state.isReadBySender)
        }
    }

    /// Writes what libpq holds, as much as the system takes.
    func flush(_ state: inout State) {
        guard let connection = state.connection else { return }
        // A failure shows when the answer is read, with the server's last words.
        state.needsFlush = PQflush(connection.raw) == 1
    }

    /// Waits for what is expected.
    func arm(_ state: inout State) {
        guard state.connection != nil, !state.isReadBySender else { return }
        var interest: Interest = []
        if state.machine.isBusy {
            // Never stop reading while writing: the server may be waiting for us to read.
            if state.needsFlush || state.exchange?.isPaused != true { interest.insert(.read) }
        } else if !state.listeners.isEmpty {
            interest.insert(.read)
        }
        if state.needsFlush { interest.insert(.write) }
        if !interest.isEmpty { loop.arm(descriptor, token: token.load(ordering: .acquiring), interest) }
    }

    /// Runs one statement to its end.
    func execute(
        _ sql: String, _ parameters: [PGParameter], format: PGFormat
    ) async throws -> PGCommandResult {
        let exchange = try await send([.statement(sql, parameters, format: format), .sync])
        var columns: [PGColumn] = []
        var rows: [PGRow] = []
        var tag = ""
        var failure: PGServerError?
        while true {
            let events = try await exchange.nextEvents()
            if events.isEmpty { break }
            for event in events {
                switch event {
                case .columns(_, let found): columns = found
                case .rows(_, let batch): rows += batch
                case .complete(_, let commandTag): tag = commandTag
                case .failed(_, let error): failure = failure ?? error
                case .aborted, .synced: break
                }
            }
        }
        if let failure { throw PGError(server: failure) }
        return PGCommandResult(commandTag: tag, columns: columns, rows: rows, notices: notices.take())
    }

    // MARK: State

    func retire() { state.withLock { $0.isRetired = true } }

    func takeNotices() -> [PGServerError] { notices.take() }

    var transactionStatus: PGTransactionStatus {
        state.withLock { state in
            guard let connection = state.connection else { return .unknown }
            return switch PQtransactionStatus(connection.raw) {
            case PQTRANS_IDLE: .idle
            case PQTRANS_ACTIVE: .active
            case PQTRANS_INTRANS: .inTransaction
            case PQTRANS_INERROR: .inFailedTransaction
            default: .unknown
            }
        }
    }

    func isPrepared(_ name: String) -> Bool { state.withLock { $0.prepared.contains(name) } }

    func parameterStatus(_ name: String) -> String? {
        state.withLock { state in
            guard let connection = state.connection else { return nil }
            return PQparameterStatus(connection.raw, name).map { String(cString: $0) }
        }
    }

    /// Whether the connection can serve somebody else: nothing runs, no transaction is open, the server is still there.
    func isReusable() -> Bool {
        perform { state, after in
            guard let connection = state.connection, state.machine.isSettled, !state.isRetired,
                PQstatus(connection.raw) == CONNECTION_OK, PQtransactionStatus(connection.raw) == PQTRANS_IDLE
            else { return false }
            // What an idle server has to say: a notice, a parameter, a TLS record, or farewell, where the end of the
            // stream follows what was read.
            for _ in 0..<4 {
                switch clibpq_peek(descriptor) {
                case 0: return true
                case 1:
                    guard PQconsumeInput(connection.raw) == 1 else { return false }
                    deliverNotifications(&state, &after)
                default: return false
                }
            }
            return false
        }
    }

    /// Calls `body` once nothing of a call or cancellation is left: at once, or later from any thread.
    func whenSettled(_ body: @escaping @Sendable () -> Void) {
        perform { state, after in
            if state.machine.isSettled {
                after.calls.append(body)
            } else {
                state.settled.append(body)
            }
        }
    }

    func settle() async {
        await withCheckedContinuation { continuation in whenSettled { continuation.resume() } }
    }

    func reportSettled(_ state: inout State, _ after: inout After) {
        guard state.machine.isSettled, !state.settled.isEmpty else { return }
        after.calls += state.settled
        state.settled = []
    }

    /// Closes the connection; who reads from it gets `error`.
    func close(_ error: PGError) { perform { close(&$0, &$1, error) } }

    func close(_ state: inout State, _ after: inout After, _ error: PGError) {
        guard let connection = state.connection else { return }
        // The loop must forget the descriptor before the system gives its number to somebody else.
        loop.deregister(descriptor, token: token.load(ordering: .acquiring))
        PQfinish(connection.raw)
        state.connection = nil
        state.builder = nil
        state.closeReason = error
        state.machine.close()
        if let exchange = state.exchange {
            after.calls += exchange.end(.failure(error))
            loop.exchangeEnded()
        }
        state.exchange = nil
        let listeners = state.listeners.values
        state.listeners = [:]
        after.calls += listeners.map { listener in { listener.finish() } }
        reportSettled(&state, &after)
    }
}
