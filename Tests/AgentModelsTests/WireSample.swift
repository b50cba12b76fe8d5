import AgentModels
import MCPProtocol
import Testing

/// What each service says, in the shapes of its documentation.
struct WireSample: Sendable, CustomTestStringConvertible {
    var kind: ModelService.Kind
    /// Thinking, words beyond ASCII and two calls.
    var whole: String
    var answer: ModelAnswer
    /// The whole stream up to its first words, and no further.
    var begin: String
    /// An error of overload within a stream.
    var failing: String
    /// An event against the documentation.
    var malformed: String
    /// A stream in which the model, or its service, refuses.
    var refusal: String?

    var testDescription: String { kind.rawValue }
    var type: String { kind == .ollama ? "application/x-ndjson" : "text/event-stream" }

    /// The events that every whole stream gives.
    var events: [ModelEvent] {
        [.thinking("Erst "), .thinking("überlegen"), .text("Zürich "), .text("東京 💬")]
            + answer.message.parts.compactMap { if case .toolCall(let call) = $0 { .toolCall(call) } else { nil } }
    }

    static let all = [anthropic, openai, chat, gemini, ollama]

    static func named(_ events: [(String, String)]) -> String {
        events.map { "event: \($0)\ndata: \($1)\n\n" }.joined()
    }

    static func typed(_ events: [String]) -> String {
        named(events.map { ((try? JSONValue.parse($0))?["type"]?.string ?? "", $0) })
    }

    static func unnamed(_ events: [String]) -> String { events.map { "data: \($0)\n\n" }.joined() }

    static func calls(_ ids: String..., opaque: [JSONValue?] = [nil, nil]) -> [ModelPart] {
        zip(zip(ids, ["Zürich", "東京"]), opaque).map { pair, opaque in
            .toolCall(
                ModelToolCall(
                    id: pair.0, name: "get_weather", arguments: ["city": .string(pair.1)], opaque: opaque))
        }
    }

    static func answer(
        _ thinking: [ModelPart], _ calls: [ModelPart], _ usage: ModelUsage
    ) -> ModelAnswer {
        ModelAnswer(
            message: ModelMessage(role: .assistant, parts: thinking + [.text("Zürich 東京 💬")] + calls),
            stop: .toolCalls, usage: usage)
    }
}

extension WireSample {
    // https://platform.claude.com/docs/en/build-with-claude/streaming: event types, "Streaming request with tool use",
    // "Streaming request with extended thinking"; the shapes of anthropics/anthropic-sdk-python,
    // tests/lib/streaming/fixtures/tool_use_response.txt and refusal_response.txt. Errors: /docs/en/api/errors.
    static let anthropic = WireSample(
        kind: .anthropic,
        whole: typed([
            """
            {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":377,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}}}
            """,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Erst "}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"überlegen"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            #"{"type": "ping"}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Zürich "}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"東京 💬"}}"#,
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01","name":"get_weather","input":{}}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\": \"Z"}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"ürich\"}"}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_02","name":"get_weather","input":{}}}"#,
            #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"city\": \"東京\"}"}}"#,
            #"{"type":"content_block_stop","index":3}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":65}}"#,
            #"{"type":"message_stop"}"#,
        ]),
        answer: answer(
            [
                .thinking(
                    ModelThinking(
                        text: "Erst überlegen",
                        opaque: ["type": "thinking", "thinking": "Erst überlegen", "signature": "EqQBCgIYAhIM"]))
            ], calls("toolu_01", "toolu_02"),
            ModelUsage(inputTokens: 487, outputTokens: 65, cachedInputTokens: 100)),
        begin: typed([
            #"{"type":"message_start","message":{"usage":{"input_tokens":11,"output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#,
        ]),
        failing: typed([#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#]),
        malformed: typed([#"{"type":"content_block_delta","index":9,"delta":{"type":"text_delta","text":"x"}}"#]),
        refusal: typed([
            #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"usage":{"input_tokens":20,"output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":"cyber","explanation":"This request was refused due to policy."}},"usage":{"output_tokens":0}}"#,
            #"{"type":"message_stop"}"#,
        ]))

    // https://platform.openai.com/docs/api-reference/responses-streaming: the events, and
    // https://platform.openai.com/docs/guides/function-calling?api-mode=responses#streaming; the shapes of openai/openai-python,
    // src/openai/types/responses/response_*_event.py.
    static let openai = WireSample(
        kind: .openai,
        whole: typed([
            #"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[],"usage":null}}"#,
            #"{"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","object":"response","status":"in_progress"}}"#,
            #"{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}"#,
            #"{"type":"response.reasoning_summary_text.delta","sequence_number":3,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"Erst "}"#,
            #"{"type":"response.reasoning_summary_text.delta","sequence_number":4,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"überlegen"}"#,
            #"{"type":"response.output_item.done","sequence_number":5,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Erst überlegen"}],"encrypted_content":"gAAAAAB"}}"#,
            #"{"type":"response.output_item.added","sequence_number":6,"output_index":1,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}"#,
            #"{"type":"response.content_part.added","sequence_number":7,"item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
            #"{"type":"response.output_text.delta","sequence_number":8,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"Zürich "}"#,
            #"{"type":"response.output_text.delta","sequence_number":9,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"東京 💬"}"#,
            #"{"type":"response.output_text.done","sequence_number":10,"item_id":"msg_1","output_index":1,"content_index":0,"text":"Zürich 東京 💬"}"#,
            #"{"type":"response.output_item.done","sequence_number":11,"output_index":1,"item":{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Zürich 東京 💬","annotations":[]}]}}"#,
            #"{"type":"response.output_item.added","sequence_number":12,"output_index":2,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"get_weather"}}"#,
            #"{"type":"response.function_call_arguments.delta","sequence_number":13,"item_id":"fc_1","output_index":2,"delta":"{\"city\":\"Zürich\"}"}"#,
            #"{"type":"response.function_call_arguments.done","sequence_number":14,"item_id":"fc_1","output_index":2,"arguments":"{\"city\":\"Zürich\"}"}"#,
            #"{"type":"response.output_item.done","sequence_number":15,"output_index":2,"item":{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"city\":\"Zürich\"}","call_id":"call_1","name":"get_weather"}}"#,
            #"{"type":"response.output_item.done","sequence_number":16,"output_index":3,"item":{"id":"fc_2","type":"function_call","status":"completed","arguments":"{\"city\":\"東京\"}","call_id":"call_2","name":"get_weather"}}"#,
            #"{"type":"response.completed","sequence_number":17,"response":{"id":"resp_1","object":"response","status":"completed","usage":{"input_tokens":120,"input_tokens_details":{"cached_tokens":64},"output_tokens":40,"output_tokens_details":{"reasoning_tokens":12},"total_tokens":160}}}"#,
        ]),
        answer: answer(
            [
                .thinking(
                    ModelThinking(
                        text: "Erst überlegen",
                        opaque: [
                            "id": "rs_1", "type": "reasoning",
                            "summary": [["type": "summary_text", "text": "Erst überlegen"]],
                            "encrypted_content": "gAAAAAB",
                        ]))
            ], calls("call_1", "call_2"),
            ModelUsage(inputTokens: 120, outputTokens: 40, cachedInputTokens: 64)),
        begin: typed([
            #"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1"}}"#,
            #"{"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello"}"#,
        ]),
        failing: typed([
            #"{"type":"response.failed","sequence_number":1,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"The model failed to generate a response."}}}"#
        ]),
        malformed: typed([#"{"type":"response.output_text.delta","sequence_number":1,"delta":7}"#]),
        refusal: typed([
            #"{"type":"response.refusal.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"I can't help with that."}"#,
            #"{"type":"response.completed","sequence_number":2,"response":{"id":"resp_1","status":"completed","usage":{"input_tokens":9,"output_tokens":8}}}"#,
        ]))

    // https://platform.openai.com/docs/api-reference/chat-streaming, and openai/openai-python,
    // src/openai/types/chat/chat_completion_chunk.py; `reasoning_content` as in vLLM's docs/features/reasoning_outputs.md.
    static let chat = WireSample(
        kind: .openaiCompatible,
        whole: unnamed([
            #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"Erst "},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"überlegen"},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"content":"Zürich "},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"content":"東京 💬"},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"get_weather","arguments":"{\"city\":"}}]},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":\"Zür"}}]},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ich\"}"}},{"index":1,"function":{"arguments":"\"東京\"}"}}]},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            #"{"id":"c1","choices":[],"usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99,"prompt_tokens_details":{"cached_tokens":16}}}"#,
            "[DONE]",
        ]),
        answer: answer(
            [.thinking(ModelThinking(text: "Erst überlegen"))], calls("call_1", "call_2"),
            ModelUsage(inputTokens: 82, outputTokens: 17, cachedInputTokens: 16)),
        begin: unnamed([
            #"{"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}"#
        ]),
        failing: unnamed([#"{"error":{"message":"The server had an error","type":"server_error","code":null}}"#]),
        malformed: unnamed([#"{"id":"c1","object":"chat.completion.chunk"}"#]),
        refusal: unnamed([
            #"{"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","refusal":"I can't help with that."},"finish_reason":null}]}"#,
            #"{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]",
        ]))

    // https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse, https://ai.google.dev/gemini-api/docs/thought-signatures
    // and googleapis/python-genai, google/genai/types.py (Part, FunctionCall, FinishReason).
    static let gemini = WireSample(
        kind: .gemini,
        whole: unnamed([
            #"{"candidates":[{"content":{"parts":[{"text":"Erst ","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":15,"totalTokenCount":15},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#,
            #"{"candidates":[{"content":{"parts":[{"text":"überlegen","thought":true}],"role":"model"},"index":0}]}"#,
            #"{"candidates":[{"content":{"parts":[{"text":"Zürich "}],"role":"model"},"index":0}]}"#,
            #"{"candidates":[{"content":{"parts":[{"text":"東京 💬"}],"role":"model"},"index":0}]}"#,
            #"{"candidates":[{"content":{"parts":[{"functionCall":{"id":"f1","name":"get_weather","args":{"city":"Zürich"}},"thoughtSignature":"EjQKMgEM"},{"functionCall":{"id":"f2","name":"get_weather","args":{"city":"東京"}}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":15,"candidatesTokenCount":6,"thoughtsTokenCount":20,"cachedContentTokenCount":5,"totalTokenCount":41}}"#,
        ]),
        answer: answer(
            [.thinking(ModelThinking(text: "Erst überlegen"))],
            calls(
                "f1", "f2",
                opaque: [
                    [
                        "functionCall": ["id": "f1", "name": "get_weather", "args": ["city": "Zürich"]],
                        "thoughtSignature": "EjQKMgEM",
                    ], ["functionCall": ["id": "f2", "name": "get_weather", "args": ["city": "東京"]]],
                ]), ModelUsage(inputTokens: 15, outputTokens: 26, cachedInputTokens: 5)),
        begin: unnamed([#"{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"index":0}]}"#]),
        failing: unnamed([#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#]),
        malformed: unnamed([#"{"modelVersion":"gemini-2.5-flash"}"#]),
        refusal: unnamed([
            #"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}"#
        ]))

    // https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion, docs/capabilities/tool-calling.mdx,
    // docs/capabilities/thinking.mdx, docs/api/errors.mdx; api/types.go (ChatResponse, ToolCall).
    static let ollama = WireSample(
        kind: .ollama,
        whole: [
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24.097767Z","message":{"role":"assistant","content":"","thinking":"Erst "},"done":false}"#,
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24.1Z","message":{"role":"assistant","content":"","thinking":"überlegen"},"done":false}"#,
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24.2Z","message":{"role":"assistant","content":"Zürich "},"done":false}"#,
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24.3Z","message":{"role":"assistant","content":"東京 💬"},"done":false}"#,
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24.4Z","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_a","function":{"index":0,"name":"get_weather","arguments":{"city":"Zürich"}}},{"id":"call_b","function":{"index":1,"name":"get_weather","arguments":{"city":"東京"}}}]},"done":false}"#,
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24.5Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":885095291,"load_duration":3753500,"prompt_eval_count":122,"prompt_eval_duration":328493000,"eval_count":33,"eval_duration":552222000}"#,
        ].map { $0 + "\n" }.joined(),
        answer: answer(
            [.thinking(ModelThinking(text: "Erst überlegen", opaque: ["thinking": "Erst überlegen"]))],
            calls("call_a", "call_b"), ModelUsage(inputTokens: 122, outputTokens: 33)),
        begin:
            #"{"model":"qwen3","created_at":"2025-10-26T17:15:24Z","message":{"role":"assistant","content":"Hello"},"done":false}"#
            + "\n",
        failing: #"{"error":"an error was encountered while running the model"}"# + "\n",
        malformed: #"{"model":"qwen3","message":{"role":"assistant","content":"x"}}"# + "\n",
        refusal: nil)
}
