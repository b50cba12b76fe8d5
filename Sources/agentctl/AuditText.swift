import AgentCore
import AgentTerminal
import MCPProtocol

/// Lines and verdicts of an audit log as text.
enum AuditText {
    /// The most of a statement that a line for people shows, in characters.
    private static let longestStatement = 400

    /// A line of the log, with its line feed.
    ///
    /// - Parameters:
    ///   - record: The line.
    ///   - json: Whether it is printed as it is; even then without what a terminal would act on.
    static func line(_ record: AuditRecord, json: Bool) -> String {
        guard !json, let object = record.object else { return escapedJSON(record.text) + "\n" }
        let event = record.string("event") ?? "?"
        var parts = [record.string("time") ?? "?"]
        switch event {
        case "call", "write":
            parts.append(record.string("principalName") ?? record.string("principal") ?? "-")
            parts.append(record.string("database") ?? "-")
            parts.append(record.string("tool") ?? "-")
            parts.append(record.string("verdict") ?? "-")
            parts.append(event == "write" ? "about-to-run" : record.string("outcome") ?? "-")
            if let rows = record.integer("rows"), rows > 0 { parts.append("\(rows) rows") }
            if let time = record.integer("durationUs") { parts.append(milliseconds(time)) }
            if let state = record.string("sqlstate") { parts.append("SQLSTATE \(state)") }
            if let reason = record.string("reason") { parts.append("(\(reason))") }
            if let approval = record.string("approvalId") { parts.append("approval \(approval)") }
        default:
            parts.append(event)
            for member in object where !["seq", "event", "time", "prev", "mac"].contains(member.key) {
                parts.append("\(member.key)=\(String(decoding: member.value.serialized(), as: UTF8.self))")
            }
        }
        var line = TerminalText.line(parts.joined(separator: " "))
        if let text = record.string("sql") ?? record.string("subject") ?? record.string("sqlSha256") {
            let shown = String(text.prefix(longestStatement))
            line += ": " + TerminalText.line(shown) + (shown.count < text.count ? "…" : "")
        }
        return line + "\n"
    }

    private static func milliseconds(_ microseconds: Int) -> String {
        let fraction = String(1000 + microseconds % 1000).dropFirst()
        return "\(microseconds / 1000).\(fraction) ms"
    }

    /// JSON with every character escaped that a terminal would act on: the same value, written otherwise. What is no JSON
    /// is shown as a terminal shows it.
    private static func escapedJSON(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            let shown = TerminalText.line(String(scalar))
            if shown == String(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            }
        }
        return result
    }

    /// What verifying found, for people.
    static func report(
        _ verification: AuditVerification, failures: [AuditFinding], isIncomplete: Bool
    ) -> String {
        var lines: [String] = []
        for note in verification.notes { lines.append("note: \(TerminalText.line(note))") }
        for finding in verification.findings where !failures.contains(finding) {
            lines.append("allowed: \(TerminalText.line(finding.description))")
        }
        for finding in failures { lines.append(TerminalText.line(finding.description)) }
        if isIncomplete { lines.append("missing: the lines before number \(verification.firstLine ?? 1)") }
        let files = "\(verification.files.count) file\(verification.files.count == 1 ? "" : "s")"
        if failures.isEmpty, !isIncomplete {
            lines.append(
                "\(verification.lines) lines in \(files): the chain is whole, "
                    + (verification.isSealed ? "sealed with a key" : "without a key"))
            if let last = verification.lastLine, let digest = verification.digest {
                lines.append("the last line is number \(last), digest \(digest)")
            }
        } else {
            lines.append("\(verification.lines) lines read in \(files): the log is NOT as it was written")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What verifying found, as a JSON object on one line.
    ///
    /// - Parameters:
    ///   - verification: Of the log.
    ///   - isSound: Whether nothing is wrong with it.
    ///   - commands: What verifying the log of commands found; nil when that was not asked for.
    static func json(_ verification: AuditVerification, isSound: Bool, commands: JSONObject?) -> String {
        var object = object(verification, isSound: isSound)
        if let commands { object["commands"] = .object(commands) }
        return escapedJSON(String(decoding: JSONValue.object(object).serialized(), as: UTF8.self))
    }

    /// What verifying found, as an object.
    static func object(_ verification: AuditVerification, isSound: Bool) -> JSONObject {
        var object = JSONObject()
        object["sound"] = .bool(isSound)
        object["lines"] = .integer(Int64(verification.lines))
        object["firstLine"] = verification.firstLine.map { .integer(Int64($0)) } ?? .null
        object["lastLine"] = verification.lastLine.map { .integer(Int64($0)) } ?? .null
        object["digest"] = verification.digest.map { .string($0) } ?? .null
        object["sealed"] = .bool(verification.isSealed)
        object["head"] = .bool(verification.hasHead)
        object["lostCalls"] = .integer(Int64(verification.lostCalls))
        object["files"] = .array(verification.files.map { .string($0) })
        object["findings"] = .array(
            verification.findings.map { finding in
                [
                    "kind": .string(finding.kind.rawValue), "file": finding.file.map { .string($0) } ?? .null,
                    "line": finding.line.map { .integer(Int64($0)) } ?? .null, "message": .string(finding.message),
                ]
            })
        object["notes"] = .array(verification.notes.map { .string($0) })
        return object
    }
}
