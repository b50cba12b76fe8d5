import MCPProtocol

/// Ollama's own API (github.com/ollama/ollama, docs/api.md).
struct OllamaProvider: ModelProvider {
    let name = ModelService.Kind.ollama.rawValue
    private let connection: ServiceConnection

    init(_ connection: ServiceConnection) { self.connection = connection }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let call = ServiceCall(path: "api/chat", body: OllamaWire.body(request))
        return try await connection.answer(call, .lines, onEvent: onEvent) { OllamaReader($0) }
    }

    /// The models that this server has loaded down.
    func models() async throws -> [ModelDescription] {
        let list = try await connection.object(ServiceCall(path: "api/tags"))
        return (list["models"]?.array ?? []).prefix(connection.limits.models).compactMap { model in
            (model["model"]?.string ?? model["name"]?.string).map { id in
                ModelDescription(id: id, displayName: model["name"]?.string)
            }
        }
    }
}
