import MCPProtocol

/// OpenAI's Responses API (platform.openai.com/docs/api-reference/responses).
struct OpenAIProvider: ModelProvider {
    let name = ModelService.Kind.openai.rawValue
    private let connection: ServiceConnection

    init(_ connection: ServiceConnection) { self.connection = connection }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let call = ServiceCall(path: "responses", body: OpenAIWire.body(request))
        return try await connection.answer(call, .events, onEvent: onEvent) { OpenAIReader($0) }
    }

    func models() async throws -> [ModelDescription] { try await connection.openAIModels() }
}

extension ServiceConnection {
    /// `GET /models`, which has no pages (platform.openai.com/docs/api-reference/models/list).
    func openAIModels() async throws -> [ModelDescription] {
        let list = try await object(ServiceCall(path: "models"))
        return (list["data"]?.array ?? []).prefix(limits.models).compactMap { model in
            model["id"]?.string.map { id in
                // Servers for models of one's own say how long their context is: vLLM, and OpenRouter.
                ModelDescription(
                    id: id, displayName: model["name"]?.string,
                    contextTokens: WireContext.tokens(model["max_model_len"] ?? model["context_length"]))
            }
        }
    }
}
