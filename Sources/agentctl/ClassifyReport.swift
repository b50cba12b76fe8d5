import AgentCore
import AgentTerminal
import MCPProtocol
import SQLClassifier

/// A verdict in the forms that `agentctl classify` prints.
struct ClassifyReport {
    let text: [UInt8]
    let verdict: Verdict

    init(text: [UInt8]) {
        self.text = text
        verdict = text.withUnsafeBufferPointer { SQLClassifier.classify(utf8: $0) }
    }

    /// The verdict as one JSON object with every statement and mention, and a line feed.
    func json() -> [UInt8] {
        let object = VerdictJSON.object(verdict)
        return Array(PlainText.jsonForTerminals(JSONValue.object(object).serialized()).utf8) + [UInt8(ascii: "\n")]
    }

    /// The verdict for a person.
    func prose() -> String {
        var lines: [String] = []
        lines.append(verdict.isReadOnly ? "A read." : "Not a read (\(verdict.effect.rawValue)).")
        if let reason = verdict.reason {
            lines.append(Self.shown(reason.description))
            lines += caret(reason.location)
        }
        for (index, statement) in verdict.statements.enumerated() {
            let tag = statement.commandTag.isEmpty ? "not understood" : statement.commandTag
            let runs = statement.executes ? ", runs what it explains" : ""
            lines.append("\(index + 1). \(tag): \(statement.effect.rawValue)\(runs)")
            lines += Self.list("functions", statement.functions)
            lines += Self.list("relations", statement.relations)
            lines += Self.list("settings", statement.settings)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list(_ title: String, _ mentions: [Mention]) -> [String] {
        var seen: Set<QualifiedName> = []
        let names = mentions.filter { seen.insert($0.name).inserted }.map { shown($0.name.description) }
        return names.isEmpty ? [] : ["   \(title): \(names.joined(separator: ", "))"]
    }

    /// The line of the offending place with a caret under it, cut to a window so that a long line stays readable.
    private func caret(_ location: SourceLocation) -> [String] {
        let offset = min(location.offset, text.count)
        let isLineEnd: (UInt8) -> Bool = { $0 == 0x0A || $0 == 0x0D }
        let start = (text[..<offset].lastIndex(where: isLineEnd) ?? -1) + 1
        let end = text[offset...].firstIndex(where: isLineEnd) ?? text.count
        let window = 60
        var before = String(decoding: text[start..<offset], as: UTF8.self)
        if before.unicodeScalars.count > window {
            before = "…" + String(String.UnicodeScalarView(before.unicodeScalars.suffix(window)))
        }
        let after = String(decoding: text[offset..<end], as: UTF8.self)
        let shownAfter =
            after.unicodeScalars.count > window
            ? String(String.UnicodeScalarView(after.unicodeScalars.prefix(window))) + "…" : after
        let left = Self.shown(before)
        return [
            "", "  " + left + Self.shown(shownAfter),
            "  " + String(repeating: " ", count: left.unicodeScalars.count) + "^", "",
        ]
    }

    /// Text from outside on one line, a tab as one blank, so that the caret stands under its place.
    private static func shown(_ text: String) -> String {
        TerminalText.line(String(text.map { $0 == "\t" ? " " : $0 }))
    }
}
