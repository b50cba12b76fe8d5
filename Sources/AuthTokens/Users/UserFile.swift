/// The file of users, as an administrator changes it: each change is read, made and written whole, alone among all processes,
/// and is durable when it returns.
public struct UserFile: Sendable {
    /// The file.
    public var path: String { file.path }
    private let file: RecordFile<UserRecord>

    /// Names a file; nothing is read yet.
    ///
    /// - Parameter path: The file; the first user makes it, at mode 600.
    public init(path: String) {
        file = RecordFile(path)
    }

    /// Reads every user.
    ///
    /// - Throws: ``AccountError`` when the file is missing, readable by others, or not as it must be, with the place.
    public func load() throws(AccountError) -> [UserRecord] {
        try file.load()
    }

    /// Adds a user. Takes a tenth of a second for the password.
    ///
    /// - Parameters:
    ///   - name: The name to sign in with.
    ///   - password: The password, checked by ``PasswordRules``.
    ///   - note: What is to be known about the person.
    ///   - scopes: What the person may do.
    ///   - databases: The databases that the person may use; `nil` for all.
    ///   - cost: What a guess at the password shall cost.
    ///   - now: The present.
    /// - Throws: ``AccountError`` when the name or the password is not allowed, or the name is taken.
    @discardableResult
    public func add(
        name: String, password: String, note: String = "", scopes: Set<Scope> = [.read], databases: [String]? = nil,
        cost: PasswordHash.Cost = .standard, at now: Timestamp = .now
    ) throws(AccountError) -> UserRecord {
        guard UserRecord.isName(name) else {
            throw .invalid("a name is 1 to 64 letters, digits and . _ - @, and begins with a letter, a digit or _")
        }
        try TokenRecord.check(note: note, owner: "", databases: databases)
        guard !scopes.isEmpty else { throw .invalid("a user without a scope may do nothing") }
        try TokenRecord.check(scopes: scopes, databases: databases)
        let user = UserRecord(
            name: name, note: note, password: try Self.hash(password, name, cost), created: now, passwordChanged: now,
            disabled: nil, scopes: scopes, databases: databases)
        return try file.update { (users) throws(AccountError) -> UserRecord in
            guard !users.contains(where: { $0.name == name }) else {
                throw AccountError(.exists, "there is a user \(name) already")
            }
            users.append(user)
            return user
        }
    }

    /// Sets a new password, which ends the user's sessions.
    ///
    /// - Throws: ``AccountError`` when the password is not allowed, or there is no such user.
    public func setPassword(
        _ password: String, of name: String, cost: PasswordHash.Cost = .standard, at now: Timestamp = .now
    ) throws(AccountError) {
        let hash = try Self.hash(password, name, cost)
        try change(name) { user in
            user.password = hash
            user.passwordChanged = now
        }
    }

    /// Changes the note, scopes, databases or the disabling of a user.
    @discardableResult
    public func change(
        _ name: String, _ body: (inout UserRecord) throws(AccountError) -> Void
    ) throws(AccountError) -> UserRecord {
        try file.update { (users) throws(AccountError) -> UserRecord in
            guard let index = users.firstIndex(where: { $0.name == name }) else { throw Self.unknown(name) }
            let before = users[index]
            try body(&users[index])
            let user = users[index]
            // One that was written by hand may still be disabled.
            if user.scopes != before.scopes || user.databases != before.databases {
                try TokenRecord.check(scopes: user.scopes, databases: user.databases)
            }
            return user
        }
    }

    /// Removes a user.
    public func delete(_ name: String) throws(AccountError) {
        try file.update { (users) throws(AccountError) in
            guard let index = users.firstIndex(where: { $0.name == name }) else { throw Self.unknown(name) }
            users.remove(at: index)
        }
    }

    private static func unknown(_ name: String) -> AccountError { AccountError(.unknown, "there is no user \(name)") }

    private static func hash(
        _ password: String, _ name: String, _ cost: PasswordHash.Cost
    ) throws(AccountError) -> PasswordHash {
        if let objection = PasswordRules.objection(to: password, for: name) { throw .invalid(objection) }
        return try PasswordHash(of: password, cost: cost)
    }
}
