internal import Synchronization

/// Users in memory; reads the file again when it changed.
public final class UserStore: Sendable {
    private struct State {
        var users: [String: UserRecord]
        var decoy: PasswordHash
        var identity: FileIdentity?
        var failure: AccountError?
    }

    /// The file of users.
    public let file: UserFile
    private let state: Mutex<State>
    /// As in ``TokenStore``.
    private let refreshing = Mutex(())

    /// Reads the user file.
    ///
    /// - Parameter files: Where it is. One that does not exist holds no user yet.
    /// - Throws: ``AccountError`` when it is readable by others or not as it must be.
    public init(files: AccountFiles) throws(AccountError) {
        file = UserFile(path: files.users)
        let identity = FileIdentity(files.users)
        let users = identity == nil ? [] : try file.load()
        state = Mutex(State(users: Self.table(users), decoy: Self.decoy(users), identity: identity))
    }

    /// Every user, by name.
    public var records: [UserRecord] {
        state.withLock { state in state.users.values.sorted { $0.name < $1.name } }
    }

    /// A user.
    public subscript(name: String) -> UserRecord? { state.withLock { $0.users[name] } }

    /// Why the user file was not taken over when it changed last; the users of before hold meanwhile.
    public var failure: AccountError? { state.withLock { $0.failure } }

    /// Reads the user file when it is another one than before.
    ///
    /// - Returns: Whether other users hold now.
    /// - Throws: ``AccountError`` when the file cannot be taken over; the users of before go on to hold.
    @discardableResult
    public func refresh() throws(AccountError) -> Bool {
        try refreshing.withLock { _ throws(AccountError) in try refreshAlone() }
    }

    private func refreshAlone() throws(AccountError) -> Bool {
        let identity = FileIdentity(file.path)
        guard state.withLock({ $0.identity != identity }) else { return false }
        let outcome: Result<[UserRecord], AccountError>
        do throws(AccountError) {
            outcome = .success(try file.load())
        } catch {
            outcome = .failure(error)
        }
        state.withLock {
            $0.identity = identity
            switch outcome {
            case .success(let users):
                $0.users = Self.table(users)
                $0.decoy = Self.decoy(users)
                $0.failure = nil
            case .failure(let error): $0.failure = error
            }
        }
        _ = try outcome.get()
        return true
    }

    /// Whose the password is. Blocks for the time of one scrypt, also for a name that does not exist: a hash of the same cost
    /// is tried then.
    func check(_ password: String, of name: String) -> UserRecord? {
        let (user, decoy) = state.withLock { ($0.users[name], $0.decoy) }
        // A longer one cannot be anybody's; it is cut, not skipped, so that it costs the same.
        let candidate = password.utf8.count <= PasswordRules.maximumBytes ? password : String(password.prefix(256))
        let matches = (user?.password ?? decoy).matches(candidate)
        guard matches, candidate.utf8.count == password.utf8.count, let user else { return nil }
        return user
    }

    private static func table(_ users: [UserRecord]) -> [String: UserRecord] {
        Dictionary(users.map { ($0.name, $0) }) { first, _ in first }
    }

    /// As costly as the costliest password.
    private static func decoy(_ users: [UserRecord]) -> PasswordHash {
        .decoy(users.map(\.password.cost).max { $0.work < $1.work } ?? .standard)
    }
}
