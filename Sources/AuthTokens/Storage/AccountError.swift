/// Why something about tokens, users, sessions or their files cannot be done.
///
/// Its description may quote names from a file: escape it before it goes to a terminal. It never holds a secret.
public struct AccountError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// A file is missing, or cannot be read, written or locked.
        case file(FileFailure)
        /// A file that others may read.
        case exposed
        /// A file that is not as it must be, with the place from 1.
        case malformed(line: Int, column: Int)
        /// No such token, user or session.
        case unknown
        /// There is one of that name already.
        case exists
        /// What was given is not allowed.
        case invalid
    }

    /// What kind of failure it is.
    public let code: Code
    /// The sentence for a person.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ failure: FileFailure) {
        self.init(.file(failure), failure.description)
    }

    static func invalid(_ description: String) -> AccountError { AccountError(.invalid, description) }

    /// Whether a file does not exist.
    public var isMissing: Bool {
        if case .file(let failure) = code { failure.isMissing } else { false }
    }
}
