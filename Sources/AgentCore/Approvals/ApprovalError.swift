/// Why an approval is not good for a write.
public enum ApprovalError: String, Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// It was made for another text, or for a dry run where a real run is asked for, or the other way round.
    case otherStatement
    /// It was made for another database.
    case otherDatabase
    /// It was made for somebody else.
    case otherPrincipal
    /// It is no approval of this server, or was changed.
    case notAuthentic
    /// It is too old.
    case expired
    /// It was used already.
    case spent

    /// Whether it is a true approval of something else, so that a person can simply be asked about this. All others are
    /// errors of the protocol (JSON-RPC -32602): no honest client sends them.
    public var asksAgain: Bool {
        switch self {
        case .otherStatement, .otherDatabase: true
        case .otherPrincipal, .notAuthentic, .expired, .spent: false
        }
    }

    /// A sentence.
    public var description: String {
        switch self {
        case .otherStatement: "It was given for other SQL."
        case .otherDatabase: "It was given for another database."
        case .otherPrincipal: "It was given to somebody else."
        case .notAuthentic: "It was not made by this server, or was changed."
        case .expired: "It has expired."
        case .spent: "It was used already."
        }
    }
}
