public import AgentModels

extension ModelConfiguration {
    /// The service that is configured, ready to be asked. Nothing is opened, and the key is read anew for each request.
    ///
    /// - Returns: nil without `llm.provider`.
    /// - Throws: ``ConfigurationError`` that names the key: when `llm.base_url` or `llm.api_key` is missing, or the address is
    ///   not to be used.
    public func makeProvider() throws -> (any ModelProvider)? {
        guard let provider else { return nil }
        var key: ModelService.Key?
        if let apiKey { key = { try await apiKey.resolve() } }
        let service = ModelService(kind: provider.kind, key: key, baseURL: baseURL, silence: timeout)
        do {
            return try service.provider()
        } catch let error as ModelServiceError {
            throw ConfigurationError(issues: [issue(error, of: provider)])
        }
    }

    /// The model that is asked when a question names none; nil when the person has to choose one.
    public var defaultModel: String? { model ?? provider?.usualModel }

    /// The model that is asked when a question names none.
    ///
    /// - Throws: ``ConfigurationError`` that names `llm.model` when nothing says it.
    public func requiredModel() throws -> String {
        if let defaultModel { return defaultModel }
        throw ConfigurationError(issues: [
            ConfigurationIssue(
                key: "llm.model", message: "\(provider?.rawValue ?? "the provider") has no usual model",
                suggestion: "name one of those that it offers")
        ])
    }

    private func issue(_ error: ModelServiceError, of provider: ModelProviderName) -> ConfigurationIssue {
        switch error.setting {
        case .baseURL where baseURL == nil:
            ConfigurationIssue(
                key: "llm.base_url", message: error.description, suggestion: "for example http://127.0.0.1:8000/v1")
        case .baseURL:
            ConfigurationIssue(kind: .insecure, key: "llm.base_url", message: error.description)
        case .key:
            ConfigurationIssue(
                key: "llm.api_key", message: error.description,
                suggestion: "use llm.api_key_file, llm.api_key_command, an enc: text"
                    + (provider.keyVariable.map { ", or the variable \($0)" } ?? ""))
        }
    }
}

extension ModelProviderName {
    /// The protocol that is spoken with it.
    var kind: ModelService.Kind {
        switch self {
        case .anthropic: .anthropic
        case .openai: .openai
        case .gemini: .gemini
        case .ollama: .ollama
        case .openaiCompatible: .openaiCompatible
        }
    }

    /// A name that always means a model of today. Only Google has one; other names end with their models.
    var usualModel: String? { self == .gemini ? "gemini-flash-latest" : nil }
}
