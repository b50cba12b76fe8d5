/// One level of nesting: a statement, or what stands between a pair of brackets. Small, since a text of ten million
/// opening brackets makes as many.
struct Frame {
    enum Kind: UInt8 {
        /// A query: SELECT, VALUES, TABLE, or WITH before one of them.
        case query
        /// INSERT, UPDATE, DELETE or MERGE.
        case rowChange
        /// Any other statement.
        case command
        /// Brackets of an expression, and all that are not told apart.
        case expression
        /// The arguments of a call.
        case call
        /// The brackets of EXTRACT, TRIM, SUBSTRING, OVERLAY, POSITION, where FROM and FOR begin no clause.
        case wordedCall
        /// XMLELEMENT( and XMLPI(, where a label stands behind NAME.
        case xmlNamed
        /// CAST( and its like: the name behind AS is a type.
        case cast
        /// TREAT(: the name behind AS is a type for the reader, but the server calls a function of that name.
        case treat
        /// Brackets where FROM expects a relation.
        case fromItem
        /// Column names or column definitions.
        case columns
        /// The statement of a WITH item; turns into a query or a row change at its first token.
        case withItem
        /// DISTINCT ON (…) and OPERATOR(…): brackets behind which an expression begins.
        case prefix
        /// `[ … ]`
        case elements
    }

    /// How far the reader has come in a frame.
    enum Step: UInt8 {
        /// Nothing read.
        case first
        /// A query must begin here: behind UNION, INTERSECT or EXCEPT.
        case queryBegin
        case body
        // The parts of a WITH clause, in the order in which they are expected.
        case withBegin, withName, withAfterName, withAfterColumns, withAs, withNot, withMaterialized, withAfterItem
        case searchDepth, searchFirst, searchBy, searchColumn, searchComma, searchName
        case cycleColumn, cycleComma, cycleName, cycleTail, cyclePath
    }

    var kind: Kind
    var step: Step = .first
    /// Whether the reader is in a list of relations.
    var inFrom = false
    /// Whether the next name is a relation.
    var expectsRelation = false
    /// The index of the mention that the brackets belong to, or -1.
    var mention: Int32 = -1
}
