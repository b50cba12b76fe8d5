/// What a peer sent does not have the shape of the protocol.
struct WireError: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Reads the members of an object of the wire, with messages that name the place.
struct WireReader {
    let object: JSONObject
    private let path: String

    init(_ object: JSONObject, path: String) {
        self.object = object
        self.path = path
    }

    init(_ value: JSONValue, path: String) throws(WireError) {
        guard let object = value.object else {
            throw WireError("\(path) must be an object, but is \(value.typeName)")
        }
        self.init(object, path: path)
    }

    func string(_ key: String) throws(WireError) -> String {
        guard let text = try optionalString(key) else { throw WireError("\(path).\(key) is missing") }
        return text
    }

    func optionalString(_ key: String) throws(WireError) -> String? {
        guard let value = object[key] else { return nil }
        guard let text = value.string else { throw wrong(key, "a string", value) }
        return text
    }

    func optionalBool(_ key: String) throws(WireError) -> Bool? {
        guard let value = object[key] else { return nil }
        guard let bool = value.bool else { throw wrong(key, "true or false", value) }
        return bool
    }

    func optionalInt(_ key: String) throws(WireError) -> Int? {
        guard let value = object[key] else { return nil }
        guard let int = value.int else { throw wrong(key, "an integer", value) }
        return int
    }

    func optionalDouble(_ key: String) throws(WireError) -> Double? {
        guard let value = object[key] else { return nil }
        guard let double = value.double else { throw wrong(key, "a number", value) }
        return double
    }

    func optionalObject(_ key: String) throws(WireError) -> JSONObject? {
        guard let value = object[key] else { return nil }
        guard let object = value.object else { throw wrong(key, "an object", value) }
        return object
    }

    func child(_ key: String) throws(WireError) -> WireReader {
        guard let value = object[key] else { throw WireError("\(path).\(key) is missing") }
        return try WireReader(value, path: "\(path).\(key)")
    }

    func optionalArray(_ key: String) throws(WireError) -> [JSONValue]? {
        guard let value = object[key] else { return nil }
        guard let array = value.array else { throw wrong(key, "an array", value) }
        return array
    }

    func strings(_ key: String) throws(WireError) -> [String] {
        var texts: [String] = []
        for value in try optionalArray(key) ?? [] {
            guard let text = value.string else { throw wrong(key, "an array of strings", value) }
            texts.append(text)
        }
        return texts
    }

    func stringMap(_ key: String) throws(WireError) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in try optionalObject(key) ?? [:] {
            guard let text = value.string else { throw wrong("\(key).\(name.prefix(100))", "a string", value) }
            texts[name] = text
        }
        return texts
    }

    /// The elements of an array that has to be there.
    func elements<Element>(
        _ key: String, _ read: (WireReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        guard let array = try optionalArray(key) else { throw WireError("\(path).\(key) is missing") }
        var elements: [Element] = []
        for (position, value) in array.enumerated() {
            elements.append(try read(try WireReader(value, path: "\(path).\(key)[\(position)]")))
        }
        return elements
    }

    private func wrong(_ key: String, _ expected: String, _ found: JSONValue) -> WireError {
        WireError("\(path).\(key) must be \(expected), but is \(found.typeName)")
    }
}
