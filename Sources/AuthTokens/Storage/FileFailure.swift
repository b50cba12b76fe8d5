#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file could not be read, written or examined.
public struct FileFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried: `open`, `read`, `write`, `examine`, `replace`.
    public let operation: String
    /// The file.
    public let path: String
    /// The system's error number (`errno`); 0 when the system was not the one to refuse.
    public let number: Int32
    /// Why, in words.
    public let reason: String

    init(_ operation: String, _ path: String, _ number: Int32) {
        self.operation = operation
        self.path = path
        self.number = number
        self.reason = String(cString: strerror(number))
    }

    init(_ operation: String, _ path: String, because reason: String) {
        self.operation = operation
        self.path = path
        self.number = 0
        self.reason = reason
    }

    /// Whether the file does not exist.
    public var isMissing: Bool { number == ENOENT || number == ENOTDIR }

    /// Whether a file of that name exists although none should.
    public var isAlreadyThere: Bool { number == EEXIST }

    /// For example `cannot open /etc/x: Permission denied`.
    public var description: String { "cannot \(operation) \(path): \(reason)" }
}
