import MCPProtocol

/// What Anthropic is sent.
enum AnthropicWire {
    private static let cached: JSONValue = ["type": "ephemeral"]

    /// The body of `POST /v1/messages`.
    ///
    /// Three marks of `cache_control` have the service keep the tools, the system prompt and the conversation so far, which the
    /// next request begins with again.
    static func body(_ request: ModelRequest) -> JSONValue {
        var body: JSONObject = [
            "model": .string(request.model), "max_tokens": .integer(Int64(request.maxTokens)), "stream": true,
        ]
        if !request.system.isEmpty {
            body["system"] = [["type": "text", "text": .string(request.system), "cache_control": cached]]
        }
        if !request.tools.isEmpty {
            var tools = request.tools.map { tool -> JSONObject in
                [
                    "name": .string(tool.name), "description": .string(tool.description),
                    "input_schema": .object(tool.inputSchema),
                ]
            }
            tools[tools.count - 1]["cache_control"] = cached
            body["tools"] = .array(tools.map { .object($0) })
        }
        var messages = request.messages.compactMap { message -> (role: String, content: [JSONObject])? in
            let content = blocks(message)
            return content.isEmpty ? nil : (message.role.rawValue, content)
        }
        // Thinking cannot carry a mark.
        if let last = messages.last?.content.last?["type"]?.string, !last.hasSuffix("thinking") {
            let message = messages.count - 1
            messages[message].content[messages[message].content.count - 1]["cache_control"] = cached
        }
        body["messages"] = .array(
            messages.map { message in
                ["role": .string(message.role), "content": .array(message.content.map { .object($0) })]
            })
        return .object(body)
    }

    /// The blocks of a message. Results of tools have to stand before words.
    private static func blocks(_ message: ModelMessage) -> [JSONObject] {
        var results: [JSONObject] = []
        var others: [JSONObject] = []
        for part in message.parts {
            switch part {
            case .text(let text):
                // An empty text is refused.
                if text.utf8.contains(where: { $0 > 0x20 }) {
                    others.append(["type": "text", "text": .string(text)])
                }
            case .thinking(let thinking):
                // What another service thought means nothing here.
                if let block = thinking.opaque?.object,
                    ["thinking", "redacted_thinking"].contains(block["type"]?.string)
                {
                    others.append(block)
                }
            case .toolCall(let call):
                others.append([
                    "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                    "input": .object(call.arguments),
                ])
            case .toolResult(let result):
                var block: JSONObject = ["type": "tool_result", "tool_use_id": .string(result.callID)]
                if !result.text.isEmpty { block["content"] = .string(result.text) }
                if result.isError { block["is_error"] = true }
                results.append(block)
            }
        }
        return results + others
    }
}
