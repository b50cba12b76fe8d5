internal import AgentModels
public import MCPProtocol

extension ChatEvent {
    /// The name on the wire.
    public var name: String {
        switch self {
        case .turn: "turn"
        case .text: "text"
        case .thinking: "thinking"
        case .toolCall: "tool_call"
        case .approval: "approval"
        case .approvalAnswer: "approval_answer"
        case .result: "result"
        case .usage: "usage"
        case .retry: "retry"
        case .compacted: "compacted"
        case .error: "error"
        case .done: "done"
        }
    }

    /// The data on the wire. Members that are absent have nothing to say.
    public var json: JSONObject {
        switch self {
        case .turn(let start):
            return [
                "conversation": .string(start.conversation), "turn": .string(start.turn), "title": .string(start.title),
                "index": .integer(Int64(start.index)), "database": start.database.map { .string($0) } ?? .null,
                "allowWrites": .bool(start.allowWrites), "provider": .string(start.provider),
                "model": .string(start.model),
            ]
        case .text(let text), .thinking(let text):
            return ["text": .string(text)]
        case .toolCall(let id, let name, let arguments, let sql, let database):
            var object: JSONObject = ["id": .string(id), "name": .string(name), "arguments": .object(arguments)]
            object["sql"] = sql.map { .string($0) }
            object["database"] = database.map { .string($0) }
            return object
        case .approval(let call, let approval):
            return ["call": .string(call), "approval": .object(approval)]
        case .approvalAnswer(let call, let id, let decision):
            return ["call": .string(call), "id": .string(id), "decision": .string(decision.rawValue)]
        case .result(let call, let isError, let text, let elapsedMs, let result):
            var object: JSONObject = [
                "call": .string(call), "isError": .bool(isError), "text": .string(text),
                "elapsedMs": JSONValue(elapsedMs),
            ]
            object["result"] = result.map { .object($0) }
            return object
        case .usage(let usage, let steps):
            return [
                "inputTokens": .integer(Int64(usage.inputTokens)), "outputTokens": .integer(Int64(usage.outputTokens)),
                "cachedInputTokens": .integer(Int64(usage.cachedInputTokens)), "steps": .integer(Int64(steps)),
            ]
        case .retry(let attempt, let delayMs, let reason):
            return [
                "attempt": .integer(Int64(attempt)), "delayMs": .integer(Int64(delayMs)), "reason": .string(reason),
            ]
        case .compacted(let before, let after):
            return ["tokensBefore": .integer(Int64(before)), "tokensAfter": .integer(Int64(after))]
        case .error(let code, let message):
            return ["code": .string(code), "message": .string(message)]
        case .done(let end):
            return ["reason": .string(end.reason.rawValue), "index": .integer(Int64(end.index))]
        }
    }

    /// Reads what came over the wire.
    ///
    /// - Parameters:
    ///   - name: The name of the event.
    ///   - json: Its data.
    /// - Returns: nil for an event that is not known, or whose data is not as it should be: a newer server may send more.
    public init?(name: String, json: JSONObject) {
        let data = JSONValue.object(json)
        func text(_ key: String) -> String? { data[key]?.string }
        func number(_ key: String) -> Int? { data[key]?.int }
        switch name {
        case "turn":
            guard let start = ChatTurnStart(data) else { return nil }
            self = .turn(start)
        case "text", "thinking":
            guard let text = text("text") else { return nil }
            self = name == "text" ? .text(text) : .thinking(text)
        case "tool_call":
            guard let id = text("id"), let tool = text("name"), let arguments = data["arguments"]?.object else {
                return nil
            }
            self = .toolCall(
                id: id, name: tool, arguments: arguments, sql: text("sql"), database: text("database"))
        case "approval":
            guard let call = text("call"), let approval = data["approval"]?.object else { return nil }
            self = .approval(call: call, approval: approval)
        case "approval_answer":
            guard let call = text("call"), let id = text("id"),
                let decision = text("decision").flatMap({ ChatDecision(rawValue: $0) })
            else { return nil }
            self = .approvalAnswer(call: call, id: id, decision: decision)
        case "result":
            guard let call = text("call"), let isError = data["isError"]?.bool, let words = text("text") else {
                return nil
            }
            self = .result(
                call: call, isError: isError, text: words, elapsedMs: data["elapsedMs"]?.double ?? 0,
                result: data["result"]?.object)
        case "usage":
            guard let input = number("inputTokens"), let output = number("outputTokens") else { return nil }
            self = .usage(
                ModelUsage(
                    inputTokens: input, outputTokens: output, cachedInputTokens: number("cachedInputTokens") ?? 0),
                steps: number("steps") ?? 0)
        case "retry":
            guard let attempt = number("attempt"), let reason = text("reason") else { return nil }
            self = .retry(attempt: attempt, delayMs: number("delayMs") ?? 0, reason: reason)
        case "compacted":
            guard let before = number("tokensBefore"), let after = number("tokensAfter") else { return nil }
            self = .compacted(tokensBefore: before, tokensAfter: after)
        case "error":
            guard let code = text("code"), let message = text("message") else { return nil }
            self = .error(code: code, message: message)
        case "done":
            guard let reason = text("reason").flatMap({ ChatEnd.Reason(rawValue: $0) }), let index = number("index")
            else { return nil }
            self = .done(ChatEnd(reason: reason, index: index))
        default: return nil
        }
    }
}

extension ChatTurnStart {
    fileprivate init?(_ data: JSONValue) {
        guard let conversation = data["conversation"]?.string, let turn = data["turn"]?.string,
            let index = data["index"]?.int
        else { return nil }
        self.init(
            conversation: conversation, turn: turn, title: data["title"]?.string ?? "", index: index,
            database: data["database"]?.string, allowWrites: data["allowWrites"]?.bool ?? false,
            provider: data["provider"]?.string ?? "", model: data["model"]?.string ?? "")
    }
}
