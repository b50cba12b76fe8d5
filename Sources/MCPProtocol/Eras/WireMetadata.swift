extension Implementation {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONValue {
        var object: JSONObject = ["name": .string(name)]
        object.set("title", title, if: version.hasStructuredContent)
        object["version"] = .string(self.version)
        object.set("description", description, if: version.hasIcons)
        object.set("websiteUrl", websiteURL, if: version.hasIcons)
        object.set("icons", icons: icons, for: version)
        return .object(object)
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            name: try reader.string("name"), title: try reader.optionalString("title"),
            version: try reader.string("version"), description: try reader.optionalString("description"),
            websiteURL: try reader.optionalString("websiteUrl"), icons: try Icon.list(reader))
    }
}

extension Icon {
    var json: JSONObject {
        var object: JSONObject = ["src": .string(source)]
        object.set("mimeType", mimeType)
        if !sizes.isEmpty { object["sizes"] = .array(sizes.map { .string($0) }) }
        object.set("theme", theme)
        return object
    }

    static func list(_ reader: WireReader) throws(WireError) -> [Icon] {
        guard reader.object["icons"] != nil else { return [] }
        return try reader.elements("icons") { icon throws(WireError) in
            Icon(
                source: try icon.string("src"), mimeType: try icon.optionalString("mimeType"),
                sizes: try icon.strings("sizes"), theme: try icon.optionalString("theme"))
        }
    }
}

extension Annotations {
    func json(for version: ProtocolVersion) -> JSONValue {
        var object: JSONObject = [:]
        if !audience.isEmpty { object["audience"] = .array(audience.map { .string($0.rawValue) }) }
        object.set("priority", priority.map { JSONValue($0) })
        object.set("lastModified", lastModified, if: version.hasStructuredContent)
        return .object(object)
    }

    static func optional(_ reader: WireReader) throws(WireError) -> Annotations? {
        guard reader.object["annotations"] != nil else { return nil }
        let annotations = try reader.child("annotations")
        return Annotations(
            audience: try annotations.strings("audience").compactMap(Role.init(rawValue:)),
            priority: try annotations.optionalDouble("priority"),
            lastModified: try annotations.optionalString("lastModified"))
    }
}

extension ServerCapabilities {
    /// On the wire.
    func json(for version: ProtocolVersion) -> JSONValue {
        func lists(_ lists: Lists?, subscribe: Bool = false) -> JSONValue? {
            guard let lists else { return nil }
            var object: JSONObject = [:]
            if lists.listChanged { object["listChanged"] = true }
            if subscribe, lists.subscribe { object["subscribe"] = true }
            return .object(object)
        }
        var object: JSONObject = [:]
        object.set("tools", lists(tools))
        object.set("resources", lists(resources, subscribe: true))
        object.set("prompts", lists(prompts))
        object.set("completions", completions ? .object([:]) : nil, if: version.hasToolAnnotations)
        object.set("logging", logging ? .object([:]) : nil)
        object.set("extensions", extensions.map { .object($0) }, if: version.hasResultTypes)
        object.set("experimental", experimental.map { .object($0) })
        return .object(object)
    }

    init(_ reader: WireReader) throws(WireError) {
        func lists(_ key: String) throws(WireError) -> Lists? {
            guard reader.object[key] != nil else { return nil }
            let lists = try reader.child(key)
            return Lists(
                listChanged: try lists.optionalBool("listChanged") ?? false,
                subscribe: try lists.optionalBool("subscribe") ?? false)
        }
        self.init(
            tools: try lists("tools"), resources: try lists("resources"), prompts: try lists("prompts"),
            completions: reader.object["completions"] != nil, logging: reader.object["logging"] != nil,
            extensions: try reader.optionalObject("extensions"),
            experimental: try reader.optionalObject("experimental"))
    }
}

extension ClientCapabilities {
    /// On the wire.
    var json: JSONObject { json(for: .july2026) }

    func json(for version: ProtocolVersion) -> JSONObject {
        var object: JSONObject = [:]
        if let elicitation, version.hasStructuredContent {
            var modes: JSONObject = [:]
            // An empty object means a form, which older revisions understand as well.
            if elicitation.url, version.hasIcons {
                if elicitation.form { modes["form"] = [:] }
                modes["url"] = [:]
            }
            object["elicitation"] = .object(modes)
        }
        if let sampling {
            var modes: JSONObject = [:]
            if sampling.tools { modes["tools"] = [:] }
            if sampling.context { modes["context"] = [:] }
            object["sampling"] = .object(modes)
        }
        if roots { object["roots"] = [:] }
        object.set("extensions", extensions.map { .object($0) }, if: version.hasResultTypes)
        object.set("experimental", experimental.map { .object($0) })
        return object
    }

    init(_ reader: WireReader) throws(WireError) {
        self.init(
            extensions: try reader.optionalObject("extensions"),
            experimental: try reader.optionalObject("experimental"))
        if let modes = try reader.optionalObject("elicitation") {
            let url = modes["url"] != nil
            elicitation = Elicitation(form: modes["form"] != nil || !url, url: url)
        }
        if let modes = try reader.optionalObject("sampling") {
            sampling = Sampling(tools: modes["tools"] != nil, context: modes["context"] != nil)
        }
        roots = try reader.optionalObject("roots") != nil
    }

    /// What a client has to be able to do to answer some questions.
    init(needed questions: [Question]) {
        self.init()
        for question in questions {
            switch question {
            case .form: elicitation = Elicitation(form: true, url: elicitation?.url ?? false)
            case .visit: elicitation = Elicitation(form: elicitation?.form ?? false, url: true)
            case .sample(let request):
                sampling = Sampling(
                    tools: sampling?.tools ?? false || request.other["tools"] != nil,
                    context: sampling?.context ?? false)
            case .roots: roots = true
            }
        }
    }

    /// What of `needed` is not there; `nil` when nothing is missing.
    func missing(of needed: ClientCapabilities) -> ClientCapabilities? {
        var missing = ClientCapabilities()
        if let wanted = needed.elicitation,
            (wanted.form && elicitation?.form != true) || (wanted.url && elicitation?.url != true)
        {
            missing.elicitation = wanted
        }
        if let wanted = needed.sampling, sampling == nil || (wanted.tools && sampling?.tools != true) {
            missing.sampling = wanted
        }
        missing.roots = needed.roots && !roots
        return missing == ClientCapabilities() ? nil : missing
    }
}

extension Duration {
    /// Whole milliseconds, at least 0, as `ttlMs` is counted.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        // What a double can hold exactly is what every client can read.
        return overflow ? 1 << 53 : min(product + attoseconds / 1_000_000_000_000_000, 1 << 53)
    }
}
