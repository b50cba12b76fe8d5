internal import Synchronization

/// Decides about tokens from memory, many times a second; reads the file again when it changed.
///
/// ```swift
/// let tokens = try TokenStore(files: AccountFiles(tokens: "/etc/agent/tokens.yaml", state: "/var/lib/agent"))
/// switch tokens.verify(bearer) {
/// case .accepted(let principal, _): …
/// case .refused: …  // 401, always with the same words
/// }
/// ```
/// Call ``refresh()`` and ``flush()`` now and then, or let ``Accounts`` do it.
public final class TokenStore: Sendable {
    private struct State {
        var table: TokenTable
        var identity: FileIdentity?
        var failure: AccountError?
        var used: [String: Timestamp] = [:]
    }

    /// The file of tokens.
    public let file: TokenFile
    private let uses: StateFile<TokenUse>
    private let lockdown: Lockdown
    private let state: Mutex<State>
    /// One reads the file at a time: what was read earlier must not be stored later.
    private let refreshing = Mutex(())

    /// Reads the token file.
    ///
    /// - Parameter files: Where it is. One that does not exist holds no token yet.
    /// - Throws: ``AccountError`` when it is readable by others or not as it must be.
    public convenience init(files: AccountFiles) throws(AccountError) {
        try self.init(files: files, lockdown: Lockdown(files: files))
    }

    init(files: AccountFiles, lockdown: Lockdown) throws(AccountError) {
        file = TokenFile(path: files.tokens)
        uses = StateFile(path: files.tokenUse)
        self.lockdown = lockdown
        let identity = FileIdentity(files.tokens)
        var table = TokenTable()
        if identity != nil { table = TokenTable(try file.load()) }
        state = Mutex(State(table: table, identity: identity))
    }

    /// Decides about a token. Touches no file; more than 50,000 a second on one core.
    ///
    /// - Parameters:
    ///   - text: What the caller showed, from anybody.
    ///   - now: The present.
    public func verify(_ text: String, at now: Timestamp = .now) -> TokenVerdict {
        // The digest is computed outside of the lock: cores do not wait for one another.
        let table = state.withLock { $0.table }
        let (verdict, record) = table.verify(text, at: now)
        guard let record else { return verdict }
        if lockdown.isOn { return .refused(.lockdown) }
        state.withLock { $0.used[table.records[record].id] = now }
        return verdict
    }

    /// Every token, as last read.
    public var records: [TokenRecord] { state.withLock { $0.table.records } }

    /// The token of an id, as last read.
    public subscript(id: String) -> TokenRecord? { state.withLock { $0.table }.record(id) }

    /// Why the token file was not taken over when it changed last; the tokens of before hold meanwhile.
    public var failure: AccountError? { state.withLock { $0.failure } }

    /// When each token was last used, by its id: by this process and, as far as they wrote it down, by the others.
    public var lastUses: [String: Timestamp] {
        let unwritten = state.withLock { $0.used }
        return uses.read { $0.last }.merging(unwritten) { max($0, $1) }
    }

    /// Reads the token file when it is another one than before.
    ///
    /// - Returns: Whether other tokens hold now.
    /// - Throws: ``AccountError`` when the file cannot be taken over; the tokens of before go on to hold. One that was thrown
    ///   for a file is not thrown again until the file changes.
    @discardableResult
    public func refresh() throws(AccountError) -> Bool {
        lockdown.refresh()
        return try refreshing.withLock { _ throws(AccountError) in try refreshAlone() }
    }

    private func refreshAlone() throws(AccountError) -> Bool {
        let identity = FileIdentity(file.path)
        guard state.withLock({ $0.identity != identity }) else { return false }
        let outcome: Result<TokenTable, AccountError>
        do throws(AccountError) {
            outcome = .success(TokenTable(try file.load()))
        } catch {
            outcome = .failure(error)
        }
        state.withLock {
            $0.identity = identity
            switch outcome {
            case .success(let table):
                $0.table = table
                $0.failure = nil
            case .failure(let error): $0.failure = error
            }
        }
        _ = try outcome.get()
        return true
    }

    /// Writes down the last uses since the last time: once a minute and at the end, never for each call.
    ///
    /// - Throws: ``AccountError`` when the state folder cannot be written; the uses are kept for the next time.
    public func flush() throws(AccountError) {
        let (used, known) = state.withLock { state in
            (state.used, Set(state.table.records.map(\.id)))
        }
        guard !used.isEmpty else { return }
        try uses.update { contents in (contents.merge(used, known: known), ()) }
        state.withLock { state in
            for (id, moment) in used where state.used[id] == moment { state.used[id] = nil }
        }
    }
}
