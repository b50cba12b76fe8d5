extension ContentBlock {
    /// On the wire. What a revision does not know is said in text, so that nothing gets lost.
    func json(for version: ProtocolVersion) -> JSONValue {
        var object: JSONObject
        switch kind {
        case .text(let text): object = ["type": "text", "text": .string(text)]
        case .image(let data, let mimeType):
            object = ["type": "image", "data": .string(data), "mimeType": .string(mimeType)]
        case .audio(let data, let mimeType):
            guard version.hasToolAnnotations else {
                return ContentBlock.text("[audio of type \(mimeType), which this protocol version cannot carry]")
                    .json(for: version)
            }
            object = ["type": "audio", "data": .string(data), "mimeType": .string(mimeType)]
        case .resourceLink(let resource):
            guard version.hasStructuredContent else {
                return ContentBlock.text("\(resource.name): \(resource.uri)").json(for: version)
            }
            object = ["type": "resource_link"]
            for (key, value) in resource.json(for: version) { object[key] = value }
        case .resource(let contents): object = ["type": "resource", "resource": contents.json(for: version)]
        case .other(let raw): object = raw
        }
        object.set("annotations", annotations?.json(for: version))
        object.set("_meta", meta.map { .object($0) }, if: version.hasStructuredContent)
        return .object(object)
    }

    init(_ reader: WireReader) throws(WireError) {
        let kind: Kind
        switch try reader.string("type") {
        case "text": kind = .text(try reader.string("text"))
        case "image": kind = .image(data: try reader.string("data"), mimeType: try reader.string("mimeType"))
        case "audio": kind = .audio(data: try reader.string("data"), mimeType: try reader.string("mimeType"))
        case "resource_link":
            // Its annotations and `_meta` are those of the resource.
            self.init(.resourceLink(try Resource(reader)))
            return
        case "resource": kind = .resource(try ResourceContents(try reader.child("resource")))
        default:
            self.init(.other(reader.object))
            return
        }
        self.init(kind, annotations: try Annotations.optional(reader), meta: try reader.optionalObject("_meta"))
    }

    /// One block or an array of them, as sampling has it.
    static func oneOrMore(_ key: String, in reader: WireReader) throws(WireError) -> [ContentBlock] {
        if reader.object[key]?.array != nil {
            return try reader.elements(key) { block throws(WireError) in try ContentBlock(block) }
        }
        return [try ContentBlock(try reader.child(key))]
    }
}

extension Resource {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = ["uri": .string(uri), "name": .string(name)]
        object.set("title", title, if: version.hasStructuredContent)
        object.set("description", description)
        object.set("mimeType", mimeType)
        object.set("size", size.map { .integer(Int64($0)) })
        object.set("annotations", annotations?.json(for: version))
        object.set("icons", icons: icons, for: version)
        object.set("_meta", meta.map { .object($0) }, if: version.hasStructuredContent)
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            uri: try reader.string("uri"), name: try reader.string("name"),
            title: try reader.optionalString("title"), description: try reader.optionalString("description"),
            mimeType: try reader.optionalString("mimeType"), size: try reader.optionalInt("size"),
            annotations: try Annotations.optional(reader), icons: try Icon.list(reader),
            meta: try reader.optionalObject("_meta"))
    }
}

extension ResourceTemplate {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = ["uriTemplate": .string(uriTemplate), "name": .string(name)]
        object.set("title", title, if: version.hasStructuredContent)
        object.set("description", description)
        object.set("mimeType", mimeType)
        object.set("annotations", annotations?.json(for: version))
        object.set("icons", icons: icons, for: version)
        object.set("_meta", meta.map { .object($0) }, if: version.hasStructuredContent)
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            uriTemplate: try reader.string("uriTemplate"), name: try reader.string("name"),
            title: try reader.optionalString("title"), description: try reader.optionalString("description"),
            mimeType: try reader.optionalString("mimeType"), annotations: try Annotations.optional(reader),
            icons: try Icon.list(reader), meta: try reader.optionalObject("_meta"))
    }
}

extension ResourceContents {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONValue {
        var object: JSONObject = ["uri": .string(uri)]
        object.set("mimeType", mimeType)
        switch body {
        case .text(let text): object["text"] = .string(text)
        case .blob(let blob): object["blob"] = .string(blob)
        }
        object.set("_meta", meta.map { .object($0) }, if: version.hasStructuredContent)
        return .object(object)
    }

    init(_ reader: WireReader) throws(WireError) {
        let body: Body
        if let text = try reader.optionalString("text") {
            body = .text(text)
        } else {
            body = .blob(try reader.string("blob"))
        }
        self.init(
            uri: try reader.string("uri"), mimeType: try reader.optionalString("mimeType"), body: body,
            meta: try reader.optionalObject("_meta"))
    }
}
