internal import AgentModels
internal import AuthTokens
internal import MCPProtocol

/// A message as text, for a store: JSON that says its version, and the words that a search looks at.
struct StoredText: Sendable {
    /// The JSON of what a model is sent again.
    var body: String
    /// The JSON of what is only there to be shown, which is read by itself; nil without any.
    var details: String?
    /// What was said, folded as searches are.
    var words: String

    /// How many bytes all of it takes.
    var bytes: Int { body.utf8.count + words.utf8.count + (details?.utf8.count ?? 0) }

    /// Writes a message down. What is only there to be shown is left out, the largest first, where the whole is too large.
    ///
    /// - Throws: ``ConversationFailure`` when it is too large even so.
    init(_ message: StoredMessage, limits: ConversationLimits) throws {
        words = Self.folded(
            message.message.parts.compactMap { part in if case .text(let text) = part { text } else { nil } }
                .joined(separator: "\n"), bytes: limits.searchedBytes)
        let bytes = message.json.serialized()
        var kept = message
        var shown = kept.detailsJSON?.serialized()
        while bytes.count + (shown?.count ?? 0) > limits.messageBytes {
            let largest = kept.details.filter { $0.value.result != nil }
                .max { ($0.value.result?.serialized().count ?? 0) < ($1.value.result?.serialized().count ?? 0) }
            guard let largest else {
                throw ConversationFailure(
                    .messageTooLarge, "The message is larger than is kept (\(limits.messageBytes) bytes).")
            }
            kept.details[largest.key]?.result = nil
            shown = kept.detailsJSON?.serialized()
        }
        body = String(decoding: bytes, as: UTF8.self)
        details = shown.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A text as searches compare it: lower case, without NUL, which PostgreSQL does not take, and not too long.
    static func folded(_ text: String, bytes limit: Int) -> String {
        // What is left of a character that is cut in two finds nothing, and harms nothing.
        let head = text.utf8.count > limit ? String(decoding: text.utf8.prefix(limit), as: UTF8.self) : text
        return String(String.UnicodeScalarView(head.lowercased().unicodeScalars.filter { $0.value != 0 }))
    }

    /// What a search looks for, folded as the words are. It is looked for as it is: `LIKE` compares character by character at
    /// each place of the text, and holds up everybody's conversations for seconds when somebody means it to.
    static func searched(_ search: String) -> String { folded(search, bytes: 1024) }
}

extension StoredMessage {
    /// The version of the JSON. A reader takes what it knows and passes over members that it does not.
    static let version = 1

    /// The message without its place, its time and its details.
    var json: JSONValue {
        var object: JSONObject = ["v": .integer(Int64(Self.version)), "message": message.storedJSON]
        if let usage {
            object["usage"] = [
                "inputTokens": .integer(Int64(usage.inputTokens)), "outputTokens": .integer(Int64(usage.outputTokens)),
                "cachedInputTokens": .integer(Int64(usage.cachedInputTokens)),
            ]
        }
        if let end { object["end"] = .string(end.rawValue) }
        return .object(object)
    }

    /// What is only there to be shown; nil without any.
    var detailsJSON: JSONValue? {
        guard !details.isEmpty else { return nil }
        return .object(
            JSONObject(
                details.sorted { $0.key < $1.key }.map { id, detail in
                    var json: JSONObject = ["elapsedMs": JSONValue(detail.elapsedMs)]
                    json["result"] = detail.result
                    json["decision"] = detail.decision.map { .string($0.rawValue) }
                    return (id, .object(json))
                }))
    }

    private static let limits = JSONLimits(maximumBytes: 1 << 30, maximumDepth: 256, maximumStringBytes: 1 << 30)

    /// Reads what ``json`` and ``detailsJSON`` wrote.
    ///
    /// - Throws: ``ConversationFailure`` when it is no message, or one of a newer version.
    init(index: Int, created: Timestamp, body: String, details shown: String?) throws {
        guard let json = try? JSONValue.parse(body, limits: Self.limits), let version = json["v"]?.int else {
            throw ConversationFailure.unavailable("message \(index) of a conversation is damaged")
        }
        guard version <= Self.version else {
            throw ConversationFailure.unavailable(
                "message \(index) of a conversation was written by a newer version of this program")
        }
        guard let message = json["message"].flatMap({ ModelMessage(stored: $0) }) else {
            throw ConversationFailure.unavailable("message \(index) of a conversation is damaged")
        }
        var details: [String: StoredResult] = [:]
        // The first version kept them within the body.
        let found = shown.flatMap { try? JSONValue.parse($0, limits: Self.limits) } ?? json["details"]
        for (id, detail) in found?.object ?? [:] {
            details[id] = StoredResult(
                elapsedMs: detail["elapsedMs"]?.double ?? 0, result: detail["result"],
                decision: detail["decision"]?.string.flatMap { ChatDecision(rawValue: $0) })
        }
        let usage = json["usage"].map { usage in
            ModelUsage(
                inputTokens: usage["inputTokens"]?.int ?? 0, outputTokens: usage["outputTokens"]?.int ?? 0,
                cachedInputTokens: usage["cachedInputTokens"]?.int ?? 0)
        }
        self.init(
            index: index, message: message, created: created, usage: usage, details: details,
            end: json["end"]?.string.flatMap { ChatEnd.Reason(rawValue: $0) })
    }
}

extension ModelMessage {
    /// The message as it is kept, exact also in what only its service understands.
    var storedJSON: JSONValue {
        ["role": .string(role.rawValue), "parts": .array(parts.map(\.storedJSON))]
    }

    /// Reads what ``storedJSON`` wrote; nil when a part is missing or not known, since a model that is sent half of a
    /// conversation is told something else.
    init?(stored json: JSONValue) {
        guard let role = json["role"]?.string.flatMap(Role.init(rawValue:)), let array = json["parts"]?.array else {
            return nil
        }
        let parts = array.compactMap { ModelPart(stored: $0) }
        guard parts.count == array.count else { return nil }
        self.init(role: role, parts: parts)
    }
}

extension ModelPart {
    fileprivate var storedJSON: JSONValue {
        var object: JSONObject
        switch self {
        case .text(let text): object = ["type": "text", "text": .string(text)]
        case .thinking(let thinking):
            object = ["type": "thinking", "text": .string(thinking.text)]
            object["opaque"] = thinking.opaque
        case .toolCall(let call):
            object = [
                "type": "tool_call", "id": .string(call.id), "name": .string(call.name),
                "arguments": .object(call.arguments),
            ]
            object["malformedArguments"] = call.malformedArguments.map { .string($0) }
            object["opaque"] = call.opaque
        case .toolResult(let result):
            object = [
                "type": "tool_result", "call": .string(result.callID), "name": .string(result.name),
                "text": .string(result.text), "isError": .bool(result.isError),
            ]
        }
        return .object(object)
    }

    fileprivate init?(stored json: JSONValue) {
        switch json["type"]?.string {
        case "text":
            guard let text = json["text"]?.string else { return nil }
            self = .text(text)
        case "thinking":
            guard let text = json["text"]?.string else { return nil }
            self = .thinking(ModelThinking(text: text, opaque: json["opaque"]))
        case "tool_call":
            guard let id = json["id"]?.string, let name = json["name"]?.string,
                let arguments = json["arguments"]?.object
            else { return nil }
            self = .toolCall(
                ModelToolCall(
                    id: id, name: name, arguments: arguments,
                    malformedArguments: json["malformedArguments"]?.string, opaque: json["opaque"]))
        case "tool_result":
            guard let call = json["call"]?.string, let name = json["name"]?.string, let text = json["text"]?.string
            else { return nil }
            self = .toolResult(
                ModelToolResult(callID: call, name: name, text: text, isError: json["isError"]?.bool ?? false))
        default: return nil
        }
    }
}
