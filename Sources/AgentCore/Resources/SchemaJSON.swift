import MCPProtocol

/// Descriptions of schemas and tables as JSON, for the resources and for structured content.
enum SchemaJSON {
    /// The most relations of one document.
    static let mostRelations = 2000
    /// The most relations of one document with the columns and keys of each.
    static let mostDetailed = 500
    /// The most characters of a comment; comments are written by anyone and can be of any length.
    static let longestComment = 300
    /// The most characters of an expression or a definition.
    static let longestDefinition = 8000

    /// A whole database: its schemas, and its relations up to ``mostRelations``. What was left out is said.
    ///
    /// - Throws: ``QueryFailure``.
    static func overview(of database: Database) async throws(QueryFailure) -> JSONValue {
        let schemas = try await database.catalog.schemas()
        let page = try await database.catalog.tables(limit: mostRelations)
        var document = JSONObject()
        document["database"] = .string(database.name)
        document["schemas"] = .array(schemas.map(schema))
        document["relations"] = .array(page.items.map(relation))
        document["truncated"] = .bool(page.hasMore)
        if page.hasMore {
            document["note"] = .string(
                "Only the first \(mostRelations) relations are shown; get_schema_info with schema or pattern finds the others."
            )
        }
        return .object(document)
    }

    /// A schema.
    static func schema(_ schema: SchemaSummary) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(schema.name)
        object["owner"] = .string(schema.owner)
        object["relations"] = .integer(Int64(schema.relationCount))
        object["usable"] = .bool(schema.isUsable)
        object["comment"] = comment(schema.comment)
        return .object(object)
    }

    /// A relation as a list shows it.
    static func relation(_ relation: RelationSummary) -> JSONValue { .object(summary(relation)) }

    /// A relation with its columns.
    static func relation(_ relation: RelationSummary, columns: [ColumnDescription]) -> JSONValue {
        var object = summary(relation)
        object["columns"] = .array(columns.map(column))
        return .object(object)
    }

    /// A relation with its columns and keys.
    static func relation(_ relation: RelationSummary, structure: RelationStructure) -> JSONValue {
        var object = summary(relation)
        object["columns"] = .array(structure.columns.map(column))
        object["primaryKey"] = .array(structure.primaryKey.map { .string($0) })
        object["foreignKeys"] = .array(structure.foreignKeys.map(foreignKey))
        return .object(object)
    }

    /// Everything about a relation.
    static func description(_ description: RelationDescription) -> JSONValue {
        var object = summary(description.summary)
        object["owner"] = .string(description.owner)
        object["rowSecurity"] = .bool(description.hasRowSecurity)
        object["partitionKey"] = description.partitionKey.map { .string(cut($0, longestDefinition)) }
        object["partitionBound"] = description.partitionBound.map { .string(cut($0, longestDefinition)) }
        object["columns"] = .array(description.columns.map(column))
        object["primaryKey"] = .array(description.primaryKey.map { .string($0) })
        object["foreignKeys"] = .array(description.foreignKeys.map(foreignKey))
        object["referencedBy"] = .array(
            description.referencedBy.map { key in
                [
                    "schema": .string(key.schema), "table": .string(key.table),
                    "definition": .string(cut(key.definition, longestDefinition)),
                ]
            })
        object["constraints"] = .array(
            description.constraints.map {
                ["name": .string($0.name), "definition": .string(cut($0.definition, longestDefinition))]
            })
        object["indexes"] = .array(
            description.indexes.map { index in
                [
                    "name": .string(index.name), "definition": .string(cut(index.definition, longestDefinition)),
                    "unique": .bool(index.isUnique), "primary": .bool(index.isPrimary), "valid": .bool(index.isValid),
                    "estimatedBytes": integer(index.estimatedBytes),
                ]
            })
        object["viewDefinition"] = description.viewDefinition.map { .string(cut($0, longestDefinition)) }
        return .object(object)
    }

    private static func summary(_ relation: RelationSummary) -> JSONObject {
        var object = JSONObject()
        object["schema"] = .string(relation.schema)
        object["name"] = .string(relation.name)
        object["kind"] = .string(relation.kind.rawValue)
        object["estimatedRows"] = integer(relation.estimatedRows)
        object["estimatedBytes"] = integer(relation.estimatedBytes)
        object["columnCount"] = .integer(Int64(relation.columnCount))
        object["readable"] = .bool(relation.isReadable)
        if relation.isPartition { object["partition"] = true }
        object["comment"] = comment(relation.comment)
        return object
    }

    private static func foreignKey(_ key: ForeignKeyDescription) -> JSONValue {
        [
            "name": .string(key.name), "columns": .array(key.columns.map { .string($0) }),
            "references": [
                "schema": .string(key.referencedSchema), "table": .string(key.referencedTable),
                "columns": .array(key.referencedColumns.map { .string($0) }),
            ],
            "definition": .string(cut(key.definition, longestDefinition)),
        ]
    }

    private static func column(_ column: ColumnDescription) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(column.name)
        object["type"] = .string(column.type)
        object["nullable"] = .bool(column.isNullable)
        object["default"] = column.defaultExpression.map { .string(cut($0, longestDefinition)) } ?? .null
        if column.isGenerated { object["generated"] = true }
        object["identity"] = column.identity.map { .string($0) }
        object["comment"] = comment(column.comment)
        return .object(object)
    }

    private static func integer(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }

    private static func comment(_ text: String?) -> JSONValue? { text.map { .string(cut($0, longestComment)) } }

    /// At most so many characters, with a mark where more were.
    static func cut(_ text: String, _ limit: Int) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return text }
        return String(scalars[..<end]) + "… [cut]"
    }
}
