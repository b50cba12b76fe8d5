extension Question {
    /// The method of the question on the wire.
    var method: String {
        switch self {
        case .form, .visit: "elicitation/create"
        case .sample: "sampling/createMessage"
        case .roots: "roots/list"
        }
    }

    /// The parameters of the question on the wire.
    func params(for version: ProtocolVersion) -> JSONObject? {
        switch self {
        case .form(let form):
            var object: JSONObject = [:]
            if version.hasIcons { object["mode"] = "form" }
            object["message"] = .string(form.message)
            object["requestedSchema"] = form.schema(for: version)
            return object
        case .visit(let message, let url, let id):
            var object: JSONObject = ["mode": "url", "message": .string(message), "url": .string(url)]
            // 2026-07-28 has the key of the question for this.
            if !version.hasResultTypes { object["elicitationId"] = .string(id) }
            return object
        case .sample(let request): return request.params(for: version)
        case .roots: return nil
        }
    }

    /// The question as an entry of `inputRequests`.
    var inputRequest: JSONValue {
        var object: JSONObject = ["method": .string(method)]
        object.set("params", params(for: .july2026).map { .object($0) })
        return .object(object)
    }

    /// A question from its method and parameters.
    init(method: String, params: JSONObject?) throws(WireError) {
        let reader = WireReader(params ?? [:], path: "params")
        switch method {
        case "elicitation/create":
            if try reader.optionalString("mode") == "url" {
                self = .visit(
                    message: try reader.string("message"), url: try reader.string("url"),
                    id: try reader.optionalString("elicitationId") ?? "")
            } else {
                self = .form(
                    ElicitationForm(
                        message: try reader.string("message"),
                        fields: try ElicitationForm.fields(try reader.child("requestedSchema"))))
            }
        case "sampling/createMessage": self = .sample(try SamplingRequest(reader))
        case "roots/list": self = .roots
        default: throw WireError("A question of the kind '\(method.prefix(100))' is not known")
        }
    }

    /// Reads the answer to this question.
    func answer(_ value: JSONValue, key: String) throws(WireError) -> Answer {
        let reader = try WireReader(value, path: "inputResponses.\(key.prefix(100))")
        switch self {
        case .form(let form):
            let result = try ElicitationResult(reader)
            if case .accept(let content) = result { return .elicitation(.accept(try form.checked(content))) }
            return .elicitation(result)
        case .visit: return .elicitation(try ElicitationResult(reader))
        case .sample: return .sampling(try SamplingResult(reader))
        case .roots: return .roots(try Root.list(reader))
        }
    }
}

extension Answer {
    /// The answer on the wire.
    func json(for version: ProtocolVersion) -> JSONValue {
        switch self {
        case .elicitation(.accept(let content)): return ["action": "accept", "content": .object(content)]
        case .elicitation(.decline): return ["action": "decline"]
        case .elicitation(.cancel): return ["action": "cancel"]
        case .sampling(let result): return .object(result.json(for: version))
        case .roots(let roots):
            return [
                "roots": .array(
                    roots.map { root in
                        var object: JSONObject = ["uri": .string(root.uri)]
                        object.set("name", root.name)
                        return .object(object)
                    })
            ]
        }
    }

    /// An answer of any kind, told by its members.
    init(any value: JSONValue, key: String) throws(WireError) {
        let reader = try WireReader(value, path: "inputResponses.\(key.prefix(100))")
        if reader.object["action"] != nil {
            self = .elicitation(try ElicitationResult(reader))
        } else if reader.object["roots"] != nil {
            self = .roots(try Root.list(reader))
        } else {
            self = .sampling(try SamplingResult(reader))
        }
    }
}

extension ElicitationResult {
    init(_ reader: WireReader) throws(WireError) {
        switch try reader.string("action") {
        case "accept": self = .accept(try reader.optionalObject("content") ?? [:])
        case "decline": self = .decline
        case "cancel": self = .cancel
        default: throw WireError("action must be accept, decline or cancel")
        }
    }
}

extension Root {
    static func list(_ reader: WireReader) throws(WireError) -> [Root] {
        try reader.elements("roots") { root throws(WireError) in
            Root(uri: try root.string("uri"), name: try root.optionalString("name"))
        }
    }
}

extension SamplingRequest {
    private static let typed: Set<String> = ["messages", "maxTokens", "systemPrompt", "temperature", "_meta"]

    func params(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = [
            "messages": .array(
                messages.map { message in
                    [
                        "role": .string(message.role.rawValue),
                        "content": ContentBlock.joined(message.content, for: version),
                    ]
                })
        ]
        object.set("systemPrompt", systemPrompt)
        object["maxTokens"] = .integer(Int64(maxTokens))
        object.set("temperature", temperature.map { JSONValue($0) })
        for (key, value) in other { object[key] = value }
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        guard let maxTokens = try reader.optionalInt("maxTokens") else {
            throw WireError("params.maxTokens is missing")
        }
        self.init(
            messages: try reader.elements("messages") { message throws(WireError) in
                Message(role: try Role(message), content: try ContentBlock.oneOrMore("content", in: message))
            },
            maxTokens: maxTokens, systemPrompt: try reader.optionalString("systemPrompt"),
            temperature: try reader.optionalDouble("temperature"),
            other: JSONObject(reader.object.lazy.filter { !Self.typed.contains($0.key) }.map { ($0.key, $0.value) }))
    }
}

extension SamplingResult {
    func json(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = [
            "role": .string(role.rawValue), "content": ContentBlock.joined(content, for: version),
            "model": .string(model),
        ]
        object.set("stopReason", stopReason)
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            role: try Role(reader), content: try ContentBlock.oneOrMore("content", in: reader),
            model: try reader.string("model"), stopReason: try reader.optionalString("stopReason"))
    }
}

extension ContentBlock {
    /// One block as itself, several as an array: the older revisions of sampling know no array.
    static func joined(_ content: [ContentBlock], for version: ProtocolVersion) -> JSONValue {
        content.count == 1 ? content[0].json(for: version) : .array(content.map { $0.json(for: version) })
    }
}
