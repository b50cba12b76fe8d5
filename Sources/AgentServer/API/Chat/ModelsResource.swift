import AgentCore
import AgentModels
import AuthTokens
import Hummingbird
import MCPProtocol

/// `GET /models`: which models there are to ask.
struct ModelsResource: APIResource {
    let chat: Chat?
    private let list = ModelList()

    init(chat: Chat?) { self.chat = chat }

    /// What a person is told where there is none.
    static let howToAddOne =
        "No language model is configured, so that there is SQL alone. An operator adds one in the configuration: llm.provider "
        + "(anthropic, openai, gemini, ollama or openai-compatible), llm.model, and llm.api_key_file; see "
        + "Documentation/Chat.md."

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .get, path: "/models", id: "listModels", tag: "chat", summary: "The language models",
                description:
                    "As the model's service lists them, read every few minutes. `problem` says why there are none.",
                access: .caller([.read]), answers: [APIAnswer(description: "The models.", schema: Self.schema)],
                handler: models)
        ]
    }

    @Sendable
    private func models(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try context.requireCaller(holding: [.read])
        _ = try APIValues(query: request.uri.query ?? "", [])
        guard let chat else {
            return APIReply.json([
                "provider": .null, "model": .null, "models": [], "problem": .string(Self.howToAddOne),
            ])
        }
        var object: JSONObject = [
            "provider": .string(chat.providerName), "model": chat.model.map { .string($0) } ?? .null, "models": [],
        ]
        switch await list.models(of: chat) {
        case .success(let models):
            object["models"] = .array(
                models.map { model in
                    var entry: JSONObject = ["id": .string(model.id), "name": .string(model.displayName)]
                    entry["contextTokens"] = model.contextTokens.map { .integer(Int64($0)) }
                    return .object(entry)
                })
        case .failure(let failure): object["problem"] = .string(PlainText.escaped(failure.description))
        }
        return APIReply.json(.object(object))
    }

    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "provider": ["type": ["string", "null"], "description": "The service; null: none is configured."],
            "model": ["type": ["string", "null"], "description": "The model that is asked where none is named."],
            "models": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "id": ["type": "string"], "name": ["type": "string"],
                        "contextTokens": ["type": "integer", "description": "The most tokens of a conversation."],
                    ],
                    "required": ["id", "name"],
                ],
            ],
            "problem": ["type": "string", "description": "Why the list is empty, and what helps."],
        ],
        "required": ["provider", "model", "models"],
    ]
}

/// What a service listed, for a while: its list costs a request to somebody else.
actor ModelList {
    /// Why there is no list.
    struct Failure: Error, Sendable {
        let description: String
    }

    private static let lifetime: Duration = .seconds(300)
    /// After a failure it is tried again sooner.
    private static let failureLifetime: Duration = .seconds(15)
    private static let patience: Duration = .seconds(20)
    /// The most models of the list.
    private static let most = 500

    private var known: (result: Result<[ModelDescription], Failure>, until: ContinuousClock.Instant)?
    private var reading: Task<Result<[ModelDescription], Failure>, Never>?

    /// The models, from the service when the list is old. Those who ask at once share one request.
    func models(of chat: Chat) async -> Result<[ModelDescription], Failure> {
        if let known, known.until > .now { return known.result }
        if let reading { return await reading.value }
        let task = Task { await Self.read(chat) }
        reading = task
        let result = await task.value
        reading = nil
        let lifetime = if case .success = result { Self.lifetime } else { Self.failureLifetime }
        known = (result, .now + lifetime)
        return result
    }

    private static func read(_ chat: Chat) async -> Result<[ModelDescription], Failure> {
        do {
            let models = try await Deadline.run(within: patience) { try await chat.models() }
            guard let models else { return .failure(Failure(description: "The model's service does not answer.")) }
            return .success(Array(models.prefix(most)))
        } catch let failure as ModelFailure {
            return .failure(Failure(description: failure.description))
        } catch {
            return .failure(Failure(description: "The list of models cannot be read."))
        }
    }
}
