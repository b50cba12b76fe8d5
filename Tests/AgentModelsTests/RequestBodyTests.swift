import MCPProtocol
import Testing

@testable import AgentModels

@Suite("What the services are sent")
struct RequestBodyTests {
    private static let schema: JSONObject = ["type": "object", "properties": ["city": ["type": "string"]]]

    /// A question, two calls with their results, one of them an error, and another question.
    private static func request(_ opening: [ModelPart], opaque: [JSONValue?] = [nil, nil]) -> ModelRequest {
        ModelRequest(
            model: "m", system: "Be brief.",
            messages: [
                ModelMessage(role: .user, parts: [.text("Weather?")]),
                ModelMessage(role: .assistant, parts: opening + WireSample.calls("c1", "c2", opaque: opaque)),
                ModelMessage(
                    role: .user,
                    parts: [
                        .toolResult(ModelToolResult(callID: "c1", name: "get_weather", text: "12 °C")),
                        .toolResult(
                            ModelToolResult(callID: "c2", name: "get_weather", text: "no such city", isError: true)),
                        .text("And?"),
                    ]),
            ],
            tools: [
                ModelTool(name: "get_time", description: "The time.", inputSchema: ["type": "object"]),
                ModelTool(name: "get_weather", description: "The weather.", inputSchema: schema),
            ], maxTokens: 1000)
    }

    private func expect(_ body: JSONValue, _ text: String) throws {
        #expect(body == (try JSONValue.parse(text)))
    }

    // https://platform.claude.com/docs/en/api/messages, /docs/en/agents-and-tools/tool-use/implement-tool-use (results first),
    // /docs/en/build-with-claude/prompt-caching (tools, system, messages).
    @Test("Anthropic: blocks, results before words, marks for the cache, thinking as it came")
    func anthropic() throws {
        let thinking: JSONValue = ["type": "thinking", "thinking": "Hm", "signature": "Eq"]
        let request = Self.request([.thinking(ModelThinking(text: "Hm", opaque: thinking)), .text("Let me see.")])
        try expect(
            AnthropicWire.body(request),
            """
            {"model":"m","max_tokens":1000,"stream":true,
             "system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
             "tools":[{"name":"get_time","description":"The time.","input_schema":{"type":"object"}},
              {"name":"get_weather","description":"The weather.",
               "input_schema":{"type":"object","properties":{"city":{"type":"string"}}},
               "cache_control":{"type":"ephemeral"}}],
             "messages":[{"role":"user","content":[{"type":"text","text":"Weather?"}]},
              {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"Eq"},
               {"type":"text","text":"Let me see."},
               {"type":"tool_use","id":"c1","name":"get_weather","input":{"city":"Zürich"}},
               {"type":"tool_use","id":"c2","name":"get_weather","input":{"city":"東京"}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"12 °C"},
               {"type":"tool_result","tool_use_id":"c2","content":"no such city","is_error":true},
               {"type":"text","text":"And?","cache_control":{"type":"ephemeral"}}]}]}
            """)
    }

    // https://platform.openai.com/docs/api-reference/responses/create, /docs/guides/reasoning#encrypted-reasoning-items
    @Test("OpenAI: items, nothing stored, sealed thoughts sent back")
    func openai() throws {
        let item: JSONValue = ["id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gA"]
        let request = Self.request([.thinking(ModelThinking(text: "", opaque: item)), .text("Let me see.")])
        var body = try #require(OpenAIWire.body(request).object)
        #expect(body["prompt_cache_key"]?.string?.hasPrefix("postgres-agent-") == true)
        body["prompt_cache_key"] = nil
        try expect(
            .object(body),
            #"""
            {"model":"m","stream":true,"store":false,"max_output_tokens":1000,"instructions":"Be brief.",
             "include":["reasoning.encrypted_content"],"parallel_tool_calls":true,
             "tools":[{"type":"function","name":"get_time","description":"The time.","parameters":{"type":"object"},
               "strict":false},
              {"type":"function","name":"get_weather","description":"The weather.",
               "parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}],
             "input":[{"role":"user","content":"Weather?"},
              {"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gA"},
              {"role":"assistant","content":"Let me see."},
              {"type":"function_call","call_id":"c1","name":"get_weather","arguments":"{\"city\":\"Zürich\"}"},
              {"type":"function_call","call_id":"c2","name":"get_weather","arguments":"{\"city\":\"東京\"}"},
              {"type":"function_call_output","call_id":"c1","output":"12 °C"},
              {"type":"function_call_output","call_id":"c2","output":"no such city"},
              {"role":"user","content":"And?"}]}
            """#)
    }

    // https://platform.openai.com/docs/api-reference/chat/create
    @Test("Compatible servers: messages of the role tool")
    func chat() throws {
        try expect(
            ChatCompletionsWire.body(Self.request([.thinking(ModelThinking(text: "Hm"))])),
            #"""
            {"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":1000,
             "tools":[{"type":"function","function":{"name":"get_time","description":"The time.",
               "parameters":{"type":"object"}}},
              {"type":"function","function":{"name":"get_weather","description":"The weather.",
               "parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],
             "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},
              {"role":"assistant","content":null,"tool_calls":[
               {"id":"c1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Zürich\"}"}},
               {"id":"c2","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"東京\"}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"12 °C"},
              {"role":"tool","tool_call_id":"c2","content":"no such city"},{"role":"user","content":"And?"}]}
            """#)
    }

    // https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/function-calling,
    // https://ai.google.dev/gemini-api/docs/thought-signatures
    @Test("Gemini: the calls as they came, with their signature, and results with the service's own id")
    func gemini() throws {
        let call: JSONValue = [
            "functionCall": ["id": "f1", "name": "get_weather", "args": ["city": "Zürich"]], "thoughtSignature": "Ej",
        ]
        try expect(
            GeminiWire.body(Self.request([.text("Let me see.")], opaque: [call, nil])),
            """
            {"systemInstruction":{"parts":[{"text":"Be brief."}]},"generationConfig":{"maxOutputTokens":1000},
             "tools":[{"functionDeclarations":[
              {"name":"get_time","description":"The time.","parametersJsonSchema":{"type":"object"}},
              {"name":"get_weather","description":"The weather.",
               "parametersJsonSchema":{"type":"object","properties":{"city":{"type":"string"}}}}]}],
             "contents":[{"role":"user","parts":[{"text":"Weather?"}]},
              {"role":"model","parts":[{"text":"Let me see."},
               {"functionCall":{"id":"f1","name":"get_weather","args":{"city":"Zürich"}},"thoughtSignature":"Ej"},
               {"functionCall":{"name":"get_weather","args":{"city":"東京"}}}]},
              {"role":"user","parts":[
               {"functionResponse":{"id":"f1","name":"get_weather","response":{"output":"12 °C"}}},
               {"functionResponse":{"name":"get_weather","response":{"error":"no such city"}}},{"text":"And?"}]}]}
            """)
    }

    // https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion, docs/capabilities/tool-calling.mdx
    @Test("Ollama: results with the tool's name, and its own thinking")
    func ollama() throws {
        try expect(
            OllamaWire.body(Self.request([.thinking(ModelThinking(text: "Hm", opaque: ["thinking": "Hm"]))])),
            """
            {"model":"m","stream":true,"options":{"num_predict":1000},
             "tools":[{"type":"function","function":{"name":"get_time","description":"The time.",
               "parameters":{"type":"object"}}},
              {"type":"function","function":{"name":"get_weather","description":"The weather.",
               "parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],
             "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},
              {"role":"assistant","content":"","thinking":"Hm","tool_calls":[
               {"id":"c1","type":"function","function":{"index":0,"name":"get_weather","arguments":{"city":"Zürich"}}},
               {"id":"c2","type":"function","function":{"index":1,"name":"get_weather","arguments":{"city":"東京"}}}]},
              {"role":"tool","tool_name":"get_weather","tool_call_id":"c1","content":"12 °C"},
              {"role":"tool","tool_name":"get_weather","tool_call_id":"c2","content":"no such city"},
              {"role":"user","content":"And?"}]}
            """)
    }

    @Test("What another service thought is not sent", arguments: ModelService.Kind.allCases)
    func foreign(kind: ModelService.Kind) {
        let thoughts: [JSONValue] = [
            ["type": "thinking", "thinking": "secret-thought", "signature": "s"],
            ["type": "reasoning", "id": "r", "summary": [], "encrypted_content": "secret-thought"],
            ["text": "", "thoughtSignature": "secret-thought"], ["thinking": "secret-thought"],
        ]
        let parts = thoughts.map { ModelPart.thinking(ModelThinking(text: "secret-thought", opaque: $0)) }
        let request = Self.request(parts)
        let body =
            switch kind {
            case .anthropic: AnthropicWire.body(request)
            case .openai: OpenAIWire.body(request)
            case .openaiCompatible: ChatCompletionsWire.body(request)
            case .gemini: GeminiWire.body(request)
            case .ollama: OllamaWire.body(request)
            }
        let count = body.description.split(separator: "secret-thought", omittingEmptySubsequences: false).count - 1
        #expect(count == (kind == .openaiCompatible ? 0 : 1))
    }

    @Test(
        "A model's name stays one segment of Gemini's path",
        arguments: [
            ("gemini-2.5-flash", "models/gemini-2.5-flash"), ("models/a", "models/a"),
            ("tunedModels/a", "tunedModels/a"), ("../x?key=1#", "models/..%2Fx%3Fkey%3D1%23"),
        ])
    func path(model: String, path: String) {
        #expect(GeminiWire.path(of: model) == path)
    }

    @Test("Models before OpenAI's fifth generation are not asked for thoughts", arguments: ["gpt-4o", "gpt-4.1-mini"])
    func older(model: String) {
        #expect(OpenAIWire.body(ModelRequest(model: model, system: "", messages: []))["include"] == nil)
    }
}
