/// Where a model service is, how it is spoken to, and with which key: what makes a ``ModelProvider``.
///
/// ```swift
/// let service = ModelService(kind: .anthropic, key: { key })
/// let answer = try await service.provider().answer(request) { event in … }
/// ```
public struct ModelService: Sendable {
    /// The protocols that are spoken.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Anthropic's Messages API.
        case anthropic
        /// OpenAI's Responses API.
        case openai
        /// Google's Gemini API.
        case gemini
        /// Ollama's own API.
        case ollama
        /// OpenAI's Chat Completions, which most other servers speak.
        case openaiCompatible = "openai-compatible"
    }

    /// Gives the key, each time anew, so that a rotation is seen.
    public typealias Key = @Sendable () async throws -> String

    /// The protocol.
    public var kind: Kind
    /// Gives the key; it is asked for each request and sent in a header only.
    public var key: Key?
    /// Where the service answers; nil for the vendor's own address.
    public var baseURL: String?
    /// How long nothing may come, while an answer is waited for.
    public var silence: Duration
    /// How often and when a failed request is sent again.
    package var retries = RetryPolicy()
    /// How much is kept of an answer.
    package var limits = AnswerLimits()

    /// Describes a service; nothing is opened.
    ///
    /// - Parameters:
    ///   - kind: The protocol.
    ///   - key: Gives the key; nil for a service that wants none.
    ///   - baseURL: Where the service answers; nil for the vendor's own address, and that of this machine for Ollama.
    ///   - silence: How long nothing may come. An answer may take as long as it likes while it comes.
    public init(kind: Kind, key: Key? = nil, baseURL: String? = nil, silence: Duration = .seconds(120)) {
        self.kind = kind
        self.key = key
        self.baseURL = baseURL
        self.silence = silence
    }

    /// A provider for this service. Nothing is opened before its first request.
    ///
    /// - Throws: ``ModelServiceError`` when the address or the key is missing, or the address is not to be used.
    public func provider() throws -> any ModelProvider {
        let address = try address()
        guard key != nil || baseURL != nil || kind == .ollama else {
            throw ModelServiceError(.key, "\(kind.title) wants a key")
        }
        switch kind {
        case .anthropic: return AnthropicProvider(connection(address, .header("x-api-key")))
        case .openai: return OpenAIProvider(connection(address, .bearer))
        case .gemini: return GeminiProvider(connection(address, .header("x-goog-api-key")))
        case .ollama: return OllamaProvider(connection(address, .bearer))
        case .openaiCompatible: return ChatCompletionsProvider(connection(address, .bearer))
        }
    }

    private func connection(_ address: ServiceAddress, _ scheme: ServiceConnection.KeyScheme) -> ServiceConnection {
        ServiceConnection(
            service: kind.title, address: address, key: key, scheme: scheme, silence: silence, retries: retries,
            limits: limits)
    }

    /// The address with the version of the API, which the vendors' own settings sometimes have and sometimes have not.
    private func address() throws -> ServiceAddress {
        guard let text = baseURL ?? kind.usualAddress else {
            throw ModelServiceError(.baseURL, "a service that speaks OpenAI's protocol has no usual address")
        }
        let address = try ServiceAddress(text)
        return switch kind {
        case .anthropic: address.with(version: "v1", unless: ["v1"])
        case .gemini: address.with(version: "v1beta", unless: ["v1beta", "v1", "v1alpha"])
        case .openai, .ollama, .openaiCompatible: address
        }
    }
}

extension ModelService.Kind {
    /// The name for people.
    var title: String {
        switch self {
        case .anthropic: "Anthropic"
        case .openai: "OpenAI"
        case .gemini: "Gemini"
        case .ollama: "Ollama"
        case .openaiCompatible: "The model server"
        }
    }

    /// Where the vendor answers.
    var usualAddress: String? {
        switch self {
        case .anthropic: "https://api.anthropic.com"
        case .openai: "https://api.openai.com/v1"
        case .gemini: "https://generativelanguage.googleapis.com/v1beta"
        case .ollama: "http://127.0.0.1:11434"
        case .openaiCompatible: nil
        }
    }
}

/// A service is described in a way that cannot be used.
public struct ModelServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong or missing.
    public enum Setting: Sendable, Hashable {
        /// ``ModelService/baseURL``
        case baseURL
        /// ``ModelService/key``
        case key
    }

    /// What is wrong or missing.
    public var setting: Setting
    /// Why, for people.
    public var description: String

    init(_ setting: Setting, _ description: String) {
        self.setting = setting
        self.description = description
    }
}
