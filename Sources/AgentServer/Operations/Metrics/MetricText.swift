/// Writes metrics in Prometheus' text exposition format 0.0.4.
///
/// Rules: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct MetricText {
    /// What an HTTP answer with this text says of itself.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What Prometheus shall make of a family.
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    private(set) var text = ""

    /// Begins a family. Its samples have to follow, before the next begins.
    mutating func begin(_ family: MetricFamily) {
        text +=
            "# HELP \(family.name) \(Self.escapedHelp(family.help))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
    }

    /// Writes one sample.
    ///
    /// - Parameters:
    ///   - name: The name of the family, with the suffix of a histogram's part.
    ///   - labels: Names and values of the labels; values may be anything.
    ///   - value: The value.
    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            var separator = "{"
            for (label, value) in labels {
                text += "\(separator)\(label)=\"\(Self.escapedLabel(value))\""
                separator = ","
            }
            text += "}"
        }
        text += " \(Self.number(value))\n"
    }

    /// A number as Go's `ParseFloat` reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Counts are whole; Swift would write them as 1.0 and, from 2^53 on, as 1e+16.
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }

    /// A help text: `\` and line feeds are escaped.
    static func escapedHelp(_ text: String) -> String { escaped(text, quotes: false) }

    /// A label's value: `\`, `"` and line feeds are escaped.
    static func escapedLabel(_ text: String) -> String { escaped(text, quotes: true) }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        func isPlain(_ byte: UInt8) -> Bool { byte != 0x5C && byte != 0x0A && (byte != 0x22 || !quotes) }
        if text.utf8.allSatisfy(isPlain) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
