package import MCPProtocol

extension SchemaCatalog {
    /// Describes a table. A name with a dot is first taken as it is, then as `schema.table`, since models and people write it
    /// so.
    ///
    /// - Throws: ``QueryFailure`` of the kind `invalidArgument` when there is none.
    func describe(named table: String, in schema: String?) async throws(QueryFailure) -> RelationDescription {
        do {
            return try await describe(schema: schema, table: table)
        } catch {
            guard case .invalidArgument = error.kind, schema == nil, let dot = table.firstIndex(of: ".") else {
                throw error
            }
            return try await describe(schema: String(table[..<dot]), table: String(table[table.index(after: dot)...]))
        }
    }
}

extension Database {
    /// What of the schema is wanted.
    package enum SchemaSubject: Sendable {
        /// Everything: the schemas, and the relations without their columns.
        case overview
        /// The relations of a schema, those whose name matches a pattern, or both; with `details` fewer of them, and each
        /// with its columns and keys.
        case list(schema: String?, pattern: String?, details: Bool)
        /// One relation with all that belongs to it.
        case relation(schema: String?, table: String)
    }

    /// The schema as JSON, read live, as the tools and resources of MCP show it.
    ///
    /// - Parameters:
    ///   - subject: What is wanted.
    ///   - origin: Who is behind it.
    /// - Returns: An object with `database`, `relations` and `truncated`; the overview has `schemas` too.
    /// - Throws: ``QueryFailure``, of the kind `invalidArgument` when there is no such schema or relation.
    package func schema(_ subject: SchemaSubject, origin: CallOrigin) async throws(QueryFailure) -> JSONValue {
        do {
            return try await observing(origin, subject: subject.name) { try await read(subject) }
        } catch {
            throw .wrapping(error, sql: "", database: name)
        }
    }

    private func read(_ subject: SchemaSubject) async throws(QueryFailure) -> JSONValue {
        switch subject {
        case .overview: return try await SchemaJSON.overview(of: self)
        case .relation(let schema, let table):
            let description = try await catalog.describe(named: table, in: schema)
            return list([SchemaJSON.description(description)], isCut: false)
        case .list(let schema, let pattern, let details):
            let limit = details ? SchemaJSON.mostDetailed : SchemaJSON.mostRelations
            let page = try await catalog.tables(schema: schema, pattern: pattern, limit: limit)
            if page.items.isEmpty, let schema { try await mustExist(schema) }
            if details {
                let structures = try await catalog.structures(of: page.items)
                let relations = zip(page.items, structures).map { SchemaJSON.relation($0, structure: $1) }
                return list(relations, isCut: page.hasMore)
            }
            return list(page.items.map(SchemaJSON.relation), isCut: page.hasMore)
        }
    }

    private func list(_ relations: [JSONValue], isCut: Bool) -> JSONValue {
        ["database": .string(name), "relations": .array(relations), "truncated": .bool(isCut)]
    }

    private func mustExist(_ schema: String) async throws(QueryFailure) {
        let names = try await catalog.schemas(includeSystem: true).map(\.name)
        guard !names.contains(schema) else { return }
        let nearest =
            NearestSpelling.of(schema, among: names).map { " Did you mean \(PlainText.excerpt($0))?" } ?? ""
        throw .invalidArgument(
            "There is no schema \(PlainText.excerpt(schema)) here, or the configuration does not show it.\(nearest)")
    }
}

extension Database.SchemaSubject {
    /// What the audit log calls it.
    fileprivate var name: String? {
        switch self {
        case .overview: nil
        case .list(let schema, let pattern, _): schema ?? pattern
        case .relation(let schema, let table): schema.map { "\($0).\(table)" } ?? table
        }
    }
}
