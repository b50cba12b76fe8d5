import MCPProtocol
import Testing

@testable import AgentModels

@Suite("Lists of models", .timeLimit(.minutes(3)))
struct ModelListTests {
    // https://platform.claude.com/docs/en/api/models-list
    @Test("Anthropic's list is read page by page")
    func anthropic() async throws {
        try await ModelServer.with({ exchange in
            let body =
                exchange.number == 1
                ? #"{"data":[{"id":"a","display_name":"A","created_at":"2025-02-19T00:00:00Z","type":"model","max_input_tokens":200000}],"has_more":true,"first_id":"a","last_id":"a"}"#
                : #"{"data":[{"id":"b","display_name":"B","created_at":"2025-02-19T00:00:00Z","type":"model"}],"has_more":false,"first_id":"b","last_id":"b"}"#
            try await exchange.reply(body)
        }) { server in
            let models = try await server.provider(.anthropic).models()
            #expect(
                models == [
                    ModelDescription(id: "a", displayName: "A", contextTokens: 200_000),
                    ModelDescription(id: "b", displayName: "B"),
                ])
            #expect(server.requests.map(\.target) == ["/v1/models?limit=1000", "/v1/models?limit=1000&after_id=a"])
            #expect(server.requests.allSatisfy { $0.method == "GET" && $0.fields["x-api-key"] == testKey })
        }
    }

    // https://platform.openai.com/docs/api-reference/models/list
    @Test("OpenAI's list has no pages", arguments: [ModelService.Kind.openai, .openaiCompatible])
    func openai(kind: ModelService.Kind) async throws {
        try await ModelServer.with({ exchange in
            try await exchange.reply(
                #"{"object":"list","data":[{"id":"gpt-5","object":"model","created":1686935002,"owned_by":"openai"},{"id":"own","object":"model","max_model_len":8192}]}"#
            )
        }) { server in
            let models = try await server.provider(kind).models()
            #expect(models == [ModelDescription(id: "gpt-5"), ModelDescription(id: "own", contextTokens: 8192)])
            #expect(server.requests.map(\.target) == ["/models"])
        }
    }

    // https://ai.google.dev/api/models#method:-models.list
    @Test("Gemini's list has models that make text only, page by page")
    func gemini() async throws {
        try await ModelServer.with({ exchange in
            try await exchange.reply(
                exchange.number == 1
                    ? #"{"models":[{"name":"models/gemini-2.5-flash","displayName":"Gemini 2.5 Flash","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent","countTokens"]},{"name":"models/embedding-001","supportedGenerationMethods":["embedContent"]}],"nextPageToken":"n/1"}"#
                    : #"{"models":[{"name":"models/x"}]}"#)
        }) { server in
            let models = try await server.provider(.gemini).models()
            #expect(
                models == [
                    ModelDescription(
                        id: "gemini-2.5-flash", displayName: "Gemini 2.5 Flash", contextTokens: 1_048_576),
                    ModelDescription(id: "x"),
                ])
            #expect(
                server.requests.map(\.target) == [
                    "/v1beta/models?pageSize=1000", "/v1beta/models?pageSize=1000&pageToken=n%2F1",
                ])
        }
    }

    // https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models
    @Test("Ollama's list has what is on the machine")
    func ollama() async throws {
        try await ModelServer.with({ exchange in
            try await exchange.reply(
                #"{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","modified_at":"2025-05-04T17:37:44Z","size":2019393189,"digest":"a80c","details":{"family":"llama"}}]}"#
            )
        }) { server in
            let models = try await server.provider(.ollama).models()
            #expect(models == [ModelDescription(id: "llama3.2:latest")])
            #expect(server.requests.map(\.target) == ["/api/tags"])
        }
    }

    @Test("A list that goes on for ever ends", arguments: [ModelService.Kind.anthropic, .gemini])
    func endless(kind: ModelService.Kind) async throws {
        try await ModelServer.with({ exchange in
            let number = exchange.number
            try await exchange.reply(
                kind == .gemini
                    ? #"{"models":[{"name":"models/m\#(number)"}],"nextPageToken":"\#(number)"}"#
                    : #"{"data":[{"id":"m\#(number)"}],"has_more":true,"last_id":"m\#(number)"}"#)
        }) { server in
            let models = try await server.provider(kind).models()
            #expect(models.count == 10)
        }
    }

    @Test("A list is bounded, is tried again, and quotes no key", arguments: ModelService.Kind.allCases)
    func failures(kind: ModelService.Kind) async throws {
        try await ModelServer.with({ exchange in
            switch exchange.number {
            case 1: try await exchange.reply(503, "{}")
            default: try await exchange.reply("wrong \(testKey)")
            }
        }) { server in
            let provider = try server.provider(kind)
            let failure = await #expect(throws: ModelFailure.self) { try await provider.models() }
            #expect(failure?.code == .malformed)
            #expect(failure?.description.contains("sk-test-") == false)
            #expect(server.requests.count == 2)
        }
        try await ModelServer.with({ exchange in
            try await exchange.head()
            for _ in 0..<100 { try await exchange.chunk(String(repeating: " ", count: 65_536)) }
            try await exchange.end()
        }) { server in
            let provider = try server.provider(kind)
            let failure = await #expect(throws: ModelFailure.self) { try await provider.models() }
            #expect(failure?.code == .tooLarge)
        }
    }
}
