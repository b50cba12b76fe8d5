/// A name as the server compares it: unquoted, escapes of `U&"…"` resolved, unquoted parts folded to lower case, each
/// part cut to 63 bytes. Two spellings of one name are equal here.
public struct QualifiedName: Sendable, Hashable, CustomStringConvertible {
    /// The parts between the dots, at least one. A part may hold any character, a dot too.
    public let parts: [String]

    /// Makes a name from parts that are already unquoted and folded.
    ///
    /// - Parameter parts: the parts, the last one the object's own name.
    public init(parts: [String]) {
        self.parts = parts
    }

    /// The object's own name: the last part.
    public var name: String { parts.last ?? "" }

    /// The part before the last, when there is one.
    public var schema: String? { parts.count > 1 ? parts[parts.count - 2] : nil }

    /// The name as it could be written in SQL, quoted where it must be.
    public var description: String { parts.map(Identifier.quote).joined(separator: ".") }
}
