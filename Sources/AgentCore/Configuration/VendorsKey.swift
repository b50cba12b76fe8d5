extension ModelProviderName {
    /// The variable in which the vendor's own programs look for the key.
    var keyVariable: String? {
        switch self {
        case .anthropic: "ANTHROPIC_API_KEY"
        case .openai: "OPENAI_API_KEY"
        case .gemini: "GEMINI_API_KEY"
        case .ollama, .openaiCompatible: nil
        }
    }
}

extension LoadedConfiguration {
    /// Takes the key from the vendor's own variable when nothing else names one. It is the vendor's key: it is not sent to
    /// another address.
    mutating func takeVendorsKey(from environment: [String: String]) {
        guard configuration.llm.apiKey == nil, configuration.llm.baseURL == nil,
            let variable = configuration.llm.provider?.keyVariable, let key = environment[variable], !key.isEmpty
        else { return }
        configuration.llm.apiKey = .literal(key)
        origins["llm.api_key"] = .environment(name: variable)
    }
}
