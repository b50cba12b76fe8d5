import MCPProtocol

/// What Gemini is sent.
enum GeminiWire {
    /// The path of a model. A name may say its collection (`models/…`, `tunedModels/…`).
    static func path(of model: String) -> String {
        for collection in ["models/", "tunedModels/"] where model.hasPrefix(collection) {
            return collection + ServiceAddress.encoded(String(model.dropFirst(collection.count)))
        }
        return "models/" + ServiceAddress.encoded(model)
    }

    /// The body of `POST /v1beta/models/…:streamGenerateContent`.
    static func body(_ request: ModelRequest) -> JSONValue {
        // A result names the call by the service's own id, where it gave one.
        var ids: [String: String] = [:]
        for case .toolCall(let call) in request.messages.flatMap(\.parts) {
            ids[call.id] = part(call)["functionCall"]?["id"]?.string
        }
        var body: JSONObject = [
            "contents": .array(
                request.messages.compactMap { message in
                    let parts = message.parts.compactMap { part($0, ids) }
                    guard !parts.isEmpty else { return nil }
                    return ["role": message.role == .user ? "user" : "model", "parts": .array(parts)]
                }),
            "generationConfig": ["maxOutputTokens": .integer(Int64(request.maxTokens))],
        ]
        if !request.system.isEmpty { body["systemInstruction"] = ["parts": [["text": .string(request.system)]]] }
        if !request.tools.isEmpty {
            body["tools"] = [
                [
                    "functionDeclarations": .array(
                        request.tools.map { tool in
                            [
                                "name": .string(tool.name), "description": .string(tool.description),
                                "parametersJsonSchema": .object(tool.inputSchema),
                            ]
                        })
                ]
            ]
        }
        return .object(body)
    }

    /// The call as it came, with its signature; made anew when it is of another service.
    private static func part(_ call: ModelToolCall) -> JSONValue {
        if let part = call.opaque, part["functionCall"]?.object != nil { return part }
        return ["functionCall": ["name": .string(call.name), "args": .object(call.arguments)]]
    }

    private static func part(_ part: ModelPart, _ ids: [String: String]) -> JSONValue? {
        switch part {
        case .text(let text): return text.isEmpty ? nil : ["text": .string(text)]
        case .thinking(let thinking):
            guard let part = thinking.opaque, part["thoughtSignature"]?.string != nil, part["type"] == nil else {
                return nil
            }
            return part
        case .toolCall(let call): return self.part(call)
        case .toolResult(let result):
            var response: JSONObject = ["name": .string(result.name)]
            if let id = ids[result.callID] { response["id"] = .string(id) }
            response["response"] = [result.isError ? "error" : "output": .string(result.text)]
            return ["functionResponse": .object(response)]
        }
    }
}
