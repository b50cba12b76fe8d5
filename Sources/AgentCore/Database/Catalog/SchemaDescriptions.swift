internal import PGConnector

/// A schema.
public struct SchemaSummary: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The role that owns it.
    public let owner: String
    /// Its comment.
    public let comment: String?
    /// How many tables and views it has.
    public let relationCount: Int
    /// Whether the role of this connection may use it.
    public let isUsable: Bool
}

/// The kinds of relations that can be read.
public enum RelationKind: String, Sendable, Hashable, CaseIterable {
    case table, view
    case materializedView = "materialized view"
    case foreignTable = "foreign table"
    case partitionedTable = "partitioned table"

    /// From `pg_class.relkind`.
    init(relkind: String?) {
        switch relkind {
        case "v": self = .view
        case "m": self = .materializedView
        case "f": self = .foreignTable
        case "p": self = .partitionedTable
        default: self = .table
        }
    }
}

/// A table or view in a list.
public struct RelationSummary: Sendable, Hashable {
    /// The schema.
    public let schema: String
    /// The name.
    public let name: String
    /// The kind.
    public let kind: RelationKind
    /// The OID of `pg_class`.
    public let oid: UInt32
    /// The planner's estimate of rows; `nil` when the table was never analyzed, and for views.
    public let estimatedRows: Int?
    /// The planner's last knowledge of the table's own size, without indexes; `nil` for views.
    public let estimatedBytes: Int?
    /// The comment.
    public let comment: String?
    /// How many columns it has.
    public let columnCount: Int
    /// Whether the role of this connection may read at least one column.
    public let isReadable: Bool
    /// Whether it is a partition of another table.
    public let isPartition: Bool

    init(row: PGRow) { self.init(row: row, from: 0) }

    init(row: PGRow, from first: Int) {
        schema = row.string(first) ?? ""
        name = row.string(first + 1) ?? ""
        kind = RelationKind(relkind: row.string(first + 2))
        oid = row.string(first + 3).flatMap { UInt32($0) } ?? 0
        estimatedRows = row.integer(first + 4)
        estimatedBytes = row.integer(first + 5)
        comment = row.string(first + 6)
        columnCount = row.integer(first + 7) ?? 0
        isReadable = row.string(first + 8) == "t"
        isPartition = row.string(first + 9) == "t"
    }
}

/// A column.
public struct ColumnDescription: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The type as `format_type` prints it.
    public let type: String
    /// Whether NULL is allowed.
    public let isNullable: Bool
    /// The default, or the expression of a generated column.
    public let defaultExpression: String?
    /// Whether the value is generated from other columns.
    public let isGenerated: Bool
    /// `always` or `by default` for an identity column.
    public let identity: String?
    /// The comment.
    public let comment: String?

    init(row: PGRow, from first: Int = 0) {
        name = row.string(first) ?? ""
        type = row.string(first + 1) ?? ""
        isNullable = row.string(first + 2) == "t"
        defaultExpression = row.string(first + 3)
        isGenerated = !(row.string(first + 4) ?? "").isEmpty
        switch row.string(first + 5) {
        case "a": identity = "always"
        case "d": identity = "by default"
        default: identity = nil
        }
        comment = row.string(first + 6)
    }
}

/// A foreign key.
public struct ForeignKeyDescription: Sendable, Hashable {
    /// The constraint's name.
    public let name: String
    /// The columns that refer.
    public let columns: [String]
    /// The schema of the table that is referred to.
    public let referencedSchema: String
    /// The table that is referred to.
    public let referencedTable: String
    /// The columns that are referred to.
    public let referencedColumns: [String]
    /// The whole constraint as SQL.
    public let definition: String

    /// From a row with the name, the definition, the columns, and what is referred to.
    init(row: PGRow, from first: Int) {
        name = row.string(first) ?? ""
        definition = row.string(first + 1) ?? ""
        columns = TextArray.elements(row.string(first + 2))
        referencedSchema = row.string(first + 3) ?? ""
        referencedTable = row.string(first + 4) ?? ""
        referencedColumns = TextArray.elements(row.string(first + 5))
    }
}

/// The columns of a relation and how it is linked with others.
public struct RelationStructure: Sendable {
    /// The columns in order.
    public let columns: [ColumnDescription]
    /// The columns of the primary key.
    public let primaryKey: [String]
    /// The foreign keys.
    public let foreignKeys: [ForeignKeyDescription]
}

/// A constraint that is neither the primary key nor a foreign key.
public struct ConstraintDescription: Sendable, Hashable {
    /// The constraint's name.
    public let name: String
    /// The whole constraint as SQL.
    public let definition: String
}

/// An index.
public struct IndexDescription: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The index as SQL.
    public let definition: String
    /// Whether it is unique.
    public let isUnique: Bool
    /// Whether it is the primary key's.
    public let isPrimary: Bool
    /// Whether queries may use it.
    public let isValid: Bool
    /// The planner's last knowledge of its size; `nil` for the index of a partitioned table, which is empty itself.
    public let estimatedBytes: Int?
}

/// Everything about one relation.
public struct RelationDescription: Sendable {
    /// What a list shows too.
    public let summary: RelationSummary
    /// The owner.
    public let owner: String
    /// The query of a view.
    public let viewDefinition: String?
    /// How a partitioned table is partitioned.
    public let partitionKey: String?
    /// Which rows a partition holds.
    public let partitionBound: String?
    /// Whether row-level security is on.
    public let hasRowSecurity: Bool
    /// The columns in order.
    public let columns: [ColumnDescription]
    /// The columns of the primary key.
    public let primaryKey: [String]
    /// The foreign keys of this table.
    public let foreignKeys: [ForeignKeyDescription]
    /// Foreign keys of other tables that refer to this one: their tables.
    public let referencedBy: [ForeignKeyReference]
    /// Unique, check and exclusion constraints.
    public let constraints: [ConstraintDescription]
    /// The indexes.
    public let indexes: [IndexDescription]

    /// A foreign key of another table.
    public struct ForeignKeyReference: Sendable, Hashable {
        /// The schema of the table that refers here.
        public let schema: String
        /// The table that refers here.
        public let table: String
        /// The whole constraint as SQL.
        public let definition: String
    }

    init(summary: RelationSummary, facts: PGRow?, columns: [PGRow], constraints: [PGRow], indexes: [PGRow]) {
        self.summary = summary
        owner = facts?.string(0) ?? ""
        viewDefinition = facts?.string(1)
        partitionKey = facts?.string(2)
        partitionBound = facts?.string(3)
        hasRowSecurity = facts?.string(4) == "t"
        self.columns = columns.map { ColumnDescription(row: $0) }
        var primaryKey: [String] = []
        var foreignKeys: [ForeignKeyDescription] = []
        var referencedBy: [ForeignKeyReference] = []
        var others: [ConstraintDescription] = []
        for row in constraints {
            let name = row.string(1) ?? ""
            let definition = row.string(2) ?? ""
            switch row.string(0) {
            case "p": primaryKey = TextArray.elements(row.string(3))
            case "f": foreignKeys.append(ForeignKeyDescription(row: row, from: 1))
            case "from":
                referencedBy.append(
                    ForeignKeyReference(
                        schema: row.string(4) ?? "", table: row.string(5) ?? "", definition: definition))
            default: others.append(ConstraintDescription(name: name, definition: definition))
            }
        }
        self.primaryKey = primaryKey
        self.foreignKeys = foreignKeys
        self.referencedBy = referencedBy
        self.constraints = others
        self.indexes = indexes.map { row in
            IndexDescription(
                name: row.string(0) ?? "", definition: row.string(1) ?? "", isUnique: row.string(2) == "t",
                isPrimary: row.string(3) == "t", isValid: row.string(4) == "t", estimatedBytes: row.integer(5))
        }
    }
}

/// PostgreSQL's text form of a one-dimensional array of names.
enum TextArray {
    /// The elements; none for NULL.
    static func elements(_ text: String?) -> [String] {
        guard let text, text.first == "{", text.last == "}" else { return [] }
        var elements: [String] = []
        var element = ""
        var quoted = false
        var escaped = false
        var any = false
        for character in text.dropFirst().dropLast() {
            if escaped {
                element.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "\"" {
                quoted.toggle()
                any = true
            } else if character == ",", !quoted {
                elements.append(element)
                element = ""
                any = true
            } else {
                element.append(character)
                any = true
            }
        }
        if any { elements.append(element) }
        return elements
    }
}
