package import AuthTokens
package import MCPProtocol

/// A database that does not exist, or that the caller may not use, which is the same to the caller.
package struct UnknownDatabase: Error, Sendable {
    /// What there is instead.
    package let message: String
}

/// The databases as one caller sees them, for doors other than MCP.
extension DatabaseRegistry {
    /// The databases that a principal may use, in the order of the configuration.
    ///
    /// - Parameter principal: Who asks.
    package func databases(for principal: Principal?) -> [Database] {
        VisibleDatabases(databases, for: principal).databases
    }

    /// A database that a principal may use.
    ///
    /// - Parameters:
    ///   - name: The name as the caller wrote it; nil for the first database.
    ///   - principal: Who asks.
    /// - Throws: ``UnknownDatabase`` with the nearest name.
    package func database(named name: String?, for principal: Principal?) throws(UnknownDatabase) -> Database {
        do {
            return try VisibleDatabases(databases, for: principal).database(named: name)
        } catch {
            throw UnknownDatabase(message: error.toolMessage)
        }
    }

    /// Whether each database that a principal may use answers now, in the order of the configuration; takes three seconds
    /// at most.
    ///
    /// - Parameter principal: Who asks.
    /// - Returns: For each an object with `name`, `available`, `version` and `problem`, as `list_databases` says them.
    package func states(for principal: Principal?) async -> [JSONValue] {
        await DatabaseState.all(VisibleDatabases(databases, for: principal)).map(\.json)
    }
}
