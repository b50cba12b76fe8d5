/// A name that a statement mentions, and the position in which it stands.
///
/// Mentions say more than the truth rather than less: a name may be listed in a position that it does not have for the
/// server (every qualified column is also listed as a possible call by attribute notation), but no call is missing.
public struct Mention: Sendable, Hashable {
    /// The position in which a name stands.
    public enum Kind: String, Sendable, CaseIterable {
        /// `name(…)`, or a keyword that PostgreSQL turns into a call of a function.
        case call
        /// `(expression).name` or `a.name`: PostgreSQL calls a function of that name when there is no such column.
        case attribute
        /// A relation by its position: after FROM, JOIN, TABLE, INTO, ON and the like.
        case relation
        /// A configuration setting: `SHOW name`, `SET name`.
        case setting
        /// The name of a type: the target of a cast, or a type before a literal.
        case type
    }

    /// The name, as the server compares it.
    public let name: QualifiedName
    /// Where the name begins.
    public let location: SourceLocation
    /// The position in which it stands.
    public let kind: Kind

    /// Makes a mention.
    ///
    /// - Parameters:
    ///   - name: the name, as the server compares it.
    ///   - location: where the name begins.
    ///   - kind: the position in which it stands.
    public init(name: QualifiedName, location: SourceLocation, kind: Kind) {
        self.name = name
        self.location = location
        self.kind = kind
    }
}
