public import Logging

/// The databases of a configuration, by name.
///
/// Nothing is connected when it is made: a database that is down is found out by the first call, and answers again when
/// it is back.
public final class DatabaseRegistry: Sendable {
    /// The databases in the order of the configuration; the first is the default.
    public let databases: [Database]

    /// Makes the databases; does not connect.
    ///
    /// - Parameters:
    ///   - configuration: the whole configuration.
    ///   - logger: where warnings for the operator go.
    public init(configuration: AgentConfiguration, logger: Logger) {
        databases = configuration.databases.map { Database(configuration: $0, logger: logger) }
    }

    /// A database by its name.
    ///
    /// - Parameter name: the configured name; `nil` or empty for the first database.
    /// - Throws: ``QueryFailure`` of the kind `invalidArgument` that names the nearest database and all others.
    public func database(named name: String?) throws(QueryFailure) -> Database {
        guard let first = databases.first else {
            throw .invalidArgument("No database is configured on this server.")
        }
        guard let name, !name.isEmpty else { return first }
        if let database = databases.first(where: { $0.name == name }) { return database }
        let names = databases.map { "\"\(SafeText.cleanLine($0.name))\"" }
        var text = "There is no database \"\(SafeText.cleanLine(name))\"."
        if let near = NearestName.of(name, among: databases.map(\.name)) {
            text += " Did you mean \"\(SafeText.cleanLine(near))\"?"
        }
        throw .invalidArgument(text + " The databases are: " + names.joined(separator: ", ") + ".")
    }

    /// Ends all connections; calls in flight have a short time to finish.
    public func shutdown() async {
        await withTaskGroup(of: Void.self) { group in
            for database in databases { group.addTask { await database.shutdown() } }
        }
    }
}

/// Finds what somebody may have meant.
enum NearestName {
    /// The candidate with the fewest edits, when they are few for the length of the name.
    static func of(_ name: String, among candidates: [String]) -> String? {
        // A name is short; a text that somebody sent instead of one is not compared.
        let wanted = Array(name.lowercased().prefix(64))
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let distance = distance(wanted, Array(candidate.lowercased().prefix(64)))
            if distance <= max(1, wanted.count / 3), distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.name
    }

    /// Levenshtein's distance.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[right.count]
    }
}
