public import Foundation

/// A statement of a corpus file: one line, `name | statement`.
public struct CorpusStatement: Sendable, CustomStringConvertible {
    /// A short name, unique in its file.
    public let name: String
    /// The statement, with its placeholders filled in.
    public let sql: String
    /// Words behind the name in brackets: `[any]`, `[names=lo_get]`; what they mean is the test's business.
    public let marks: [String: String]
    /// Where it stands, for messages.
    public let place: String

    /// `place: name`.
    public var description: String { "\(place): \(name)" }
}

/// Statements in plain text files, so that adding one is adding a line.
///
/// A line is `name | statement` or `name [mark, mark=value] | statement`. Lines that begin with `#` are comments. In a
/// statement `{CR}`, `{LF}`, `{TAB}`, `{FF}`, `{VT}`, `{NUL}`, `{NBSP}` and `{BOM}` stand for these characters,
/// `{many:N:text}` for `text` N times, and further names in braces for what the reader of the corpus knows: a port, a
/// folder.
public struct SQLCorpus: Sendable {
    /// The name of the file without its extension.
    public let name: String
    /// Its statements in order.
    public let statements: [CorpusStatement]

    /// What went wrong with a corpus file.
    public struct Failure: Error, CustomStringConvertible {
        /// Which line, and what is wrong with it.
        public let description: String
    }

    /// The names of the corpus files of a folder, without the extension, in order.
    /// - Parameter folder: the folder.
    /// - Throws: when it cannot be read.
    public static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".corpus") }
            .map { String($0.dropLast(".corpus".count)) }.sorted()
    }

    /// Reads a file.
    /// - Parameters:
    ///   - name: its name without the extension.
    ///   - folder: its folder.
    ///   - values: what stands for the other names in braces.
    /// - Throws: ``Failure`` with the line that is not understood.
    public init(_ name: String, in folder: URL, values: [String: String] = [:]) throws {
        let text = try String(contentsOf: folder.appendingPathComponent(name + ".corpus"), encoding: .utf8)
        var statements: [CorpusStatement] = []
        var seen: Set<String> = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            let place = "\(name).corpus:\(index + 1)"
            guard let bar = line.range(of: " |") else { throw Failure(description: "\(place): no \" |\"") }
            let (title, marks) = Self.heading(line[..<bar.lowerBound])
            guard seen.insert(title).inserted else { throw Failure(description: "\(place): \(title) is there twice") }
            let sql = Self.filled(line[bar.upperBound...].dropFirst(), values)
            statements.append(CorpusStatement(name: title, sql: sql, marks: marks, place: place))
        }
        self.name = name
        self.statements = statements
    }

    private static func heading(_ text: Substring) -> (String, [String: String]) {
        guard text.hasSuffix("]"), let open = text.lastIndex(of: "[") else { return (String(text), [:]) }
        let name = text[..<open].reversed().drop { $0 == " " }.reversed()
        var marks: [String: String] = [:]
        for mark in text[text.index(after: open)...].dropLast().split(separator: ",") {
            let parts = mark.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard let key = parts.first else { continue }
            marks[String(key)] = parts.count > 1 ? String(parts[1]) : ""
        }
        return (String(name), marks)
    }

    private static let characters = [
        "CR": "\r", "LF": "\n", "TAB": "\t", "FF": "\u{C}", "VT": "\u{B}", "NUL": "\u{0}", "NBSP": "\u{A0}",
        "BOM": "\u{FEFF}",
    ]

    private static func filled(_ text: Substring, _ values: [String: String]) -> String {
        var result = ""
        var rest = text
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let key = String(rest[rest.index(after: open)..<close])
            let parts = key.split(separator: ":", maxSplits: 2)
            if let value = characters[key] ?? values[key] {
                result += rest[..<open] + value
            } else if parts.count == 3, parts[0] == "many", let count = Int(parts[1]) {
                result += rest[..<open] + String(repeating: String(parts[2]), count: count)
            } else {
                // Braces of SQL's own: arrays, JSON.
                result += rest[...open]
                rest = rest[rest.index(after: open)...]
                continue
            }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
