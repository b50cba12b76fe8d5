import AgentCore
import AuthTokens

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The lines of before, in a file that only their owner may read. What looks like a secret is never kept.
struct HistoryFile: Sendable {
    static let mostLines = 1000
    /// The most bytes of the file; at more, the older half goes.
    static let largest = 1 << 19
    /// The most bytes that are read of a file that something else made larger.
    private static let mostRead = 1 << 24

    private let path: String?
    private(set) var lines: [String]

    /// Reads the file.
    ///
    /// - Parameter environment: Names the folder: `XDG_STATE_HOME`, or `~/.local/state`.
    init(environment: [String: String]) {
        let base =
            environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].map { $0 + "/.local/state" }
        path = base.map { $0 + "/postgres-agent/history" }
        lines = path.map(Self.read) ?? []
    }

    /// Keeps a line, unless it is empty, the same as the last one, or holds a secret.
    mutating func add(_ line: String) {
        guard !line.allSatisfy(\.isWhitespace), line != lines.last, line.utf8.count < 64 << 10, !Self.holdsSecret(line)
        else { return }
        lines.append(line)
        if lines.count > Self.mostLines { lines.removeFirst(lines.count - Self.mostLines) }
        if let path { Self.append(line, to: path) }
    }

    /// Keeps a line in the file. A history that cannot be kept is no reason not to answer.
    private static func append(_ line: String, to path: String) {
        try? FileManager.default.createDirectory(
            atPath: String(path.dropLast("/history".count)), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        // Two chats may write at once; what one appends to a file that the other replaces would be lost.
        guard let lock = try? FileLock(beside: path, timeout: .milliseconds(500)) else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0o600)
        guard descriptor >= 0 else { return lock.release() }
        // A file that an older umask or a copy left open to others.
        _ = fchmod(descriptor, 0o600)
        _ = StandardStreams.write(encoded(line) + "\n", toDescriptor: descriptor)
        let size = lseek(descriptor, 0, SEEK_END)
        close(descriptor)
        if size > largest { compact(path) }
        lock.release()
    }

    /// Leaves the last lines in the file, in one step.
    private static func compact(_ path: String) {
        var kept: [String] = []
        var bytes = 0
        for line in read(path).reversed() where !holdsSecret(line) {
            let text = encoded(line)
            bytes += text.utf8.count + 1
            guard bytes <= largest / 2 else { break }
            kept.append(text)
        }
        try? AtomicFile.replace(path, contents: Array(kept.reversed().map { $0 + "\n" }.joined().utf8))
    }

    /// Whether a line may hold a secret: a password in SQL or in an address, a token, a key.
    static func holdsSecret(_ line: String) -> Bool {
        let text = line.lowercased()
        for word in ["password", "passwd", "pwd", "secret", "api_key", "apikey", "token", "identified"] {
            guard let range = text.firstRange(of: word) else { continue }
            if text[range.upperBound...].contains(where: { "'\"=:$".contains($0) }) { return true }
        }
        if SecretShapes.areIn(line) { return true }
        // scheme://user:password@host
        if let scheme = text.firstRange(of: "://"),
            let at = text[scheme.upperBound...].firstIndex(of: "@"),
            text[scheme.upperBound..<at].contains(":")
        {
            return true
        }
        return false
    }

    private static func read(_ path: String) -> [String] {
        guard let file = try? BoundedFile.read(path, maximumBytes: mostRead) else { return [] }
        return String(decoding: file.contents, as: UTF8.self).split(separator: "\n").suffix(mostLines).map {
            decoded(String($0))
        }
    }

    private static func encoded(_ line: String) -> String {
        line.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
    }

    private static func decoded(_ line: String) -> String {
        var result = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
