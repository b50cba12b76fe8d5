internal import AgentModels
internal import AuthTokens
public import MCPProtocol

extension Conversation {
    /// The conversation as the API and the export show it.
    public var json: JSONObject {
        [
            "id": .string(id), "title": .string(title), "database": database.map { .string($0) } ?? .null,
            "created": .string(created.text), "updated": .string(updated.text),
            "messages": .integer(Int64(messageCount)),
        ]
    }
}

extension StoredMessage {
    /// The message as the API and the export show it: without what only a model's service understands.
    public var shownJSON: JSONObject {
        var object: JSONObject = [
            "index": .integer(Int64(index)), "role": .string(message.role.rawValue), "created": .string(created.text),
            "parts": .array(message.parts.map { .object(shown($0)) }),
        ]
        if let end { object["end"] = .string(end.rawValue) }
        return object
    }

    private func shown(_ part: ModelPart) -> JSONObject {
        switch part {
        case .text(let text): return ["type": "text", "text": .string(text)]
        case .thinking(let thinking): return ["type": "thinking", "text": .string(thinking.text)]
        case .toolCall(let call):
            return [
                "type": "tool_call", "id": .string(call.id), "name": .string(call.name),
                "arguments": .object(call.arguments),
            ]
        case .toolResult(let result):
            var object: JSONObject = [
                "type": "tool_result", "call": .string(result.callID), "name": .string(result.name),
                "text": .string(result.text), "isError": .bool(result.isError),
            ]
            if let detail = details[result.callID] {
                object["elapsedMs"] = JSONValue(detail.elapsedMs)
                object["result"] = detail.result
                object["decision"] = detail.decision.map { .string($0.rawValue) }
            }
            return object
        }
    }
}
