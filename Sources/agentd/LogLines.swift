import AgentCore
import Logging
import MCPProtocol
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Log lines on standard error, as JSON objects or as text for people (`telemetry.log_format`).
///
/// Control characters are escaped in both formats: whoever gets a text into the log cannot forge a line or steer the terminal of
/// its reader.
struct LogLines: LogHandler {
    /// As the configuration says at the moment, unless a copy of the logger was given a level of its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }
    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    let label: String
    let format: TelemetryConfiguration.LogFormat

    init(threshold: LogThreshold, label: String, format: TelemetryConfiguration.LogFormat) {
        self.threshold = threshold
        self.label = label
        self.format = format
    }

    /// The logger that the configuration describes.
    ///
    /// - Parameters:
    ///   - telemetry: The format, and the level at the start.
    ///   - threshold: The level from then on, for a program that changes it while it runs.
    static func logger(_ telemetry: TelemetryConfiguration, threshold: LogThreshold? = nil) -> Logger {
        let threshold = threshold ?? LogThreshold(telemetry.logLevel)
        return Logger(label: "agentd") { label in
            LogLines(threshold: threshold, label: label, format: telemetry.logFormat)
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let own = event.metadata ?? [:]
        let all = metadata.isEmpty ? own : metadata.merging(own) { $1 }
        let line = line(event.level, event.message.description, all)
        StandardError.write(line) { count in
            self.line(
                .warning, "lines of the log were dropped, since nobody read them", ["count": .stringConvertible(count)])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> [UInt8] {
        let time = Self.now()
        var line =
            switch format {
            case .json: json(level, message, metadata, time)
            case .text: Array(text(level, message, metadata, time).utf8)
            }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// Written as it goes: the line of the access log is a good part of what a small request costs.
    private func json(
        _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, _ time: String
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        line.append(contentsOf: #"{"time":""#.utf8)
        line.append(contentsOf: time.utf8)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: level.rawValue.utf8)
        line.append(contentsOf: #"","logger":"#.utf8)
        JSONValue.string(label).serialize(into: &line)
        line.append(contentsOf: #","message":"#.utf8)
        JSONValue.string(message).serialize(into: &line)
        for key in metadata.keys.sorted() where !Self.reserved.contains(key) {
            guard let value = metadata[key] else { continue }
            line.append(UInt8(ascii: ","))
            JSONValue.string(key).serialize(into: &line)
            line.append(UInt8(ascii: ":"))
            Self.json(value).serialize(into: &line)
        }
        line.append(UInt8(ascii: "}"))
        // Only a text of others has anything else, and then seldom.
        return line.allSatisfy { $0 < 0x7F } ? line : Array(PlainText.jsonForTerminals(line).utf8)
    }

    /// What a line says itself, whatever the metadata.
    private static let reserved = ["time", "level", "logger", "message"]

    private static func json(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): number(value) ?? .string(value.description)
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
    }

    /// A number as a number, so that whoever reads the log can compare and add.
    private static func number(_ value: any CustomStringConvertible) -> JSONValue? {
        switch value {
        case let whole as Int: .integer(Int64(whole))
        case let double as Double where double.isFinite: JSONNumber("\(double)").map { .number($0) }
        default: nil
        }
    }

    private func text(
        _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, _ time: String
    ) -> String {
        var line = "\(time) \(level.rawValue) \(label): \(PlainText.escaped(message))"
        for key in metadata.keys.sorted() {
            if let value = metadata[key] { line += " \(key)=\(PlainText.escaped(value.description))" }
        }
        return line
    }

    /// The last second that was written, which most lines share with the one before.
    private static let second = Mutex<(number: Int, text: String)>((-1, ""))

    private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The time in UTC as RFC 3339 writes it, with milliseconds.
    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let number = Int(time.tv_sec)
        let text = second.withLock { second in
            if second.number != number { second = (number, moment(time.tv_sec)) }
            return second.text
        }
        return "\(text).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }

    private static func moment(_ seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock)"
    }
}

/// The least severe level that is logged, which a reload changes for every logger of the process.
final class LogThreshold: Sendable {
    private let current: Mutex<Logger.Level>

    init(_ level: TelemetryConfiguration.LogLevel) {
        current = Mutex(Logger.Level(rawValue: level.rawValue) ?? .info)
    }

    var level: Logger.Level { current.withLock { $0 } }

    func set(_ level: TelemetryConfiguration.LogLevel) {
        current.withLock { $0 = Logger.Level(rawValue: level.rawValue) ?? .info }
    }
}
