package import AuthTokens

/// A secret, or where it is to be had. Its description never shows it.
public enum Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself.
    case literal(String)
    /// The file whose contents it is, without the newline at the end; an absolute path.
    case file(String)
    /// The command, run by `/bin/sh -c`, whose output it is, without the newline at the end.
    case command(String)
    /// Sealed (`enc:…`) with the keys of a secret file, an absolute path.
    case sealed(String, secretFile: String? = nil)

    /// The longest secret, in bytes.
    static let maximumBytes = 65536

    /// Reads the secret, each time anew, so that a rotation is seen.
    ///
    /// - Returns: The secret; never empty.
    /// - Throws: ``SecretError`` when it cannot be had: the file is missing or may be read by others, the command fails,
    ///   takes more than 10 seconds or writes more than 64 KiB, the sealed text does not open with the secret file, the
    ///   secret is empty or not UTF-8.
    public func resolve() async throws -> String {
        switch self {
        case .literal(let value): return value
        case .file(let path): return try Self.read(path)
        case .command(let command):
            return try Self.text(
                try await SecretCommand(command).run(), of: "the output of the command for a secret")
        case .sealed(let text, let secretFile): return try Self.open(text, with: secretFile)
        }
    }

    /// What a sealed text begins with in a configuration.
    package static let sealedPrefix = "enc:"

    private static func open(_ text: String, with secretFile: String?) throws(SecretError) -> String {
        guard let secretFile else { throw SecretError("a sealed secret needs secret_file") }
        let keys: SecretFile
        do {
            keys = try SecretFile.load(path: secretFile)
        } catch {
            throw SecretError(PlainText.escaped(error.description))
        }
        let bytes: [UInt8]
        do {
            bytes = try keys.open(String(text.dropFirst(sealedPrefix.utf8.count)), for: .storedSecret, context: [])
        } catch {
            throw SecretError("the sealed secret does not open: \(error.description)")
        }
        return try self.text(bytes, of: "the sealed secret")
    }

    /// The secret as it is written in a configuration.
    ///
    /// - Parameters:
    ///   - secret: The secret.
    ///   - keys: The keys of the secret file.
    /// - Throws: `SealError` when it is too long.
    package static func seal(_ secret: String, with keys: SecretFile) throws(SealError) -> String {
        sealedPrefix + (try keys.seal(Array(secret.utf8), for: .storedSecret, context: []))
    }

    private static func read(_ path: String) throws(SecretError) -> String {
        let name = PlainText.escaped(path)
        let file: BoundedFile
        do {
            file = try BoundedFile.read(path, maximumBytes: maximumBytes)
        } catch {
            throw SecretError(PlainText.escaped(error.description))
        }
        if let reason = exposure(file.permissions) { throw SecretError("\(name): \(reason)") }
        return try text(file.contents, of: name)
    }

    private static func text(_ bytes: [UInt8], of name: String) throws(SecretError) -> String {
        // One line end, as editors and echo leave it; a secret may well end with a blank.
        var bytes = bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw SecretError("\(name) is empty") }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw SecretError("\(name) is not text")
        }
        return text
    }

    /// Why a file must not hold a secret; `nil` when it may.
    ///
    /// - Throws: `FileFailure` when it cannot be examined or is not to be opened.
    static func exposure(of path: String) throws(FileFailure) -> String? {
        exposure(try BoundedFile.read(path, maximumBytes: maximumBytes).permissions)
    }

    private static func exposure(_ permissions: FilePermissions) -> String? {
        // A pipe or /dev/stdin has no mode to speak of.
        guard permissions.isRegularFile, permissions.isExposed else { return nil }
        return "the file holds a secret and others may read it (mode \(permissions.octal))"
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
