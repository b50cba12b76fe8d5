import AgentModels
import Foundation
import Testing

@testable import AgentCore

@Suite("The configured model service")
struct ModelConfigurationTests {
    private func load(_ yaml: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("agentd-\(UUID().uuidString).yaml")
            .path
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try ConfigurationLoader.load(environment: environment, file: path, requiresDatabase: false)
    }

    @Test("Without a provider there is none")
    func none() throws {
        #expect(try ModelConfiguration().makeProvider() == nil)
        #expect(ModelConfiguration().defaultModel == nil)
    }

    @Test("Each provider that the configuration knows can be made", arguments: ModelProviderName.allCases)
    func each(name: ModelProviderName) throws {
        var llm = ModelConfiguration()
        llm.provider = name
        llm.apiKey = .literal("k")
        if name == .openaiCompatible { llm.baseURL = "http://127.0.0.1:8000/v1" }
        #expect(try llm.makeProvider()?.name == name.rawValue)
    }

    @Test(
        "What is missing or not to be used is named by its key",
        arguments: [
            ("llm: {provider: anthropic}", "llm.api_key"), ("llm: {provider: openai-compatible}", "llm.base_url"),
            ("llm: {provider: ollama, base_url: 'http://ollama.example.com:11434'}", "llm.base_url"),
        ])
    func missing(yaml: String, key: String) throws {
        let llm = try load(yaml).configuration.llm
        let error = try #require(throws: ConfigurationError.self) { try llm.makeProvider() }
        #expect(error.issues.map(\.key) == [key])
    }

    @Test("Only Gemini has a usual model", arguments: ModelProviderName.allCases)
    func model(name: ModelProviderName) throws {
        var llm = ModelConfiguration()
        llm.provider = name
        if name == .gemini {
            #expect(try llm.requiredModel() == "gemini-flash-latest")
        } else {
            let error = try #require(throws: ConfigurationError.self) { try llm.requiredModel() }
            #expect(error.issues.map(\.key) == ["llm.model"])
        }
        llm.model = "mine"
        #expect(try llm.requiredModel() == "mine")
    }

    @Test("The vendor's own variable is the last resort, and goes to the vendor only")
    func variable() throws {
        let environment = ["ANTHROPIC_API_KEY": "from-vendor", "OPENAI_API_KEY": "other"]
        let found = try load("llm: {provider: anthropic}", environment)
        #expect(found.configuration.llm.apiKey == .literal("from-vendor"))
        #expect(found.origins["llm.api_key"] == .environment(name: "ANTHROPIC_API_KEY"))
        #expect(
            try load("llm: {provider: anthropic, api_key: mine}", environment).configuration.llm.apiKey
                == .literal("mine"))
        let elsewhere = "llm: {provider: anthropic, base_url: 'https://models.example.com'}"
        #expect(try load(elsewhere, environment).configuration.llm.apiKey == nil)
        #expect(try load("llm: {provider: ollama}", environment).configuration.llm.apiKey == nil)
        #expect(try load("llm: {max_tokens: 10}", environment).configuration.llm.apiKey == nil)
    }

    @Test("The key is in nothing that is printed")
    func redacted() throws {
        let loaded = try load("llm: {provider: openai}", ["OPENAI_API_KEY": "sk-very-secret"])
        let entries = loaded.entries
        #expect(!"\(entries)".contains("sk-very-secret"))
        #expect(!String(reflecting: loaded.configuration.llm).contains("sk-very-secret"))
    }
}
