internal import AuthTokens
internal import MCPProtocol
internal import SQLClassifier

/// The schema of a database for the instructions of a model: as much of it as fits, so that most questions need no look at it.
struct SchemaDigest: Sendable {
    /// A relation, and what belongs to it.
    struct Relation: Sendable {
        var summary: RelationSummary
        var columns: [ColumnDescription]
        /// The primary and foreign keys as SQL.
        var keys: [String]
    }

    /// The relations that are said more of than their names.
    private static let mostRelations = 300

    /// Reads the schema and describes it.
    ///
    /// - Parameters:
    ///   - database: The database.
    ///   - origin: Who is behind it.
    ///   - most: The most bytes.
    /// - Returns: Lines, escaped as rows are, and what they leave out.
    /// - Throws: ``QueryFailure``.
    static func read(_ database: Database, origin: CallOrigin, most: Int) async throws -> SchemaDigest {
        try await database.observing(origin, subject: nil) {
            let page = try await database.catalog.tables(limit: mostRelations)
            let relations = page.items.filter { $0.isReadable && !$0.isPartition }
            let structures = try await database.catalog.structures(of: relations)
            return of(
                zip(relations, structures).map { Relation(summary: $0, columns: $1.columns, keys: keys(of: $1)) },
                hasMore: page.hasMore, most: most)
        }
    }

    private static func keys(of structure: RelationStructure) -> [String] {
        let primary = structure.primaryKey.map(Identifier.quote).joined(separator: ", ")
        return (primary.isEmpty ? [] : ["PRIMARY KEY (\(primary))"]) + structure.foreignKeys.map(\.definition)
    }

    /// The lines.
    let text: String
    /// What they are, for the line above them.
    let lead: String

    /// Describes relations in at most so many bytes: with columns, types and keys; with the names of columns; or by name.
    static func of(_ relations: [Relation], hasMore: Bool, most: Int) -> SchemaDigest {
        let count = relations.count == 1 ? "1 table or view" : "\(relations.count) tables and views"
        let rest = hasMore ? "; there are more, which get_schema_info lists" : ""
        let full = relations.map(Self.full).joined()
        if full.utf8.count <= most { return SchemaDigest(text: full, lead: "\(count) with columns and keys\(rest)") }
        let short = relations.map(Self.short).joined()
        if short.utf8.count <= most {
            return SchemaDigest(text: short, lead: "\(count) with their columns' names\(rest)")
        }
        var lines = ""
        var shown = 0
        for relation in relations {
            let line = SchemaText.fields([Self.name(relation)])
            if lines.utf8.count + line.utf8.count > most { break }
            lines += line
            shown += 1
        }
        return SchemaDigest(
            text: lines,
            lead:
                "the names of \(shown)\(shown < relations.count ? " of \(relations.count)" : "") tables and views\(rest); "
                + "get_schema_info tells their columns")
    }

    private static func full(_ relation: Relation) -> String {
        let columns = relation.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        var facts = relation.summary.kind == .table ? "" : relation.summary.kind.rawValue
        if let rows = relation.summary.estimatedRows { facts += (facts.isEmpty ? "" : ", ") + "about \(rows) rows" }
        return SchemaText.fields([
            name(relation), facts, columns, relation.keys.joined(separator: "; "),
            relation.summary.comment.map { SchemaJSON.cut($0, 100) },
        ])
    }

    private static func short(_ relation: Relation) -> String {
        SchemaText.fields([name(relation), relation.columns.map(\.name).joined(separator: ", ")])
    }

    private static func name(_ relation: Relation) -> String { relation.summary.schema + "." + relation.summary.name }
}

/// Numbers that follow from a text, for marks that are the same each time the instructions of a conversation are made: what is
/// sent to a service begins with the same bytes in each turn. Who does not know the text cannot know them.
struct NumbersOfText: RandomNumberGenerator {
    private let text: String
    private var count = 0

    init(_ text: String) { self.text = text }

    mutating func next() -> UInt64 {
        count += 1
        return Digest.sha256("\(count) \(text)".utf8).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
}
