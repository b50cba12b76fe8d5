public import AuthTokens

/// Who may use a database: the one place that decides, for MCP, the API and the command line alike.
extension Database {
    /// Whether a principal may use the database at all: it may read, its token or account is not bound to others, and
    /// `users` of the database is empty or names it.
    ///
    /// - Parameter principal: Who asks; nil: nobody who is known, who may use none.
    public func mayBeUsed(by principal: Principal?) -> Bool {
        guard let principal, principal.may(.read) else { return false }
        // The local user could read the configuration and connect without the agent, so `users` does not bind them.
        if principal == .local { return true }
        let users = configuration.users
        return principal.mayUse(database: name) && (users.isEmpty || users.contains(principal.name))
    }

    /// Whether a principal may write here: the database allows writes, and the principal may use it and has the scope `write`.
    ///
    /// - Parameter principal: Who asks; nil: nobody, who may not.
    public func allowsWrites(of principal: Principal?) -> Bool {
        configuration.allowWrites && mayBeUsed(by: principal) && (principal?.may(.write) ?? false)
    }

    /// Why the caller behind a request may not use the database; nil when it may, and for a program that embeds the library and
    /// does not say who is behind its calls.
    ///
    /// Who lists databases leaves out those that a caller may not use; this holds for who forgot to.
    func accessRefusal(of origin: CallOrigin) -> QueryFailure? {
        guard let principal = origin.principal, !mayBeUsed(by: principal) else { return nil }
        return .invalidArgument("There is no database \"\(SafeText.cleanLine(name))\" that this caller may use.")
    }
}
