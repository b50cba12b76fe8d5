/// Something that is wrong with an audit log.
public struct AuditFinding: Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A line is not the one that was written.
        case altered
        /// Lines are missing between two others, or at the beginning of a file.
        case missing
        /// A line stands at another place than it was written to.
        case reordered
        /// A line was put in that does not belong there, or stands there twice.
        case inserted
        /// Lines are missing at the end.
        case cut
        /// The last line is not whole: a crash while it was written, or an edit.
        case torn
        /// A line carries no key's seal although the log has a key.
        case unsealed
        /// Lines are sealed with a key that was not given.
        case unknownKey = "unknown-key"
        /// The head is missing, or is not the one that was written.
        case head
        /// What the agent itself found wrong when it opened the log, and wrote into it.
        case recorded
    }

    /// What is wrong.
    public let kind: Kind
    /// The file; nil when no file is to blame.
    public let file: String?
    /// The line in the file, from 1; nil when no line is to blame.
    public let line: Int?
    /// What was found, in words.
    public let message: String

    /// For example `audit.jsonl:7: altered: …`.
    public var description: String {
        let place = file.map { $0 + (line.map { ":\($0)" } ?? "") + ": " } ?? ""
        return "\(place)\(kind.rawValue): \(message)"
    }
}
