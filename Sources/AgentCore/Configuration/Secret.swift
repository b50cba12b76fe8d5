/// A secret, or where it is to be had. Its description never shows it.
public enum Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself.
    case literal(String)
    /// The file whose contents it is, without the newline at the end; an absolute path.
    case file(String)
    /// The command, run by `/bin/sh -c`, whose output it is, without the newline at the end.
    case command(String)
    /// Sealed with the secret file (`enc:…`).
    case sealed(String)

    /// Reads the secret, each time anew, so that a rotation is seen.
    ///
    /// - Returns: The secret; never empty.
    /// - Throws: ``SecretError`` when it cannot be had.
    public func resolve() async throws -> String {
        switch self {
        case .literal(let value): return value
        default: throw SecretError("not supported yet")
        }
    }

    /// Where the secret comes from, without the secret.
    public var description: String {
        switch self {
        case .literal: "********"
        case .file(let path): "from file \(path)"
        case .command: "from a command"
        case .sealed: "sealed"
        }
    }

    /// The same as ``description``: a debugger's log is a log too.
    public var debugDescription: String { description }

    /// Hides the payload from `dump` and from reflection.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A secret could not be had.
public struct SecretError: Error, Sendable, CustomStringConvertible {
    /// Why, without the secret.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
