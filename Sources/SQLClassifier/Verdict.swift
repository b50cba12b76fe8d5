/// What the classifier found about one statement.
public struct Statement: Sendable {
    /// PostgreSQL's command tag without counts, such as `SELECT`, `CREATE TABLE AS` or `REFRESH MATERIALIZED VIEW`;
    /// empty when the statement is not understood.
    public let commandTag: String
    /// What the statement does.
    public let effect: Effect
    /// The bytes of the statement in the text, from its first token to its last, without the semicolon.
    public let range: Range<Int>
    /// Names in the position of a call, and names that may be calls by attribute notation.
    public let functions: [Mention]
    /// Names in the position of a relation.
    public let relations: [Mention]
    /// Names in the position of a type.
    public let types: [Mention]
    /// Settings by name: `SHOW name`.
    public let settings: [Mention]
    /// Whether an EXPLAIN runs the statement it explains.
    public let executes: Bool
    /// Whether the statement is an EXPLAIN.
    public let isExplain: Bool
    /// Why the statement is not a read; nil exactly when it is one.
    public let reason: Reason?

    /// Whether the statement, by itself, is a read.
    public var isReadOnly: Bool { reason == nil }

    init(
        commandTag: String, effect: Effect, range: Range<Int>, functions: [Mention] = [], relations: [Mention] = [],
        types: [Mention] = [], settings: [Mention] = [], executes: Bool = false,
        isExplain: Bool = false, reason: Reason?
    ) {
        self.commandTag = commandTag
        self.effect = effect
        self.range = range
        self.functions = functions
        self.relations = relations
        self.types = types
        self.settings = settings
        self.executes = executes
        self.isExplain = isExplain
        self.reason = reason
    }
}

/// What the classifier found about a text.
public struct Verdict: Sendable {
    /// The statements, in order. Empty ones (between two semicolons) are left out, as the server does.
    public let statements: [Statement]
    /// The effect of the whole: of the single statement, or of the first one that is not a read.
    public let effect: Effect
    /// Why the text is not a read; nil exactly when ``isReadOnly``.
    public let reason: Reason?

    /// Whether the text is exactly one statement that reads and changes nothing. Functions that it calls are not
    /// judged: see ``Statement/functions``.
    public var isReadOnly: Bool { reason == nil }

    init(statements: [Statement], effect: Effect, reason: Reason?) {
        self.statements = statements
        self.effect = effect
        self.reason = reason
    }
}
