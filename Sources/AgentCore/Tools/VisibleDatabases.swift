import AuthTokens
import MCPProtocol

/// The databases that one caller may use. What the caller may not use does not exist for it: neither a list nor an error
/// names it.
struct VisibleDatabases: Sendable {
    /// The databases, in the order of the configuration.
    let databases: [Database]
    /// Who may use them.
    let principal: Principal?

    /// Whether the caller may write to any of them.
    var allowsWrites: Bool { databases.contains { $0.allowsWrites(of: principal) } }

    /// Those of `all` that `principal` may use.
    ///
    /// - Parameters:
    ///   - all: Every configured database.
    ///   - principal: Who asks; nil: nobody who is known, who may use none.
    init(_ all: [Database], for principal: Principal?) {
        self.principal = principal
        databases = all.filter { $0.mayBeUsed(by: principal) }
    }

    /// The database called `name`, or the first one.
    ///
    /// - Parameter name: The name as the caller wrote it; nil for the first database.
    /// - Throws: ``ToolError`` with the nearest name and the names that there are.
    func database(named name: String?) throws(ToolError) -> Database {
        guard let first = databases.first else {
            throw ToolError(
                "No database is configured that this caller may use. The operator adds one under databases in agentd.yaml, "
                    + "or gives the token access to it.")
        }
        guard let name else { return first }
        if let database = databases.first(where: { $0.name == name }) { return database }
        let names = databases.map(\.name)
        var text = "There is no database \(PlainText.excerpt(name))"
        text += NearestSpelling.of(name, among: names).map { "; did you mean \"\($0)\"?" } ?? "."
        let shown = names.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
        text += " There are: \(shown)\(names.count > 20 ? " and \(names.count - 20) more (list_databases)" : "")."
        throw ToolError(text)
    }
}
