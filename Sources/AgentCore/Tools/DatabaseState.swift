import MCPProtocol

/// Whether a database answers now, asked of all at once: one that is down must not keep the others from being listed.
struct DatabaseState: Sendable {
    /// What came of asking.
    enum Availability: Sendable {
        /// It answered; the server's version.
        case answers(version: String)
        /// It did not, and why.
        case fails(String)
    }

    /// The configured name.
    let name: String
    /// Whether it is meant where none is named.
    let isDefault: Bool
    /// Whether the configuration allows writes.
    let allowsWrites: Bool
    /// The most rows of one answer.
    let rowLimit: Int
    /// What came of asking.
    let availability: Availability

    /// How long an answer is waited for. A person waits for this list, and a healthy database answers in milliseconds.
    static let patience: Duration = .seconds(3)

    /// The state of each database, in their order.
    static func all(_ visible: VisibleDatabases) async -> [DatabaseState] {
        await withTaskGroup(of: (Int, DatabaseState).self) { group in
            for (index, database) in visible.databases.enumerated() {
                group.addTask { (index, await state(of: database, isDefault: index == 0)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func state(of database: Database, isDefault: Bool) async -> DatabaseState {
        let availability: Availability
        do {
            let version = try await Deadline.run(within: patience) { try await database.systemInfo().postgresqlVersion }
            availability = version.map { .answers(version: $0) } ?? .fails("no answer within \(patience)")
        } catch let failure as QueryFailure {
            availability = .fails(failure.line)
        } catch {
            availability = .fails("it could not be asked")
        }
        return DatabaseState(
            name: database.name, isDefault: isDefault, allowsWrites: database.configuration.allowWrites,
            rowLimit: database.configuration.limits.rows, availability: availability)
    }

    /// The state as structured content.
    var json: JSONValue {
        var version: JSONValue = .null
        var problem: JSONValue = .null
        var available = false
        switch availability {
        case .answers(let text):
            available = true
            version = .string(text)
        case .fails(let text):
            problem = .string(text)
        }
        return [
            "name": .string(name), "default": .bool(isDefault), "available": .bool(available), "version": version,
            "allowWrites": .bool(allowsWrites), "rowLimit": .integer(Int64(rowLimit)), "problem": problem,
        ]
    }
}
