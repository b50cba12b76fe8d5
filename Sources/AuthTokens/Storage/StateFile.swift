internal import Synchronization

/// What is kept between two runs and changes often: last uses, sessions, lockouts.
protocol StateContents: Sendable {
    /// The first word of the file.
    static var kind: String { get }
    /// Nothing yet.
    init()
    /// Reads one line of words; `false` for what is not one.
    mutating func read(_ words: [Substring]) -> Bool
    /// The lines, each of words without blanks.
    var lines: [[String]] { get }
}

/// State in a file that several processes share, or in memory alone.
///
/// The file is what counts: each change reads it anew, under its lock, and replaces it whole; readers take it from memory until
/// it is another file (``FileIdentity``).
final class StateFile<Contents: StateContents>: Sendable {
    private struct Cache {
        var contents = Contents()
        var identity: FileIdentity?
    }

    let path: String?
    private let cache = Mutex(Cache())
    /// One takes contents over at a time: what was read earlier must not be stored later.
    private let refreshing = Mutex(())

    /// - Parameter path: The file; `nil` to keep nothing between two runs.
    init(path: String?) {
        self.path = path
    }

    /// Looks at the contents, after reading the file when it changed. A file that cannot be read leaves what was read before.
    func read<Result: Sendable>(_ body: (Contents) -> Result) -> Result {
        _ = try? refresh()
        return cache.withLock { body($0.contents) }
    }

    /// Reads the file when it is another one than before.
    func refresh() throws(AccountError) {
        guard let path else { return }
        guard isOther(FileIdentity(path)) else { return }
        try refreshing.withLock { _ throws(AccountError) in
            let identity = FileIdentity(path)
            guard isOther(identity) else { return }
            let contents = try Self.load(path)
            cache.withLock { $0 = Cache(contents: contents, identity: identity) }
        }
    }

    private func isOther(_ identity: FileIdentity?) -> Bool { cache.withLock { $0.identity != identity } }

    /// Changes the contents, alone among all processes.
    ///
    /// - Parameter body: The change; it returns whether there is something to write, and a result.
    func update<Result: Sendable>(
        _ body: (inout Contents) -> (isChanged: Bool, result: Result)
    ) throws(AccountError) -> Result {
        guard let path else { return cache.withLock { body(&$0.contents).result } }
        return try FileLock.holding(beside: path) { () throws(AccountError) in
            var contents = try Self.load(path)
            let (isChanged, result) = body(&contents)
            if isChanged {
                FileName.removeLeftovers(of: path)
                try PrivateFile.save(path, Self.text(contents))
            }
            refreshing.withLock { _ in
                let identity = FileIdentity(path)
                cache.withLock { $0 = Cache(contents: contents, identity: identity) }
            }
            return result
        }
    }

    private static func load(_ path: String) throws(AccountError) -> Contents {
        let bytes: [UInt8]
        do {
            bytes = try PrivateFile.read(path)
        } catch {
            if error.isMissing { return Contents() }
            throw error
        }
        var contents = Contents()
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true, lines.first?.elementsEqual("\(Contents.kind) 1".utf8) == true else {
            throw YAMLRecords.failure(path, 1, 1, "this is not a whole file of the kind \(Contents.kind); remove it")
        }
        for (index, line) in lines.enumerated().dropFirst() {
            guard let text = String(validating: line, as: UTF8.self), contents.read(text.split(separator: " ")) else {
                throw YAMLRecords.failure(path, index + 1, 1, "the line is damaged; remove it")
            }
        }
        return contents
    }

    private static func text(_ contents: Contents) -> [UInt8] {
        var text = "\(Contents.kind) 1\n"
        for line in contents.lines { text += line.joined(separator: " ") + "\n" }
        return Array(text.utf8)
    }
}
