extension Tool {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = ["name": .string(name)]
        object.set("title", title, if: version.hasStructuredContent)
        object.set("description", description)
        object["inputSchema"] = inputSchema
        let fits = version.hasAnyStructuredContent || outputSchema?["type"] == .string("object")
        object.set("outputSchema", outputSchema, if: version.hasStructuredContent && fits)
        object.set("annotations", annotations.json, if: version.hasToolAnnotations)
        object.set("icons", icons: icons, for: version)
        object.set("_meta", meta.map { .object($0) }, if: version.hasStructuredContent)
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        let hints = reader.object["annotations"] == nil ? nil : try reader.child("annotations")
        self.init(
            name: try reader.string("name"), title: try reader.optionalString("title"),
            description: try reader.optionalString("description"),
            inputSchema: .object(try reader.child("inputSchema").object), outputSchema: reader.object["outputSchema"],
            // What a server leaves out has the defaults of the specification, which assume the worst.
            annotations: ToolAnnotations(
                title: try hints?.optionalString("title") ?? "",
                readOnlyHint: try hints?.optionalBool("readOnlyHint") ?? false,
                destructiveHint: try hints?.optionalBool("destructiveHint") ?? true,
                idempotentHint: try hints?.optionalBool("idempotentHint") ?? false,
                openWorldHint: try hints?.optionalBool("openWorldHint") ?? true),
            icons: try Icon.list(reader), meta: try reader.optionalObject("_meta"))
    }
}

extension ToolAnnotations {
    var json: JSONValue {
        [
            "title": .string(title), "readOnlyHint": .bool(readOnlyHint), "destructiveHint": .bool(destructiveHint),
            "idempotentHint": .bool(idempotentHint), "openWorldHint": .bool(openWorldHint),
        ]
    }
}

extension ToolResult {
    /// The members of the result on the wire, without those of its era.
    func members(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = ["content": .array(content.map { $0.json(for: version) })]
        let fits = version.hasAnyStructuredContent || structuredContent?.object != nil
        object.set("structuredContent", structuredContent, if: version.hasStructuredContent && fits)
        if isError { object["isError"] = true }
        object.set("_meta", meta.map { .object($0) })
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            content: try reader.elements("content") { block throws(WireError) in try ContentBlock(block) },
            structuredContent: reader.object["structuredContent"],
            isError: try reader.optionalBool("isError") ?? false, meta: try reader.optionalObject("_meta"))
    }
}

extension Prompt {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = ["name": .string(name)]
        object.set("title", title, if: version.hasStructuredContent)
        object.set("description", description)
        if !arguments.isEmpty { object["arguments"] = .array(arguments.map { $0.json(for: version) }) }
        object.set("icons", icons: icons, for: version)
        object.set("_meta", meta.map { .object($0) }, if: version.hasStructuredContent)
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        var arguments: [PromptArgument] = []
        if reader.object["arguments"] != nil {
            arguments = try reader.elements("arguments") { argument throws(WireError) in
                PromptArgument(
                    name: try argument.string("name"), title: try argument.optionalString("title"),
                    description: try argument.optionalString("description"),
                    required: try argument.optionalBool("required") ?? false)
            }
        }
        self.init(
            name: try reader.string("name"), title: try reader.optionalString("title"),
            description: try reader.optionalString("description"), arguments: arguments,
            icons: try Icon.list(reader), meta: try reader.optionalObject("_meta"))
    }
}

extension PromptArgument {
    func json(for version: ProtocolVersion) -> JSONValue {
        var object: JSONObject = ["name": .string(name)]
        object.set("title", title, if: version.hasStructuredContent)
        object.set("description", description)
        object["required"] = .bool(required)
        return .object(object)
    }
}

extension PromptResult {
    /// The members of the result on the wire, without those of its era.
    func members(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = [:]
        object.set("description", description)
        object["messages"] = .array(
            messages.map {
                ["role": .string($0.role.rawValue), "content": $0.content.json(for: version)]
            })
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            description: try reader.optionalString("description"),
            messages: try reader.elements("messages") { message throws(WireError) in
                PromptMessage(
                    role: try Role(message), content: try ContentBlock(try message.child("content")))
            })
    }
}

extension Role {
    init(_ reader: WireReader) throws(WireError) {
        guard let role = Role(rawValue: try reader.string("role")) else {
            throw WireError("role must be user or assistant")
        }
        self = role
    }
}

extension CompletionRequest {
    /// The parameters on the wire.
    var params: JSONObject {
        var object: JSONObject = [:]
        switch reference {
        case .prompt(let name): object["ref"] = ["type": "ref/prompt", "name": .string(name)]
        case .resource(let uri): object["ref"] = ["type": "ref/resource", "uri": .string(uri)]
        }
        object["argument"] = ["name": .string(argument), "value": .string(value)]
        if !context.isEmpty {
            let arguments = JSONObject(context.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
            object["context"] = ["arguments": .object(arguments)]
        }
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        let reference = try reader.child("ref")
        let argument = try reader.child("argument")
        let target: Reference
        switch try reference.string("type") {
        case "ref/prompt": target = .prompt(try reference.string("name"))
        case "ref/resource": target = .resource(try reference.string("uri"))
        default: throw WireError("params.ref.type must be ref/prompt or ref/resource")
        }
        let context = reader.object["context"] == nil ? [:] : try reader.child("context").stringMap("arguments")
        self.init(
            reference: target, argument: try argument.string("name"), value: try argument.string("value"),
            context: context)
    }
}

extension Completion {
    /// The members of the result on the wire, without those of its era.
    var members: JSONObject {
        var object: JSONObject = ["values": .array(values.map { .string($0) })]
        object.set("total", total.map { .integer(Int64($0)) })
        object["hasMore"] = .bool(hasMore)
        return ["completion": .object(object)]
    }

    init(_ reader: WireReader) throws(WireError) {
        let completion = try reader.child("completion")
        self.init(
            values: try completion.strings("values"), total: try completion.optionalInt("total"),
            hasMore: try completion.optionalBool("hasMore") ?? false)
    }
}
