import MCPProtocol

/// Anthropic's Messages API (platform.claude.com/docs/en/api/messages).
struct AnthropicProvider: ModelProvider {
    let name = ModelService.Kind.anthropic.rawValue
    private let connection: ServiceConnection
    private static let fields = [("anthropic-version", "2023-06-01")]

    init(_ connection: ServiceConnection) { self.connection = connection }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let call = ServiceCall(path: "messages", fields: Self.fields, body: AnthropicWire.body(request))
        return try await connection.answer(call, .events, onEvent: onEvent) { AnthropicReader($0) }
    }

    func models() async throws -> [ModelDescription] {
        var models: [ModelDescription] = []
        var after: String?
        // Ten pages of the largest size are more models than there are.
        for _ in 0..<10 {
            let query = [("limit", "1000")] + (after.map { [("after_id", $0)] } ?? [])
            let page = try await connection.object(ServiceCall(path: "models", query: query, fields: Self.fields))
            for model in page["data"]?.array ?? [] {
                guard let id = model["id"]?.string, models.count < connection.limits.models else { continue }
                models.append(
                    ModelDescription(
                        id: id, displayName: model["display_name"]?.string,
                        contextTokens: WireContext.tokens(model["max_input_tokens"])))
            }
            guard page["has_more"]?.bool == true, let last = page["last_id"]?.string, last != after else { break }
            after = last
        }
        return models
    }
}
