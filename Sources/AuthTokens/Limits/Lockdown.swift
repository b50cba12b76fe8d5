internal import Synchronization

/// The switch of an incident: while it is on, every token is refused, and every session that was begun before is over for
/// good.
public final class Lockdown: Sendable {
    private let file: StateFile<LockdownState>
    private let cached = Mutex(LockdownState())
    /// As in ``TokenStore``.
    private let refreshing = Mutex(())

    /// Names the switch; it is a file in the state folder, or beside the token file when there is none.
    ///
    /// - Parameter files: Where things are.
    public init(files: AccountFiles) {
        file = StateFile(path: files.lockdown)
        refresh()
    }

    /// Whether it is on, as last seen by ``refresh()``.
    public var isOn: Bool { cached.withLock { $0.since != nil && $0.lifted == nil } }

    /// When it was last switched on, also after it was lifted: sessions begun before are over.
    public var since: Timestamp? { cached.withLock { $0.since } }

    /// Looks whether somebody switched it.
    public func refresh() {
        refreshing.withLock { _ in refreshAlone() }
    }

    private func refreshAlone() {
        let state: LockdownState
        do {
            try file.refresh()
            state = file.read { $0 }
        } catch {
            // A switch that is there and cannot be read is on.
            if error.isMissing { return }
            state = LockdownState(since: cached.withLock { $0.since } ?? .now)
        }
        cached.withLock { $0 = state }
    }

    /// Switches it on.
    ///
    /// - Parameter now: The present.
    /// - Throws: ``AccountError`` when the file cannot be written.
    public func begin(at now: Timestamp = .now) throws(AccountError) {
        try file.update { state in
            if state.since == nil || state.lifted != nil { state = LockdownState(since: now) }
            return (true, ())
        }
        refresh()
    }

    /// Switches it off. Tokens hold again; sessions stay ended.
    ///
    /// - Parameter now: The present.
    /// - Returns: Whether it was on.
    /// - Throws: ``AccountError`` when the file cannot be written.
    @discardableResult
    public func lift(at now: Timestamp = .now) throws(AccountError) -> Bool {
        let wasOn = try file.update { state in
            let wasOn = state.since != nil && state.lifted == nil
            if wasOn { state.lifted = now }
            return (wasOn, wasOn)
        }
        refresh()
        return wasOn
    }
}

struct LockdownState: StateContents {
    static let kind = "postgres-agent-lockdown"
    var since: Timestamp?
    var lifted: Timestamp?

    init() {}

    init(since: Timestamp) {
        self.since = since
    }

    mutating func read(_ words: [Substring]) -> Bool {
        guard words.count == 2, let moment = Timestamp(words[1]) else { return false }
        switch words[0] {
        case "since": since = moment
        case "lifted": lifted = moment
        default: return false
        }
        return true
    }

    var lines: [[String]] {
        [since.map { ["since", $0.text] }, lifted.map { ["lifted", $0.text] }].compactMap { $0 }
    }
}
