/// Descriptions of schemas and tables as compact text for a model: tab-separated lines, escaped as rows are, within a bound.
struct SchemaText {
    /// The most bytes: about 15,000 tokens, more than which helps no model to find a table.
    static let mostBytes = 60_000

    /// The lines so far.
    private(set) var text = ""
    /// Relations that found no room.
    private(set) var left = 0

    /// Adds the text of one relation, when there is room for it.
    mutating func add(_ lines: String) {
        guard left == 0, text.isEmpty || text.utf8.count + lines.utf8.count <= Self.mostBytes else {
            left += 1
            return
        }
        text += lines
    }

    /// The heading of ``relation(_:)``.
    static let relationHeading = "relation\tkind\testimated rows\tcomment\n"

    /// A relation as one line.
    static func relation(_ relation: RelationSummary) -> String {
        var kind = relation.kind.rawValue
        if relation.isPartition { kind += ", partition" }
        if !relation.isReadable { kind += ", not readable" }
        return fields([
            name(relation), kind, relation.estimatedRows.map { "\($0)" },
            relation.comment.map { SchemaJSON.cut($0, SchemaJSON.longestComment) },
        ])
    }

    /// A relation with its columns: a line for the relation, an indented one for each column.
    static func relation(_ relation: RelationSummary, columns: [ColumnDescription]) -> String {
        Self.relation(relation) + columns.map { "  " + column($0) }.joined()
    }

    /// Everything about a relation.
    static func description(_ description: RelationDescription) -> String {
        var text = relationHeading + relation(description.summary)
        text += "column\ttype\tnull\tdefault\tcomment\n" + description.columns.map(column).joined()
        func list(_ heading: String, _ lines: [String]) {
            guard !lines.isEmpty else { return }
            text +=
                heading + ":\n"
                + lines.map { "  " + field(SchemaJSON.cut($0, SchemaJSON.longestDefinition)) + "\n" }.joined()
        }
        list(
            "primary key",
            description.primaryKey.isEmpty ? [] : [description.primaryKey.joined(separator: ", ")])
        list("foreign keys", description.foreignKeys.map { $0.name + " " + $0.definition })
        list("constraints", description.constraints.map { $0.name + " " + $0.definition })
        list("indexes", description.indexes.map { $0.definition + ($0.isValid ? "" : " (invalid: not used)") })
        list("referenced by", description.referencedBy.map { "\($0.schema).\($0.table) \($0.definition)" })
        list("partitioned by", [description.partitionKey].compactMap { $0 })
        list("partition holds", [description.partitionBound].compactMap { $0 })
        if description.hasRowSecurity { text += "row security: on, so that rows may be hidden\n" }
        list("view definition", [description.viewDefinition].compactMap { $0 })
        return text
    }

    private static func column(_ column: ColumnDescription) -> String {
        var fallback = column.defaultExpression.map { SchemaJSON.cut($0, SchemaJSON.longestDefinition) }
        if column.isGenerated { fallback = "generated: " + (fallback ?? "") }
        if let identity = column.identity { fallback = "identity, " + identity }
        return fields([
            column.name, column.type, column.isNullable ? "null" : "not null", fallback,
            column.comment.map { SchemaJSON.cut($0, SchemaJSON.longestComment) },
        ])
    }

    private static func name(_ relation: RelationSummary) -> String { relation.schema + "." + relation.name }

    /// Fields with tabs between them; what is absent at the end is left out, within the line it is empty.
    static func fields(_ fields: [String?]) -> String {
        let used = fields.lastIndex { $0 != nil }.map { fields[...$0] } ?? []
        return used.map { $0.map(field) ?? "" }.joined(separator: "\t") + "\n"
    }

    /// A field on one line, escaped as in COPY.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x5C }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
