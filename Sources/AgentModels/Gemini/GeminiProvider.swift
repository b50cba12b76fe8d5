import MCPProtocol

/// Google's Gemini API (ai.google.dev/api/generate-content).
struct GeminiProvider: ModelProvider {
    let name = ModelService.Kind.gemini.rawValue
    private let connection: ServiceConnection

    init(_ connection: ServiceConnection) { self.connection = connection }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let call = ServiceCall(
            path: GeminiWire.path(of: request.model) + ":streamGenerateContent", query: [("alt", "sse")],
            body: GeminiWire.body(request))
        return try await connection.answer(call, .events, onEvent: onEvent) { GeminiReader($0) }
    }

    func models() async throws -> [ModelDescription] {
        var models: [ModelDescription] = []
        var token: String?
        for _ in 0..<10 {
            let query = [("pageSize", "1000")] + (token.map { [("pageToken", $0)] } ?? [])
            let page = try await connection.object(ServiceCall(path: "models", query: query))
            for model in page["models"]?.array ?? [] {
                let methods = model["supportedGenerationMethods"]?.array?.compactMap(\.string)
                guard let name = model["name"]?.string, methods?.contains("generateContent") ?? true,
                    models.count < connection.limits.models
                else { continue }
                models.append(
                    ModelDescription(
                        id: name.hasPrefix("models/") ? String(name.dropFirst(7)) : name,
                        displayName: model["displayName"]?.string,
                        contextTokens: WireContext.tokens(model["inputTokenLimit"])))
            }
            guard let next = page["nextPageToken"]?.string, !next.isEmpty, next != token else { break }
            token = next
        }
        return models
    }
}
