import MCPProtocol

/// What a server that speaks Chat Completions is sent: only what every such server knows.
enum ChatCompletionsWire {
    /// The body of `POST /v1/chat/completions`. `max_tokens` is the older word, and the one that all of them have.
    static func body(_ request: ModelRequest) -> JSONValue {
        var messages: [JSONValue] = []
        if !request.system.isEmpty { messages.append(["role": "system", "content": .string(request.system)]) }
        for message in request.messages { messages += self.messages(message) }
        var body: JSONObject = [
            "model": .string(request.model), "stream": true, "stream_options": ["include_usage": true],
            "max_tokens": .integer(Int64(request.maxTokens)), "messages": .array(messages),
        ]
        if !request.tools.isEmpty { body["tools"] = tools(request.tools) }
        return .object(body)
    }

    /// The tools, which Ollama has in the same form.
    static func tools(_ tools: [ModelTool]) -> JSONValue {
        .array(
            tools.map { tool in
                [
                    "type": "function",
                    "function": [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": .object(tool.inputSchema),
                    ],
                ]
            })
    }

    /// The words of a message; nil when it has none.
    static func text(_ message: ModelMessage) -> String? {
        let texts = message.parts.compactMap { part -> String? in
            if case .text(let text) = part, !text.isEmpty { text } else { nil }
        }
        return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
    }

    private static func messages(_ message: ModelMessage) -> [JSONValue] {
        var result: [JSONValue] = []
        var calls: [JSONValue] = []
        for part in message.parts {
            switch part {
            case .toolResult(let answer):
                result.append([
                    "role": "tool", "tool_call_id": .string(answer.callID), "content": .string(answer.text),
                ])
            case .toolCall(let call):
                // Templates of models read the text as JSON, and fail where it is none.
                calls.append([
                    "id": .string(call.id), "type": "function",
                    "function": [
                        "name": .string(call.name), "arguments": .string(JSONValue.object(call.arguments).description),
                    ],
                ])
            case .text, .thinking: break
            }
        }
        let text = text(message)
        guard text != nil || !calls.isEmpty else { return result }
        var said: JSONObject = ["role": .string(message.role.rawValue)]
        said["content"] = text.map { .string($0) } ?? .null
        if !calls.isEmpty { said["tool_calls"] = .array(calls) }
        return result + [.object(said)]
    }
}
