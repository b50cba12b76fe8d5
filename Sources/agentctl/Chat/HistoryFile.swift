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
    private static let mostLines = 1000
    private static let largest = 1 << 20

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
        let isLong = lines.count > 2 * Self.mostLines
        if isLong { lines.removeFirst(lines.count - Self.mostLines) }
        guard let path else { return }
        let folder = String(path.dropLast("/history".count))
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let text = (isLong ? lines : [line]).map { Self.encoded($0) + "\n" }.joined()
        let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (isLong ? O_TRUNC : O_APPEND)
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { return }
        // A file that an older umask or a copy left open to others.
        _ = fchmod(descriptor, 0o600)
        _ = StandardStreams.write(text, toDescriptor: descriptor)
        close(descriptor)
    }

    /// Whether a line may hold a secret: a password in SQL or in an address, a token, a key.
    static func holdsSecret(_ line: String) -> Bool {
        let text = line.lowercased()
        for word in ["password", "passwd", "pwd", "secret", "api_key", "apikey", "token", "identified"] {
            guard let range = text.firstRange(of: word) else { continue }
            if text[range.upperBound...].contains(where: { "'\"=:$".contains($0) }) { return true }
        }
        if text.contains("pga_") || text.contains("sk-") || text.contains("scram-sha-256$") { return true }
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
        guard let file = try? BoundedFile.read(path, maximumBytes: largest),
            let text = String(validating: file.contents, as: UTF8.self)
        else { return [] }
        return text.split(separator: "\n").suffix(mostLines).map { decoded(String($0)) }
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
