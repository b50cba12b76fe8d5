internal import AgentModels

/// The order that every service wants of a conversation: it begins with the person, the roles take turns, and the message
/// after one with calls begins with exactly their results.
///
/// A conversation that was cut anywhere (a crash, a kill, a full disk) is brought into it. Nothing is run for that: of a call
/// without a result nobody knows what became of it, and the model is told so.
enum Transcript {
    /// What stands for the result of a call that was cut off.
    static let interrupted =
        "Interrupted: whether it ran is not known. If it may have changed something, look at the data before you run it again."

    /// The results that the last message lacks, to be stored before anything else; nil when it lacks none.
    static func mending(_ messages: [ModelMessage]) -> ModelMessage? {
        guard let last = messages.last, last.role == .assistant else { return nil }
        let calls = last.calls
        return calls.isEmpty ? nil : ModelMessage(role: .user, parts: calls.map { .toolResult(unknown($0)) })
    }

    /// The conversation in order.
    ///
    /// - Parameter messages: What was stored, in any order of roles.
    /// - Returns: The same in linear time, with calls and results in pairs; results of nothing, and messages of nothing, are
    ///   gone.
    static func paired(_ messages: [ModelMessage]) -> [ModelMessage] {
        var ordered: [ModelMessage] = []
        ordered.reserveCapacity(messages.count)
        for message in messages {
            switch message.role {
            case .user: add(message, to: &ordered)
            case .assistant:
                guard !message.parts.isEmpty, let last = ordered.last else { continue }
                if last.role == .user {
                    ordered.append(message)
                } else if last.calls.isEmpty {
                    ordered[ordered.count - 1].parts += message.parts
                } else {
                    add(ModelMessage(role: .user, parts: []), to: &ordered)
                    ordered.append(message)
                }
            }
        }
        if ordered.last?.role == .assistant { add(ModelMessage(role: .user, parts: []), to: &ordered) }
        return ordered
    }

    /// Adds what the person said and what tools answered: the results in the order of the calls, then everything else.
    private static func add(_ message: ModelMessage, to ordered: inout [ModelMessage]) {
        let calls = ordered.last?.role == .assistant ? ordered.last?.calls ?? [] : []
        var parts: [ModelPart] = []
        if !calls.isEmpty {
            var results: [String: [ModelToolResult]] = [:]
            for result in message.results.reversed() { results[result.callID, default: []].append(result) }
            parts = calls.map { .toolResult(results[$0.id]?.popLast() ?? unknown($0)) }
        }
        parts += message.parts.filter { if case .toolResult = $0 { false } else { true } }
        guard !parts.isEmpty else { return }
        if let last = ordered.last, last.role == .user {
            ordered[ordered.count - 1].parts += parts
        } else {
            ordered.append(ModelMessage(role: .user, parts: parts))
        }
    }

    private static func unknown(_ call: ModelToolCall) -> ModelToolResult {
        ModelToolResult(callID: call.id, name: call.name, text: interrupted, isError: true)
    }
}
