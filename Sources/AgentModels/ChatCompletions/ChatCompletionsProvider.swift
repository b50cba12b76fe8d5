import MCPProtocol

/// OpenAI's Chat Completions (platform.openai.com/docs/api-reference/chat), as other servers speak them: vLLM, llama.cpp,
/// LM Studio, OpenRouter, LiteLLM.
struct ChatCompletionsProvider: ModelProvider {
    let name = ModelService.Kind.openaiCompatible.rawValue
    private let connection: ServiceConnection

    init(_ connection: ServiceConnection) { self.connection = connection }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let call = ServiceCall(path: "chat/completions", body: ChatCompletionsWire.body(request))
        return try await connection.answer(call, .events, onEvent: onEvent) { ChatCompletionsReader($0) }
    }

    func models() async throws -> [ModelDescription] { try await connection.openAIModels() }
}
