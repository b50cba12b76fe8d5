import AgentCore
import AuthTokens
import Logging
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What an agent in this process logs: errors for the person, who is its operator, and all of it in a file where one is named.
final class CommandLog: Sendable {
    /// The most errors that wait to be told.
    private static let mostTold = 20

    private let told = Mutex<[String]>([])
    private let descriptor: Int32?

    /// Opens the file.
    ///
    /// - Parameter file: It is made for its owner alone, and written to at its end; nil for none.
    /// - Throws: ``ChatProblem`` when it cannot be opened.
    init(file: String?) throws {
        guard let file else {
            descriptor = nil
            return
        }
        let opened = open(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw ChatProblem("--log-file \(file): \(String(cString: strerror(errno)))", status: 2)
        }
        descriptor = opened
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    /// A logger that writes here.
    ///
    /// - Parameter level: What the file holds at least.
    func logger(_ level: TelemetryConfiguration.LogLevel) -> Logger {
        let level = Logger.Level(rawValue: level.rawValue) ?? .info
        return Logger(label: "agentctl") { _ in Handler(log: self, logLevel: level) }
    }

    /// The errors since the last call, a line each.
    func take() -> [String] {
        told.withLock { told in
            defer { told = [] }
            return told
        }
    }

    private func write(_ line: String, _ level: Logger.Level) {
        if level >= .error { told.withLock { if $0.count < Self.mostTold { $0.append(line) } } }
        guard let descriptor else { return }
        let whole = "\(Timestamp.now.text) \(level.rawValue) \(line)\n"
        _ = StandardStreams.write(whole, toDescriptor: descriptor)
    }

    private struct Handler: LogHandler {
        let log: CommandLog
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            var line = PlainText.escaped(event.message.description)
            for (key, value) in all.sorted(by: { $0.key < $1.key }) {
                line += " \(key)=\(PlainText.escaped(value.description))"
            }
            log.write(line, event.level)
        }
    }
}
