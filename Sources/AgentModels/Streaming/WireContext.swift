import MCPProtocol

/// How much is kept of an answer.
package struct AnswerLimits: Sendable, Hashable {
    /// The most bytes of one event or line. OpenAI repeats the whole request in some.
    package var eventBytes = 8 << 20
    /// The most bytes of a whole stream.
    package var streamBytes = 32 << 20
    /// The most calls of tools in an answer.
    package var calls = 64
    /// The most blocks of text and thinking in an answer.
    package var blocks = 1024
    /// The most bytes of a list of models, a page.
    package var listBytes = 4 << 20
    /// The most models of a list.
    package var models = 2000

    /// The usual ones.
    package init() {}
}

/// What the readers of all wire formats need to know.
struct WireContext: Sendable {
    /// The service's name for people.
    var service: String
    /// Takes the key out of what the service says.
    var redaction = Redaction()
    /// What is kept.
    var limits = AnswerLimits()

    /// What came is not what the documentation says.
    func malformed(_ reason: String, _ bytes: some Sequence<UInt8>) -> ModelFailure {
        // Only the head is looked at; more of it is not shown.
        let head = String(decoding: Array(bytes.prefix(2000)), as: UTF8.self)
        return ModelFailure(.malformed, "\(service) sent \(reason): \(redaction.excerpt(head, limit: 160))")
    }

    /// More came than is kept.
    func tooLarge(_ what: String) -> ModelFailure {
        ModelFailure(.tooLarge, "\(service) sent \(what) than is kept.")
    }

    /// The stream ended before its final event.
    var cutOff: ModelFailure {
        ModelFailure(.connection, "\(service) broke off in the middle of its answer.")
    }

    /// The JSON object of an event.
    func object(_ event: WireEvent) throws -> JSONValue {
        let limits = JSONLimits(
            maximumBytes: limits.eventBytes, maximumDepth: 96, maximumStringBytes: limits.eventBytes)
        guard let value = try? JSONValue.parse(event.data, limits: limits), value.object != nil else {
            throw malformed("an event that is no JSON object", event.data)
        }
        return value
    }

    /// The arguments of a call as the model wrote them.
    ///
    /// - Returns: The object, or the text itself where it is none.
    static func arguments(_ text: String) -> (object: JSONObject, malformed: String?) {
        // A tool without arguments is called with no text at all by some.
        guard text.utf8.contains(where: { $0 > 0x20 }) else { return ([:], nil) }
        let limits = JSONLimits(maximumBytes: 8 << 20, maximumDepth: 64)
        guard let object = (try? JSONValue.parse(text, limits: limits))?.object else { return ([:], text) }
        return (object, nil)
    }

    /// An id for a call of a service that has none.
    static func newCallID() -> String {
        "call_" + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// A number of tokens; what makes no sense counts as none.
    static func tokens(_ value: JSONValue?) -> Int? {
        guard let count = value?.int, count >= 0, count < 1 << 40 else { return nil }
        return count
    }
}
