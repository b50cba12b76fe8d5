/// Who a call is made for: the owner of a token, a signed-in user, or the local user of stdio.
///
/// What a principal may do is decided from this value alone, so that every door (MCP, API, command line) decides alike.
public struct Principal: Sendable, Hashable {
    /// What identifies the principal in audit records and limits; stable over its lifetime, never a secret.
    public let id: String
    /// The name that people see.
    public let name: String
    /// What the principal may do; never ``Scope/admin`` for one that is bound to databases.
    public let scopes: Set<Scope>
    /// The names of the databases that the principal may use; `nil` means every configured one.
    public let databases: [String]?

    /// Makes a principal.
    ///
    /// Accounts, sessions and the audit log are of all databases, and who administers them can give any right. Whoever is bound to some
    /// databases would be bound no more with it, so that such a principal does not hold ``Scope/admin``, whatever its file says.
    ///
    /// - Parameters:
    ///   - id: A stable identifier that is not a secret.
    ///   - name: The name to show.
    ///   - scopes: What it may do.
    ///   - databases: The names of the databases it may use; `nil` for all.
    public init(id: String, name: String, scopes: Set<Scope>, databases: [String]? = nil) {
        self.id = id
        self.name = name
        self.scopes = databases == nil ? scopes : scopes.subtracting([.admin])
        self.databases = databases
    }

    /// The principal of a process that talks over its own standard input and output.
    ///
    /// Whoever started the process could read its configuration and connect without it, so nothing is gained by asking
    /// for a token: it may do everything but administer accounts, which stdio does not serve.
    public static let local = Principal(id: "local", name: "local", scopes: [.read, .write, .approve])

    /// Everybody, where authentication is off: may read, and nothing that would need somebody to answer for it.
    public static let anonymous = Principal(id: "anonymous", name: "anonymous", scopes: [.read])

    /// Whether the principal may do what `scope` names.
    public func may(_ scope: Scope) -> Bool {
        scopes.contains(scope)
    }

    /// Whether the principal is bound to no database, or to a list that holds `database`.
    ///
    /// - Parameter database: The name from the configuration, compared exactly.
    public func mayUse(database: String) -> Bool {
        databases?.contains(database) ?? true
    }
}
