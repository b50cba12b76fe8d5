import AgentModels
import MCPProtocol
import Synchronization

/// A model in the test process that answers from a script, step by step; the last step goes on answering.
final class ScriptedProvider: ModelProvider {
    typealias Tell = @Sendable (ModelEvent) async throws -> Void
    typealias Step = @Sendable (ModelRequest, Tell) async throws -> ModelAnswer

    private let script: Mutex<[Step]>
    private let list: Mutex<(asked: Int, answer: Result<[ModelDescription], ModelFailure>)>

    let name = "scripted"

    init(_ steps: Step...) {
        script = Mutex(steps)
        list = Mutex(
            (
                asked: 0,
                answer: .success([ModelDescription(id: "scripted", displayName: "Scripted", contextTokens: 1000)])
            ))
    }

    /// How often the list of models was asked for.
    var listings: Int { list.withLock { $0.asked } }

    func refuseList(_ failure: ModelFailure) { list.withLock { $0.answer = .failure(failure) } }

    func models() async throws -> [ModelDescription] {
        try list.withLock { list in
            list.asked += 1
            return list.answer
        }.get()
    }

    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer {
        let step = script.withLock { steps in steps.count > 1 ? steps.removeFirst() : steps.first }
        guard let step else { throw ModelFailure(.badRequest, "The script is empty.") }
        return try await step(request, onEvent)
    }

    /// Says something, in pieces.
    static func says(_ pieces: String...) -> Step {
        { _, tell in
            for piece in pieces { try await tell(.text(piece)) }
            return ModelAnswer(
                message: ModelMessage(role: .assistant, parts: [.text(pieces.joined())]), stop: .endOfTurn,
                usage: ModelUsage(inputTokens: 10, outputTokens: 5))
        }
    }

    /// Says something, waits until it may go on, and says the rest.
    static func says(_ text: String, then gate: Gate, _ rest: String) -> Step {
        { _, tell in
            try await tell(.text(text))
            try await gate.wait()
            try await tell(.text(rest))
            return ModelAnswer(
                message: ModelMessage(role: .assistant, parts: [.text(text + rest)]), stop: .endOfTurn)
        }
    }

    /// Runs SQL.
    static func queries(_ sql: String, on database: String) -> Step {
        { request, _ in
            let call = ModelToolCall(
                id: "call_\(request.messages.count)", name: "query_database",
                arguments: ["query": .string(sql), "database": .string(database)])
            return ModelAnswer(message: ModelMessage(role: .assistant, parts: [.toolCall(call)]), stop: .toolCalls)
        }
    }
}

/// What waits until it is opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream<Void>.makeStream() }

    func open() { continuation.finish() }

    func wait() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
