import MCPProtocol

/// What OpenAI is sent.
enum OpenAIWire {
    /// The body of `POST /v1/responses`.
    ///
    /// Nothing is kept at the service (`store`), so that what the model thought has to come back sealed
    /// (`reasoning.encrypted_content`) and is sent again with each request.
    static func body(_ request: ModelRequest) -> JSONValue {
        var body: JSONObject = [
            "model": .string(request.model), "stream": true, "store": false,
            "max_output_tokens": .integer(Int64(request.maxTokens)),
            "input": .array(request.messages.flatMap(items)),
        ]
        if !request.system.isEmpty { body["instructions"] = .string(request.system) }
        if thinks(request.model) { body["include"] = ["reasoning.encrypted_content"] }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "type": "function", "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": .object(tool.inputSchema), "strict": false,
                    ]
                })
            body["parallel_tool_calls"] = true
        }
        // Requests that begin alike are sent to the machine that has this begin in its cache.
        body["prompt_cache_key"] = .string("postgres-agent-" + digest(request.system))
        return .object(body)
    }

    /// Whether a model can be asked for its sealed thoughts: those before the fifth generation refuse the word.
    private static func thinks(_ model: String) -> Bool {
        !["gpt-3", "gpt-4", "chatgpt-"].contains { model.hasPrefix($0) }
    }

    private static func items(_ message: ModelMessage) -> [JSONValue] {
        message.parts.compactMap { part in
            switch part {
            case .text(let text):
                return text.isEmpty ? nil : ["role": .string(message.role.rawValue), "content": .string(text)]
            case .thinking(let thinking):
                guard let item = thinking.opaque, item["type"]?.string == "reasoning" else { return nil }
                return item
            case .toolCall(let call):
                return [
                    "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
                    "arguments": .string(call.malformedArguments ?? JSONValue.object(call.arguments).description),
                ]
            case .toolResult(let result):
                return [
                    "type": "function_call_output", "call_id": .string(result.callID), "output": .string(result.text),
                ]
            }
        }
    }

    /// FNV-1a, 64 bits: a name for a text, no secret.
    private static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
