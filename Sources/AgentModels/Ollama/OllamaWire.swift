import MCPProtocol

/// What Ollama is sent.
enum OllamaWire {
    /// The body of `POST /api/chat`.
    static func body(_ request: ModelRequest) -> JSONValue {
        var messages: [JSONValue] = []
        if !request.system.isEmpty { messages.append(["role": "system", "content": .string(request.system)]) }
        for message in request.messages { messages += self.messages(message) }
        var body: JSONObject = [
            "model": .string(request.model), "stream": true, "messages": .array(messages),
            "options": ["num_predict": .integer(Int64(request.maxTokens))],
        ]
        if !request.tools.isEmpty { body["tools"] = ChatCompletionsWire.tools(request.tools) }
        return .object(body)
    }

    private static func messages(_ message: ModelMessage) -> [JSONValue] {
        var result: [JSONValue] = []
        var calls: [JSONValue] = []
        var thinking = ""
        for part in message.parts {
            switch part {
            case .toolResult(let answer):
                result.append([
                    "role": "tool", "tool_name": .string(answer.name), "tool_call_id": .string(answer.callID),
                    "content": .string(answer.text),
                ])
            case .toolCall(let call):
                calls.append([
                    "id": .string(call.id), "type": "function",
                    "function": [
                        "index": .integer(Int64(calls.count)), "name": .string(call.name),
                        "arguments": .object(call.arguments),
                    ],
                ])
            case .thinking(let thought):
                // Only what Ollama thought itself: blocks of others have a type.
                if thought.opaque?["type"] == nil { thinking += thought.opaque?["thinking"]?.string ?? "" }
            case .text: break
            }
        }
        let text = ChatCompletionsWire.text(message)
        guard text != nil || !calls.isEmpty else { return result }
        var said: JSONObject = ["role": .string(message.role.rawValue), "content": .string(text ?? "")]
        if !thinking.isEmpty { said["thinking"] = .string(thinking) }
        if !calls.isEmpty { said["tool_calls"] = .array(calls) }
        return result + [.object(said)]
    }
}
