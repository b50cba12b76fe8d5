import MCPProtocol

/// What a tool answers with after a write.
enum WriteFrame {
    /// The result of a tool.
    ///
    /// - Parameters:
    ///   - result: What the write did.
    ///   - includesRows: Whether the structured content holds returned rows too.
    static func toolResult(_ result: WriteResult, includesRows: Bool) -> ToolResult {
        ToolResult(
            content: [.text(text(result))], structuredContent: .object(structured(result, includesRows: includesRows)))
    }

    /// What was done, then the rows that each statement returned, framed as data.
    static func text(_ result: WriteResult) -> String {
        var text = lead(result) + "\n"
        if result.statements.count > 1 {
            for (index, statement) in result.statements.enumerated() { text += "\(index + 1). \(statement.summary)\n" }
        }
        if !result.notices.isEmpty {
            text += "The server said while it ran:\n"
            text += UntrustedText.framed(result.notices.joined(separator: "\n"), as: .message) + "\n"
        }
        for (index, statement) in result.statements.enumerated() {
            guard let rows = statement.result else { continue }
            if result.statements.count > 1 { text += "Statement \(index + 1) returned " }
            text += ResultFrame.text(rows) + "\n"
        }
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static func lead(_ result: WriteResult) -> String {
        let milliseconds = ResultFrame.milliseconds(result.elapsed)
        let what = result.statements.count == 1 ? result.statements[0].summary : "\(result.statements.count) statements"
        if result.dryRun {
            return "DRY RUN on \"\(result.database)\", rolled back after \(milliseconds) ms; nothing was kept. "
                + "It would have done: \(what)."
        }
        return "Done on \"\(result.database)\" in \(milliseconds) ms, and committed: \(what)."
    }

    private static func structured(_ result: WriteResult, includesRows: Bool) -> JSONObject {
        var structured = JSONObject()
        structured["database"] = .string(result.database)
        let rows = result.statements.last { $0.result != nil }?.result
        if case .object(let object) = rows?.structured(includeRows: includesRows) {
            for (key, value) in object { structured[key] = value }
        } else {
            structured["columns"] = []
            structured["rowCount"] = 0
            structured["truncated"] = false
            structured["nextOffset"] = .null
            structured["elapsedMs"] = JSONValue(result.elapsed.milliseconds)
        }
        structured["committed"] = .bool(!result.dryRun)
        structured["statements"] = .array(
            result.statements.map {
                ["command": .string($0.command), "rows": $0.rows.map { .integer(Int64($0)) } ?? .null]
            })
        return structured
    }
}

extension ResultSchema {
    /// The schema where writes are possible: after one, also what its statements did.
    static let queryOrWrite: JSONValue = {
        guard case .object(var schema) = query, case .object(var properties)? = schema["properties"] else {
            return query
        }
        properties["committed"] = ["type": "boolean", "description": "After a write: false when it was a dry run."]
        properties["statements"] = [
            "type": "array",
            "items": [
                "type": "object",
                "properties": ["command": ["type": "string"], "rows": ["type": ["integer", "null"]]],
                "required": ["command", "rows"],
            ],
        ]
        schema["properties"] = .object(properties)
        return .object(schema)
    }()
}
