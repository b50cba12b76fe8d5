import Foundation

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
}
