import Foundation
public import MCPProtocol

/// What a test run leaves for its last part (scripts/scan-secrets.sh): secrets that no log may hold, and logs.
///
/// Without `POSTGRES_AGENT_EVIDENCE`, which scripts/test.sh sets, nothing is kept.
public enum Evidence {
    private static let folder = ProcessInfo.processInfo.environment["POSTGRES_AGENT_EVIDENCE"]

    /// Notes a secret that a test made.
    public static func secret(_ text: String) {
        guard let folder, !text.isEmpty else { return }
        // One write at the end of the file, so that lines of several processes do not mix.
        let descriptor = open(folder + "/secrets", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var line = text + "\n"
        line.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Keeps what a program or a server said.
    ///
    /// - Parameters:
    ///   - text: What it said.
    ///   - name: Who, for the name of the file.
    public static func log(_ text: String, from name: String) {
        guard let folder, !text.isEmpty else { return }
        try? Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)-\(UUID().uuidString)"))
    }

    /// Keeps what a program said that ran to its end: tokens in its output are secrets, which is where they are shown once;
    /// in what it reports there must be none.
    ///
    /// - Parameters:
    ///   - name: The program.
    ///   - output: Its standard output.
    ///   - errors: Its standard error.
    public static func program(_ name: String, output: String, errors: String) {
        guard folder != nil else { return }
        log(errors, from: name)
        for word in output.split(whereSeparator: { $0.isWhitespace || $0 == "\"" }) where word.hasPrefix("pga_") {
            // A whole one; guides and lists abbreviate them.
            if word.utf8.count > 46 { secret(String(word)) }
        }
    }
    /// Starts a program of this package that is spoken to over its standard input and output; what it says on standard
    /// error is kept.
    ///
    /// - Parameters:
    ///   - name: The program.
    ///   - arguments: Its arguments.
    ///   - environment: Its whole environment; `nil` passes ours on.
    /// - Throws: What ``BuiltPrograms/path(_:)`` and the start throw.
    public static func start(
        _ name: String, _ arguments: [String], environment: [String: String]? = nil
    ) throws -> ChildProcess {
        let path = try BuiltPrograms.path(name)
        guard let folder else { return try ChildProcess(path, arguments, environment: environment) }
        // The shell becomes the program: it keeps the number of its process.
        let errors = "\(folder)/\(name)-\(UUID().uuidString)"
        return try ChildProcess(
            "/bin/sh", ["-c", #"errors=$1; shift; exec "$@" 2>>"$errors""#, name, errors, path] + arguments,
            environment: environment)
    }
}
