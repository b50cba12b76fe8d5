extension SecretFile {
    private static let header = "postgres-agent-secret-file 1"
    /// More keys than a century of quarterly rotations makes.
    static let maximumKeys = 400

    /// Reads the keys from a file.
    ///
    /// - Parameter path: The file; symbolic links are followed.
    /// - Returns: Its keys.
    /// - Throws: ``SecretFileError`` when it is missing, readable by others, or not a whole secret file.
    public static func load(path: String) throws(SecretFileError) -> SecretFile {
        let file: BoundedFile
        do {
            file = try BoundedFile.read(path, maximumBytes: 65536)
        } catch {
            throw SecretFileError(.unreadable(error), path)
        }
        if file.permissions.isRegularFile, file.permissions.isExposed {
            throw SecretFileError(.exposed(mode: file.permissions.octal), path)
        }
        return try parse(file.contents, path: path)
    }

    /// Makes a file with one new key at mode 600.
    ///
    /// - Parameter path: Where; its folder must exist.
    /// - Returns: The key.
    /// - Throws: ``SecretFileError``; a file that is there already is left as it is.
    public static func create(path: String) throws(SecretFileError) -> SecretFile {
        let made = SecretFile(keys: [.random(created: Timestamp.now.text)], isEphemeral: false)
        try made.write(to: path, overwriting: false)
        return made
    }

    func write(to path: String, overwriting: Bool) throws(SecretFileError) {
        do {
            try AtomicFile.replace(path, contents: contents, mode: 0o600, overwriting: overwriting)
        } catch {
            throw SecretFileError(error.isAlreadyThere ? .alreadyThere : .unreadable(error), path)
        }
    }

    /// The text of the file.
    var contents: [UInt8] {
        var text = "\(Self.header)\n# Keys that seal stored secrets, approvals, sessions and the audit log.\n"
        text += "# Keep this file at mode 600 and a copy of it elsewhere: agentctl secret backup\n"
        for key in keys { text += "key \(key.id) \(key.created) \(Base64URL.encode(key.bytes))\n" }
        return Array(text.utf8)
    }

    static func parse(_ contents: [UInt8], path: String) throws(SecretFileError) -> SecretFile {
        var lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // The last line ends too: a file that was cut within a line is not whole.
        guard lines.popLast()?.isEmpty == true, lines.first?.elementsEqual(header.utf8) == true else {
            throw SecretFileError(.malformed(line: 1, "it does not begin with “\(header)” or was cut"), path)
        }
        var keys: [SecretKey] = []
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty && line.first != UInt8(ascii: "#") {
            let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard words.count == 4, words[0].elementsEqual("key".utf8), let bytes = Base64URL.decode(words[3]),
                let key = SecretKey(bytes: bytes, created: String(decoding: words[2], as: UTF8.self))
            else { throw SecretFileError(.malformed(line: index + 1, "this is not a key"), path) }
            guard key.id.utf8.elementsEqual(words[1]) else {
                throw SecretFileError(.malformed(line: index + 1, "the key is damaged"), path)
            }
            guard !keys.contains(where: { $0.id == key.id }) else {
                throw SecretFileError(.malformed(line: index + 1, "the key is there twice"), path)
            }
            keys.append(key)
        }
        guard !keys.isEmpty, keys.count <= maximumKeys else {
            throw SecretFileError(.malformed(line: 1, "it holds \(keys.isEmpty ? "no key" : "too many keys")"), path)
        }
        return SecretFile(keys: keys, isEphemeral: false)
    }
}

/// The secret file cannot be read, or must not be used.
public struct SecretFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: Sendable, Hashable {
        /// It is missing, or cannot be read or written.
        case unreadable(FileFailure)
        /// Others may read it.
        case exposed(mode: String)
        /// It is not a whole secret file.
        case malformed(line: Int, String)
        /// A file is there already and none is replaced.
        case alreadyThere
    }

    /// What is wrong.
    public let code: Code
    /// The file.
    public let path: String

    init(_ code: Code, _ path: String) {
        self.code = code
        self.path = path
    }

    /// Whether there is no such file.
    public var isMissing: Bool {
        if case .unreadable(let failure) = code { failure.isMissing } else { false }
    }

    /// Whether it is refused for security.
    public var isExposed: Bool {
        if case .exposed = code { true } else { false }
    }

    /// For a person, without anything of the keys.
    public var description: String {
        switch code {
        case .unreadable(let failure): failure.description
        case .exposed(let mode): "\(path): others may read the secret file (mode \(mode)); chmod 600 it"
        case .malformed(let line, let why): "\(path):\(line): \(why)"
        case .alreadyThere: "\(path) is there already; it is left as it is"
        }
    }
}
