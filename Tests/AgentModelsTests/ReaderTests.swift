import MCPProtocol
import Testing

@testable import AgentModels

/// Reads a stream without a socket.
func read(
    _ text: String, _ kind: ModelService.Kind, pieces size: Int = .max, key: String? = nil,
    limits: AnswerLimits = AnswerLimits()
) throws -> (events: [ModelEvent], answer: ModelAnswer) {
    let context = WireContext(service: "The service", redaction: Redaction(key), limits: limits)
    var cutter = StreamCutter(kind == .ollama ? .lines : .events, context: context)
    var reader: any AnswerReader =
        switch kind {
        case .anthropic: AnthropicReader(context)
        case .openai: OpenAIReader(context)
        case .gemini: GeminiReader(context)
        case .ollama: OllamaReader(context)
        case .openaiCompatible: ChatCompletionsReader(context)
        }
    var events: [ModelEvent] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        for event in try cutter.feed(Array(rest.prefix(size))) { events += try reader.take(event) }
        rest = rest.dropFirst(size)
    }
    for event in try cutter.finish() { events += try reader.take(event) }
    return (events, try reader.finish())
}

@Suite("Streams of the services, read without a socket")
struct ReaderTests {
    static let sizes = [1, 2, 3, 7, 1000]

    @Test(
        "A stream says the same however it is cut",
        arguments: WireSample.all, sizes)
    func cuts(sample: WireSample, size: Int) throws {
        let (events, answer) = try read(sample.whole, sample.kind, pieces: size)
        #expect(events == sample.events)
        #expect(answer == sample.answer)
    }

    @Test(
        "Line ends of any kind mean the same", arguments: WireSample.all.filter { $0.kind != .ollama }, ["\r\n", "\r"])
    func lineEnds(sample: WireSample, end: String) throws {
        let text = sample.whole.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: end)
        #expect(try read(text, sample.kind, pieces: 3).answer == sample.answer)
    }

    @Test("A stream that ends early is never an answer", arguments: WireSample.all)
    func early(sample: WireSample) throws {
        let separator = sample.kind == .ollama ? "\n" : "\n\n"
        let events = sample.whole.split(separator: separator, omittingEmptySubsequences: true).map { $0 + separator }
        // The mark behind the reason, and what was used, do not make an answer whole.
        let behind = sample.kind == .openaiCompatible ? 2 : 0
        for count in 0..<(events.count - behind) {
            #expect(throws: ModelFailure.self, "after \(count) events") {
                try read(events.prefix(count).joined(), sample.kind)
            }
        }
    }

    @Test("What is against the documentation is malformed, with an excerpt", arguments: WireSample.all)
    func malformed(sample: WireSample) throws {
        let prefix = sample.kind == .ollama ? "" : "data: "
        let end = sample.kind == .ollama ? "\n" : "\n\n"
        for text in [sample.malformed, prefix + "{\"a\"" + end, prefix + "[1]" + end, prefix + "\u{1B}[2J<html>" + end]
        {
            let failure = try #require(throws: ModelFailure.self) { try read(text, sample.kind) }
            #expect(failure.code == .malformed)
            #expect(!failure.description.contains("\u{1B}"))
            #expect(failure.description.unicodeScalars.count < 400)
        }
    }

    @Test("An error within a stream ends it", arguments: WireSample.all)
    func failing(sample: WireSample) throws {
        let failure = try #require(throws: ModelFailure.self) { try read(sample.begin + sample.failing, sample.kind) }
        #expect(failure.code == .overloaded)
    }

    // The types of https://platform.claude.com/docs/en/api/errors; the codes of openai/openai-python,
    // src/openai/types/responses/response_error.py and response_error_event.py; of the errors of
    // https://platform.openai.com/docs/guides/error-codes; the states of https://ai.google.dev/gemini-api/docs/troubleshooting;
    // the text of https://docs.ollama.com/api/errors, which has no kinds.
    private static func named(_ type: String) -> String {
        WireSample.typed(["{\"type\":\"error\",\"error\":{\"type\":\"\(type)\",\"message\":\"No.\"}}"])
    }

    private static func chat(_ code: String) -> String {
        WireSample.unnamed([
            "{\"error\":{\"message\":\"No.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"\(code)\"}}"
        ])
    }

    private static func responses(_ code: String) -> [String] {
        [
            WireSample.typed([
                "{\"type\":\"error\",\"code\":\"\(code)\",\"message\":\"No.\",\"param\":null,\"sequence_number\":1}"
            ]),
            WireSample.typed([
                "{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"\(code)\",\"message\":\"No.\"}}}"
            ]),
        ]
    }

    private static func gemini(_ state: String) -> [String] {
        let error = "{\"error\":{\"code\":400,\"message\":\"No.\",\"status\":\"\(state)\"}}"
        return [WireSample.unnamed([error])]
    }

    static let failures: [(ModelService.Kind, [String], ModelFailure.Code)] = [
        (.anthropic, [named("rate_limit_error")], .rateLimited),
        (.anthropic, [named("overloaded_error"), named("api_error"), named("timeout_error")], .overloaded),
        (.anthropic, [named("authentication_error"), named("permission_error")], .authentication),
        (.anthropic, [named("invalid_request_error")], .badRequest),
        (.anthropic, [named("not_found_error")], .unknownModel),
        (.anthropic, [named("request_too_large")], .contextFull),
        (.openai, responses("rate_limit_exceeded"), .rateLimited), (.openai, responses("server_error"), .overloaded),
        (.openai, responses("invalid_prompt"), .badRequest),
        (.openai, responses("context_length_exceeded"), .contextFull),
        (.openaiCompatible, [chat("rate_limit_exceeded")], .rateLimited),
        (.openaiCompatible, [chat("invalid_api_key")], .authentication),
        (.openaiCompatible, [chat("model_not_found")], .unknownModel),
        (.openaiCompatible, [chat("context_length_exceeded")], .contextFull),
        (.gemini, gemini("RESOURCE_EXHAUSTED"), .rateLimited), (.gemini, gemini("UNAVAILABLE"), .overloaded),
        (.gemini, gemini("INTERNAL"), .overloaded), (.gemini, gemini("PERMISSION_DENIED"), .authentication),
        (.gemini, gemini("NOT_FOUND"), .unknownModel), (.gemini, gemini("INVALID_ARGUMENT"), .badRequest),
        (.ollama, ["{\"error\":\"No.\"}\n"], .overloaded),
    ]

    @Test("An error within a stream has its kind, and says what the service says", arguments: failures)
    func kinds(kind: ModelService.Kind, streams: [String], code: ModelFailure.Code) throws {
        for stream in streams {
            let failure = try #require(throws: ModelFailure.self) { try read(stream, kind, pieces: 5) }
            #expect(failure.code == code)
            #expect(failure.description.contains("No."))
        }
    }

    @Test("A refusal is one", arguments: WireSample.all.filter { $0.refusal != nil })
    func refusal(sample: WireSample) throws {
        let answer = try read(try #require(sample.refusal), sample.kind).answer
        #expect(answer.stop == .refused)
    }

    @Test("An event, and the number of calls, are bounded", arguments: WireSample.all)
    func bounds(sample: WireSample) throws {
        var limits = AnswerLimits()
        limits.calls = 1
        let calls = try #require(throws: ModelFailure.self) { try read(sample.whole, sample.kind, limits: limits) }
        #expect(calls.code == .tooLarge)
        limits = AnswerLimits()
        limits.eventBytes = 50
        let event = try #require(throws: ModelFailure.self) { try read(sample.whole, sample.kind, limits: limits) }
        #expect(event.code == .tooLarge)
    }

    // The words of https://platform.claude.com/docs/en/api/handling-stop-reasons, and of the types named in WireSample.
    @Test(
        "Each reason for the end has its meaning",
        arguments: [
            (.anthropic, "end_turn", .endOfTurn), (.anthropic, "stop_sequence", .endOfTurn),
            (.anthropic, "max_tokens", .maxTokens), (.anthropic, "model_context_window_exceeded", .contextFull),
            (.anthropic, "pause_turn", .other("pause_turn")),
            (.openai, "max_output_tokens", .maxTokens), (.openai, "content_filter", .refused),
            (.openaiCompatible, "stop", .endOfTurn), (.openaiCompatible, "length", .maxTokens),
            (.openaiCompatible, "content_filter", .refused), (.openaiCompatible, "tool_calls", .endOfTurn),
            (.gemini, "STOP", .endOfTurn), (.gemini, "MAX_TOKENS", .maxTokens), (.gemini, "SAFETY", .refused),
            (.gemini, "MALFORMED_FUNCTION_CALL", .other("MALFORMED_FUNCTION_CALL")),
            (.ollama, "stop", .endOfTurn), (.ollama, "length", .maxTokens), (.ollama, "load", .other("load")),
            (.ollama, "\u{202E}x", .other("\\u202ex")),
        ] as [(ModelService.Kind, String, ModelStop)])
    func reasons(kind: ModelService.Kind, word: String, stop: ModelStop) throws {
        let text =
            switch kind {
            case .anthropic:
                WireSample.typed([
                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"\(word)\"},\"usage\":{\"output_tokens\":1}}",
                    "{\"type\":\"message_stop\"}",
                ])
            case .openai:
                WireSample.typed([
                    "{\"type\":\"response.incomplete\",\"response\":{\"incomplete_details\":{\"reason\":\"\(word)\"}}}"
                ])
            case .openaiCompatible:
                WireSample.unnamed([
                    "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"\(word)\"}]}", "[DONE]",
                ])
            case .gemini:
                WireSample.unnamed(["{\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"\(word)\"}]}"])
            case .ollama:
                "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done_reason\":\"\(word)\",\"done\":true}"
            }
        #expect(try read(text, kind).answer.stop == stop)
    }

    @Test("Arguments that are no object are kept as the model wrote them")
    func arguments() throws {
        let text = WireSample.unnamed([
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":"}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#, "[DONE]",
        ])
        let call = ModelToolCall(id: "c", name: "f", arguments: [:], malformedArguments: #"{"a":"#)
        #expect(try read(text, .openaiCompatible).events == [.toolCall(call)])
    }

    @Test("A call without an id gets one of its own")
    func ids() throws {
        let line =
            #"{"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}},{"function":{"name":"f","arguments":{}}}]},"done":true}"#
        let calls = try read(line, .ollama).events.compactMap {
            if case .toolCall(let call) = $0 { call.id } else { nil }
        }
        #expect(Set(calls).count == 2)
    }

    @Test("A hidden thought comes back as it came")
    func redactedThinking() throws {
        let text = WireSample.typed([
            #"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"EmwK"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
            #"{"type":"message_stop"}"#,
        ])
        let thinking = ModelThinking(text: "", opaque: ["type": "redacted_thinking", "data": "EmwK"])
        #expect(try read(text, .anthropic).answer.message.parts == [.thinking(thinking)])
    }
}
