import Synchronization

/// A connection that ``PGClient/withConnection(isolation:_:)`` lends.
///
/// One call at a time: a call made while an earlier one is still being read throws
/// ``PGError/Code/connectionBusy``; after a loop was left early it waits until the server has confirmed the
/// cancellation. Cancelling the task that waits cancels the statement on the server.
public final class PGConnection: Sendable {
    let session: PGSession
    private let isLent = Atomic<Bool>(true)

    init(_ session: PGSession) { self.session = session }

    /// The session, unless the loan is over.
    private func lent() throws -> PGSession {
        guard isLent.load(ordering: .acquiring) else {
            throw PGError(.invalidArgument, "A connection was used after it had gone back to the pool.")
        }
        return session
    }

    /// Ends the loan.
    func endLoan() {
        isLent.store(false, ordering: .releasing)
        session.endNotifications()
    }

    /// Runs one statement and streams its rows.
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: Values for `$1`, `$2`, …
    ///   - format: How rows shall travel.
    /// - Returns: The rows, after their columns are known.
    /// - Throws: ``PGError``.
    public func query(
        _ sql: String, _ parameters: [PGParameter] = [], format: PGFormat = .text
    ) async throws -> PGRowSequence {
        try await PGRowSequence(reading: try await lent().send([.statement(sql, parameters, format: format), .sync]))
    }

    /// Runs one statement and waits for all it returns.
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: Values for `$1`, `$2`, …
    ///   - format: How rows shall travel.
    /// - Returns: The command tag, rows and notices.
    /// - Throws: ``PGError``.
    @discardableResult
    public func execute(
        _ sql: String, _ parameters: [PGParameter] = [], format: PGFormat = .text
    ) async throws -> PGCommandResult {
        try await lent().execute(sql, parameters, format: format)
    }

    /// Sends all steps in one go, before the first answer is read: one round trip.
    ///
    /// A `sync` is added at the end when there is none.
    /// - Parameter steps: Statements and syncs.
    /// - Returns: What happens to each step.
    /// - Throws: ``PGError`` when the steps cannot be sent.
    public func pipeline(_ steps: [PGPipelineStep]) async throws -> PGPipelineResults {
        PGPipelineResults(try await lent().send(steps))
    }

    /// Cancels what runs on the server and returns when the server has confirmed it, at the latest after the
    /// connection was given up (two seconds).
    ///
    /// The request is sent at once, and again after 250 ms and 1 s. The reader of the statement sees its error.
    ///
    /// After the loan it does nothing: what runs then is somebody else's.
    public func cancel() async { await session.cancelAndSettle { self.isLent.load(ordering: .acquiring) } }

    /// Closes the connection instead of giving it back to the pool, when it comes back.
    public func retire() { session.retire() }

    /// Notices that the server sent since this was last asked, at most 64; older ones are dropped first.
    public func takeNotices() -> [PGServerError] { session.takeNotices() }

    /// The `NOTIFY`s that arrive for channels this connection listens to.
    ///
    /// Ends when the connection is closed or goes back. Up to 1,024 wait for a slow reader, then the oldest are lost.
    /// A connection that listened is closed when it comes back.
    public var notifications: AsyncStream<PGNotification> { session.notifications() }

    /// The server's version, such as 150018 for 15.18.
    public var serverVersion: Int { session.facts.serverVersion }
    /// The server process behind this connection; behind a pooler, the pooler's idea of it.
    public var backendProcessID: Int32 { session.facts.processID }
    /// Where the transaction stands.
    public var transactionStatus: PGTransactionStatus { session.transactionStatus }
    /// A parameter that the server reports, such as `server_version`, `TimeZone` or `in_hot_standby`.
    /// - Parameter name: The parameter's name, in the server's spelling.
    /// - Returns: Its value; nil when the server does not report it.
    public func parameterStatus(_ name: String) -> String? { session.parameterStatus(name) }
    /// Some parameters that the server reports, to be compared with what they are at another time.
    /// - Parameter names: The parameters' names, in the server's spelling.
    /// - Returns: Their values now.
    public func reportedParameters(_ names: [StaticString]) -> PGReportedParameters {
        session.reportedParameters(names)
    }
    /// A word that whoever uses the connection wants to find on it at the next loan: it stays until the connection is closed.
    /// It is nil at first.
    public var note: String? {
        get { session.state.withLock { $0.note } }
        set { session.state.withLock { $0.note = newValue } }
    }
    /// Whether a statement was prepared under a name on this connection (``PGPipelineStep/prepare(_:name:parameterTypes:)``).
    ///
    /// What the server has forgotten since, by `DISCARD ALL` or behind a pooler that gives out a server for each
    /// transaction, is not noticed.
    public func isPrepared(_ name: String) -> Bool { session.isPrepared(name) }
    /// The host that was reached, of those in the configuration.
    public var host: String { session.facts.host }
    /// The port that was reached.
    public var port: String { session.facts.port }
    /// The user.
    public var user: String { session.facts.user }
    /// The database.
    public var database: String { session.facts.database }
    /// Whether the connection is encrypted with TLS.
    public var isEncrypted: Bool { session.facts.isEncrypted }
}
