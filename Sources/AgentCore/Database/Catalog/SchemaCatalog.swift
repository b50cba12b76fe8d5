internal import MCPProtocol
internal import PGConnector

/// The schemas, tables and columns of a database, as far as the configuration shows them (`schemas.include` and
/// `exclude`).
///
/// Nothing is kept between calls: each asks the server in one round trip, so that what it says is never stale.
public struct SchemaCatalog: Sendable {
    /// A list with a limit.
    public struct Page<Element: Sendable>: Sendable {
        /// The elements, at most as many as asked for.
        public let items: [Element]
        /// Whether there are more.
        public let hasMore: Bool
    }

    /// The most schemas, tables or names that one call returns.
    public static let maximumItems = 10_000

    let database: Database

    /// The schemas, by name.
    ///
    /// - Parameter includeSystem: whether `pg_catalog`, `information_schema` and the like are wanted too.
    /// - Throws: ``QueryFailure``.
    public func schemas(includeSystem: Bool = false) async throws(QueryFailure) -> [SchemaSummary] {
        let rows = try await read(CatalogQueries.schemas, filter(includeSystem: includeSystem))
        return rows.map { row in
            SchemaSummary(
                name: row.string(0) ?? "", owner: row.string(1) ?? "", comment: row.string(2),
                relationCount: row.integer(3) ?? 0, isUsable: row.string(4) == "t")
        }
    }

    /// Tables, views, materialized views, foreign and partitioned tables, by schema and name.
    ///
    /// - Parameters:
    ///   - schema: only of this schema, spelled as in the catalog; `nil` for all that are shown. A system schema has to
    ///     be named.
    ///   - pattern: only names that match, whatever the case: `*` and `?` are wildcards as in psql; without one of them
    ///     the name has to contain the text.
    ///   - limit: the most relations.
    ///   - offset: how many to leave out first.
    /// - Throws: ``QueryFailure``.
    public func tables(
        schema: String? = nil, pattern: String? = nil, limit: Int = 1000, offset: Int = 0
    ) async throws(QueryFailure) -> Page<RelationSummary> {
        let limit = max(1, min(limit, Self.maximumItems))
        let rows = try await read(
            CatalogQueries.relations,
            filter(includeSystem: schema != nil) + [
                PGParameter(bytes: schema.map { Array($0.utf8) }),
                PGParameter(bytes: pattern.map { Array(LikePattern.matching($0).utf8) }),
                .text(String(limit + 1)), .text(String(max(0, offset))),
            ])
        return Page(items: rows.prefix(limit).map(RelationSummary.init(row:)), hasMore: rows.count > limit)
    }

    /// Everything about one relation.
    ///
    /// - Parameters:
    ///   - schema: its schema as the catalog spells it; `nil`: the first of the search path that has it, else the first
    ///     by name.
    ///   - table: its name as the catalog spells it.
    /// - Throws: ``QueryFailure`` of the kind `invalidArgument`, with the nearest name, when there is no such relation or
    ///   the configuration hides it.
    public func describe(schema: String? = nil, table: String) async throws(QueryFailure) -> RelationDescription {
        let parameters =
            filter(includeSystem: schema != nil)
            + [PGParameter(bytes: schema.map { Array($0.utf8) }), .text(table)]
        guard let found = try await read(CatalogQueries.relation, parameters).first, let oid = found.string(0) else {
            throw await unknown(table, schema: schema)
        }
        let identity: [PGParameter] = [.text(oid)]
        let parts = try await readAll(
            CatalogQueries.parts.map { ($0, identity) })
        return RelationDescription(
            summary: RelationSummary(row: found, from: 1), facts: parts[0].first, columns: parts[1],
            constraints: parts[2], indexes: parts[3])
    }

    /// The columns of every relation of a page of ``tables(schema:pattern:limit:offset:)``, in one round trip.
    ///
    /// - Parameter relations: the relations.
    /// - Returns: the columns of each, in the order of `relations`; none for one that is gone.
    /// - Throws: ``QueryFailure``.
    public func columns(of relations: [RelationSummary]) async throws(QueryFailure) -> [[ColumnDescription]] {
        let oids = ArrayLiteral.of(relations.map { String($0.oid) })
        let columns = Self.columnsByRelation(try await read(CatalogQueries.columnsOfMany, [.text(oids)]))
        return relations.map { columns[String($0.oid)] ?? [] }
    }

    /// Rows of `CatalogQueries.columnsOfMany`, by the relation's OID in their first column.
    private static func columnsByRelation(_ rows: [PGRow]) -> [String: [ColumnDescription]] {
        Dictionary(grouping: rows) { $0.string(0) ?? "" }
            .mapValues { $0.map { ColumnDescription(row: $0, from: 1) } }
    }

    /// The columns and keys of every relation of a page of ``tables(schema:pattern:limit:offset:)``, in one round trip.
    ///
    /// - Parameter relations: the relations.
    /// - Returns: the structure of each, in the order of `relations`; an empty one for a relation that is gone.
    /// - Throws: ``QueryFailure``.
    public func structures(of relations: [RelationSummary]) async throws(QueryFailure) -> [RelationStructure] {
        let oids: [PGParameter] = [.text(ArrayLiteral.of(relations.map { String($0.oid) }))]
        let parts = try await readAll([(CatalogQueries.columnsOfMany, oids), (CatalogQueries.keysOfMany, oids)])
        let columns = Self.columnsByRelation(parts[0])
        var primaryKeys: [String: [String]] = [:]
        var foreignKeys: [String: [ForeignKeyDescription]] = [:]
        for row in parts[1] {
            let relation = row.string(0) ?? ""
            if row.string(1) == "p" {
                primaryKeys[relation] = TextArray.elements(row.string(4))
            } else {
                foreignKeys[relation, default: []].append(ForeignKeyDescription(row: row, from: 2))
            }
        }
        return relations.map { relation in
            let oid = String(relation.oid)
            return RelationStructure(
                columns: columns[oid] ?? [], primaryKey: primaryKeys[oid] ?? [], foreignKeys: foreignKeys[oid] ?? [])
        }
    }

    /// Names of schemas that begin with a prefix, for completion.
    ///
    /// - Parameters:
    ///   - prefix: the beginning, whatever the case.
    ///   - limit: the most names.
    /// - Throws: ``QueryFailure``.
    public func schemaNames(prefix: String, limit: Int = 100) async throws(QueryFailure) -> Page<String> {
        let rows = try await read(
            CatalogQueries.schemaNames,
            filter(includeSystem: false) + [.text(LikePattern.prefix(prefix)), .text(String(limit + 1))])
        return Page(items: rows.prefix(limit).compactMap { $0.string(0) }, hasMore: rows.count > limit)
    }

    /// Names of relations that begin with a prefix, for completion.
    ///
    /// - Parameters:
    ///   - schema: only of this schema; `nil` for all that are shown.
    ///   - prefix: the beginning, whatever the case.
    ///   - limit: the most names.
    /// - Throws: ``QueryFailure``.
    public func tableNames(
        schema: String? = nil, prefix: String, limit: Int = 100
    ) async throws(QueryFailure) -> Page<String> {
        let rows = try await read(
            CatalogQueries.tableNames,
            filter(includeSystem: schema != nil) + [
                PGParameter(bytes: schema.map { Array($0.utf8) }), .text(LikePattern.prefix(prefix)),
                .text(String(limit + 1)),
            ])
        return Page(items: rows.prefix(limit).compactMap { $0.string(0) }, hasMore: rows.count > limit)
    }

    /// The first three parameters of every query: included and excluded schemas, and whether system schemas are shown.
    private func filter(includeSystem: Bool) -> [PGParameter] {
        let schemas = database.configuration.schemas
        return [
            .text(ArrayLiteral.of(schemas.include)), .text(ArrayLiteral.of(schemas.exclude)),
            .text(includeSystem ? "t" : "f"),
        ]
    }

    private func unknown(_ table: String, schema: String?) async -> QueryFailure {
        let shown = SafeText.cleanLine(schema.map { "\($0).\(table)" } ?? table)
        var text = "There is no relation \"\(shown)\" here, or the configuration does not show it."
        if let names = try? await tableNames(schema: schema, prefix: "", limit: Self.maximumItems).items,
            let near = NearestSpelling.of(table, among: names)
        {
            text += " Did you mean \"\(SafeText.cleanLine(near))\"?"
        }
        return .invalidArgument(text)
    }

    private func read(_ sql: String, _ parameters: [PGParameter]) async throws(QueryFailure) -> [PGRow] {
        try await readAll([(sql, parameters)])[0]
    }

    private func readAll(_ statements: [(String, [PGParameter])]) async throws(QueryFailure) -> [[PGRow]] {
        do {
            return try await database.runner.readCatalog(
                statements.map { (sql: $0.0, parameters: $0.1) }, maximumRows: 200_000, for: .caller)
        } catch {
            throw .wrapping(error, sql: "", database: database.name)
        }
    }
}

/// Patterns of LIKE from what people write.
enum LikePattern {
    /// `*` and `?` are wildcards; a text without them may stand anywhere in the name.
    static func matching(_ pattern: String) -> String {
        let hasWildcard = pattern.contains { $0 == "*" || $0 == "?" }
        let body = escaped(pattern, wildcards: true)
        return hasWildcard ? body : "%" + body + "%"
    }

    /// Names that begin with the text.
    static func prefix(_ prefix: String) -> String { escaped(prefix, wildcards: false) + "%" }

    private static func escaped(_ text: String, wildcards: Bool) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\", "%", "_": result += "\\\(character)"
            case "*" where wildcards: result += "%"
            case "?" where wildcards: result += "_"
            default: result.append(character)
            }
        }
        return result
    }
}

extension PGRow {
    /// An integer in text form.
    func integer(_ column: Int) -> Int? { string(column).flatMap { Int($0) } }
}
