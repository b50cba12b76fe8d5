internal import Spelling
internal import Yams

/// One entry of a token or user file, with the places of its values.
struct YAMLRecord {
    enum Value {
        case text(String)
        case list([String])
    }
    struct Field {
        let value: Value
        let line: Int
        let column: Int
    }

    let path: String
    let line: Int
    let column: Int
    var fields: [String: Field] = [:]

    func failure(_ message: String, at field: Field? = nil) -> AccountError {
        YAMLRecords.failure(path, field?.line ?? line, field?.column ?? column, message)
    }

    /// The text of a key; `nil` when it is absent or empty.
    func text(_ key: String) throws(AccountError) -> String? {
        guard let field = fields[key] else { return nil }
        guard case .text(let text) = field.value else { throw failure("\(key) must be text", at: field) }
        return text.isEmpty ? nil : text
    }

    func required(_ key: String) throws(AccountError) -> String {
        guard let text = try text(key) else { throw failure("the key \(key) is missing or empty") }
        return text
    }

    func list(_ key: String) throws(AccountError) -> [String]? {
        guard let field = fields[key] else { return nil }
        guard case .list(let list) = field.value else {
            throw failure("\(key) must be a list, such as [a, b]", at: field)
        }
        return list
    }

    func moment(_ key: String) throws(AccountError) -> Timestamp? {
        guard let text = try text(key) else { return nil }
        guard let moment = Timestamp(text) else {
            throw failure("\(key) must be a time such as 2026-12-31T23:59:59Z", at: fields[key])
        }
        return moment
    }

    func scopes() throws(AccountError) -> Set<Scope> {
        var scopes: Set<Scope> = []
        for name in try list("scopes") ?? [] {
            guard let scope = Scope(rawValue: name) else {
                throw failure(
                    YAMLRecords.unknown("scope", name, known: Scope.allCases.map(\.rawValue)), at: fields["scopes"])
            }
            scopes.insert(scope)
        }
        return scopes
    }
}

/// Reads `version: 1` and one list of mappings, whose values are texts or lists of texts; everything else is an error with
/// its place.
enum YAMLRecords {
    static func read(
        _ bytes: [UInt8], path: String, list name: String, keys: [String]
    ) throws(AccountError) -> [YAMLRecord] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, 1, 1, "the file is not UTF-8")
        }
        let root: Node?
        do {
            root = try Yams.Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw failure(error, path)
        } catch {
            throw failure(path, 1, 1, "the file cannot be read as YAML")
        }
        guard let root else { return [] }
        guard case .mapping(let mapping) = root else { throw failure(path, root, "expected the key \(name)") }
        var records: [YAMLRecord] = []
        for (key, value) in mapping {
            switch key.scalar?.string {
            case "version":
                guard value.scalar?.string == "1" else {
                    throw failure(path, value, "this program reads version 1 of the file only")
                }
            case name:
                if let scalar = value.scalar, scalar.string.isEmpty { continue }
                guard case .sequence(let sequence) = value else { throw failure(path, value, "\(name) must be a list") }
                records.reserveCapacity(sequence.count)
                for node in sequence { records.append(try record(node, path, keys)) }
            default:
                throw failure(path, key, unknown("key", key.scalar?.string ?? "", known: ["version", name]))
            }
        }
        return records
    }

    private static func record(_ node: Node, _ path: String, _ keys: [String]) throws(AccountError) -> YAMLRecord {
        guard case .mapping(let mapping) = node else { throw failure(path, node, "expected a mapping") }
        let mark = node.mark
        var record = YAMLRecord(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1)
        for (key, value) in mapping {
            guard let name = key.scalar?.string, keys.contains(name) else {
                throw failure(path, key, unknown("key", key.scalar?.string ?? "", known: keys))
            }
            let place = value.mark
            record.fields[name] = YAMLRecord.Field(
                value: try self.value(value, path), line: place?.line ?? record.line,
                column: place?.column ?? record.column)
        }
        return record
    }

    private static func value(_ node: Node, _ path: String) throws(AccountError) -> YAMLRecord.Value {
        switch node {
        case .scalar(let scalar):
            return .text(try text(scalar, node, path))
        case .sequence(let sequence):
            guard sequence.count <= 1000 else { throw failure(path, node, "the list has more than 1000 entries") }
            var texts: [String] = []
            for element in sequence {
                guard let scalar = element.scalar else { throw failure(path, element, "expected text") }
                texts.append(try text(scalar, element, path))
            }
            return .list(texts)
        default:
            throw failure(path, node, "expected text or a list of texts")
        }
    }

    private static func text(_ scalar: Node.Scalar, _ node: Node, _ path: String) throws(AccountError) -> String {
        if scalar.style == .plain, ["~", "null", "Null", "NULL"].contains(scalar.string) { return "" }
        return scalar.string
    }

    static func unknown(_ kind: String, _ name: String, known: [String]) -> String {
        let shown = String(String.UnicodeScalarView(name.unicodeScalars.prefix(60)))
        let near = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" }
        return "unknown \(kind) \"\(shown)\"" + (near ?? "; known are \(known.joined(separator: ", "))")
    }

    static func failure(_ path: String, _ line: Int, _ column: Int, _ message: String) -> AccountError {
        AccountError(.malformed(line: line, column: column), "\(path):\(line):\(column): \(message)")
    }

    private static func failure(_ path: String, _ node: Node, _ message: String) -> AccountError {
        failure(path, node.mark?.line ?? 1, node.mark?.column ?? 1, message)
    }

    /// libyaml's words without the excerpt of the text that Yams would print with them.
    private static func failure(_ error: YamlError, _ path: String) -> AccountError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            failure(path, mark.line, mark.column, problem)
        case .duplicatedKeysInMapping(_, let context):
            failure(path, context.mark.line, context.mark.column, "a key is given twice in one mapping")
        default: failure(path, 1, 1, "the file cannot be read as YAML")
        }
    }
}

/// Writes what ``YAMLRecords`` reads.
struct YAMLText {
    private(set) var text: String

    init(header: String, list name: String) {
        text = header.split(separator: "\n").map { "# \($0)\n" }.joined() + "version: 1\n\(name):\n"
    }

    private var isFirst = false

    /// Begins an entry; its first field follows.
    mutating func entry() { isFirst = true }

    mutating func field(_ key: String, _ value: String?) {
        guard let value else { return }
        text += isFirst ? "  - " : "    "
        isFirst = false
        text += "\(key): \(Self.scalar(value))\n"
    }

    mutating func field(_ key: String, _ list: [String]?) {
        guard let list else { return }
        text += isFirst ? "  - " : "    "
        isFirst = false
        text += "\(key): [\(list.map(Self.scalar).joined(separator: ", "))]\n"
    }

    mutating func field(_ key: String, _ moment: Timestamp?) { field(key, moment?.text) }

    /// Words and times as they are; anything that YAML, or a reader of another kind, could take for something else in double
    /// quotes, with everything but printable ASCII and letters escaped.
    private static func scalar(_ value: String) -> String {
        let isPlain =
            !value.isEmpty && value.utf8.first.map { isLetter($0) || isDigit($0) } == true
            && value.utf8.allSatisfy { isLetter($0) || isDigit($0) || "-_.:+/$=@".utf8.contains($0) }
            && value.utf8.last != UInt8(ascii: ":")
            && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(value.lowercased())
        if isPlain { return value }
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default:
                if scalar.value >= 0x20, scalar.value < 0x7F || scalar.properties.isAlphabetic {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    let hex = String(scalar.value, radix: 16)
                    quoted += "\\U" + String(repeating: "0", count: 8 - hex.utf8.count) + hex
                }
            }
        }
        return quoted + "\""
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 32) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
