extension ElicitationForm {
    /// The schema of the form on the wire: flat, of primitive types (item 32).
    func schema(for version: ProtocolVersion) -> JSONValue {
        var schema: JSONObject = ["type": "object"]
        schema["properties"] = .object(JSONObject(fields.map { ($0.name, .object($0.schema(for: version))) }))
        let required = fields.filter(\.required).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        return .object(schema)
    }

    /// The fields of a schema from the wire.
    static func fields(_ schema: WireReader) throws(WireError) -> [Field] {
        let required = Set(try schema.strings("required"))
        var fields: [Field] = []
        for (name, value) in try schema.child("properties").object {
            let property = try WireReader(value, path: "requestedSchema.properties.\(name.prefix(100))")
            fields.append(
                Field(
                    name, try Kind(property), title: try property.optionalString("title"),
                    description: try property.optionalString("description"), required: required.contains(name)))
        }
        return fields
    }

    /// What the person filled in, if it fits the form.
    func checked(_ content: JSONObject) throws(WireError) -> JSONObject {
        for (name, value) in content {
            guard let field = fields.first(where: { $0.name == name }) else {
                throw WireError("The form has no field '\(name.prefix(100))'")
            }
            if let expected = field.kind.refusal(of: value) {
                throw WireError("The field '\(name)' of the form must be \(expected)")
            }
        }
        for field in fields where field.required && content[field.name] == nil {
            throw WireError("The field '\(field.name)' of the form is missing")
        }
        return content
    }
}

extension ElicitationForm.Field {
    func schema(for version: ProtocolVersion) -> JSONObject {
        var schema = kind.schema(for: version)
        schema.set("title", title)
        schema.set("description", description)
        return schema
    }
}

extension ElicitationForm.Kind {
    func schema(for version: ProtocolVersion) -> JSONObject {
        var schema: JSONObject = [:]
        switch self {
        case .string(let minLength, let maxLength, let format, let fallback):
            schema["type"] = "string"
            schema.set("minLength", minLength.map { .integer(Int64($0)) })
            schema.set("maxLength", maxLength.map { .integer(Int64($0)) })
            schema.set("format", format)
            schema.set("default", fallback, if: version.hasIcons)
        case .number(let minimum, let maximum, let fallback):
            schema["type"] = "number"
            schema.set("minimum", minimum.map { JSONValue($0) })
            schema.set("maximum", maximum.map { JSONValue($0) })
            schema.set("default", fallback.map { JSONValue($0) }, if: version.hasIcons)
        case .integer(let minimum, let maximum, let fallback):
            schema["type"] = "integer"
            schema.set("minimum", minimum.map { .integer(Int64($0)) })
            schema.set("maximum", maximum.map { .integer(Int64($0)) })
            schema.set("default", fallback.map { .integer(Int64($0)) }, if: version.hasIcons)
        case .boolean(let fallback):
            schema["type"] = "boolean"
            schema.set("default", fallback.map { .bool($0) })
        case .choice(let options, let style, let fallback):
            schema["type"] = "string"
            let titled = options.contains { $0.title != nil }
            if titled, style == .plain, version.hasIcons {
                schema["oneOf"] = .array(options.map(\.titled))
            } else {
                schema["enum"] = .array(options.map { .string($0.value) })
                if titled { schema["enumNames"] = .array(options.map { .string($0.title ?? $0.value) }) }
            }
            schema.set("default", fallback, if: version.hasIcons)
        case .choices(let options, let minimum, let maximum, let fallback):
            schema["type"] = "array"
            schema.set("minItems", minimum.map { .integer(Int64($0)) })
            schema.set("maxItems", maximum.map { .integer(Int64($0)) })
            if options.contains(where: { $0.title != nil }) {
                schema["items"] = ["anyOf": .array(options.map(\.titled))]
            } else {
                schema["items"] = ["type": "string", "enum": .array(options.map { .string($0.value) })]
            }
            schema.set("default", fallback.map { .array($0.map { .string($0) }) })
        }
        return schema
    }

    init(_ reader: WireReader) throws(WireError) {
        switch try reader.string("type") {
        case "string":
            if let options = try ElicitationForm.Option.list(reader, titledKey: "oneOf") {
                self = .choice(
                    options, style: reader.object["enumNames"] == nil ? .plain : .enumNames,
                    default: try reader.optionalString("default"))
            } else {
                self = .string(
                    minLength: try reader.optionalInt("minLength"), maxLength: try reader.optionalInt("maxLength"),
                    format: try reader.optionalString("format"), default: try reader.optionalString("default"))
            }
        case "number":
            self = .number(
                minimum: try reader.optionalDouble("minimum"), maximum: try reader.optionalDouble("maximum"),
                default: try reader.optionalDouble("default"))
        case "integer":
            self = .integer(
                minimum: try reader.optionalInt("minimum"), maximum: try reader.optionalInt("maximum"),
                default: try reader.optionalInt("default"))
        case "boolean": self = .boolean(default: try reader.optionalBool("default"))
        case "array":
            let options = try ElicitationForm.Option.list(try reader.child("items"), titledKey: "anyOf") ?? []
            self = .choices(
                options, minimum: try reader.optionalInt("minItems"), maximum: try reader.optionalInt("maxItems"),
                default: reader.object["default"] == nil ? nil : try reader.strings("default"))
        case let type: throw WireError("A field of the type '\(type.prefix(50))' is not known")
        }
    }

    /// What the value should be; `nil` when it fits.
    func refusal(of value: JSONValue) -> String? {
        switch self {
        case .string(let minimum, let maximum, _, _):
            guard let text = value.string else { return "a string" }
            let length = text.unicodeScalars.count
            if let minimum, length < minimum { return "at least \(minimum) characters long" }
            if let maximum, length > maximum { return "at most \(maximum) characters long" }
        case .number(let minimum, let maximum, _):
            guard let number = value.double else { return "a number" }
            if let minimum, number < minimum { return "at least \(minimum)" }
            if let maximum, number > maximum { return "at most \(maximum)" }
        case .integer(let minimum, let maximum, _):
            guard let number = value.double, let integer = Int(exactly: number) else { return "an integer" }
            if let minimum, integer < minimum { return "at least \(minimum)" }
            if let maximum, integer > maximum { return "at most \(maximum)" }
        case .boolean: return value.bool == nil ? "true or false" : nil
        case .choice(let options, _, _):
            return options.contains { .string($0.value) == value } ? nil : "one of its choices"
        case .choices(let options, let minimum, let maximum, _):
            guard let chosen = value.array, chosen.allSatisfy({ one in options.contains { .string($0.value) == one } })
            else { return "an array of its choices" }
            if let minimum, chosen.count < minimum { return "at least \(minimum) of its choices" }
            if let maximum, chosen.count > maximum { return "at most \(maximum) of its choices" }
        }
        return nil
    }
}

extension ElicitationForm.Option {
    var titled: JSONValue { ["const": .string(value), "title": .string(title ?? value)] }

    /// The options of `enum` (with `enumNames`) or of titled constants; `nil` when there are none.
    static func list(_ reader: WireReader, titledKey: String) throws(WireError) -> [ElicitationForm.Option]? {
        if reader.object[titledKey] != nil {
            return try reader.elements(titledKey) { option throws(WireError) in
                ElicitationForm.Option(try option.string("const"), title: try option.optionalString("title"))
            }
        }
        guard reader.object["enum"] != nil else { return nil }
        let names = try reader.strings("enumNames")
        return try reader.strings("enum").enumerated().map { position, value in
            ElicitationForm.Option(value, title: names.indices.contains(position) ? names[position] : nil)
        }
    }
}
