internal import MCPProtocol

/// Why a value is not what its key may hold.
struct ValueFailure: Error {
    /// A sentence without the key: what is allowed, and what was found where that is no secret.
    let message: String
    var suggestion: String?
    /// Where, when it is not where the value begins.
    var place: (line: Int, column: Int)?
}

/// Turns text and YAML into values of a kind.
enum ValueReader {
    /// Reads a value from a configuration file.
    ///
    /// - Returns: The value; ``ConfigurationValue/none`` when the key is empty.
    static func read(_ tree: YAMLTree, as kind: ValueKind) throws(ValueFailure) -> ConfigurationValue {
        switch (kind, tree.content) {
        case (_, .empty): return .none
        case (.list(let rule), .list(let elements)):
            var result: [String] = []
            for element in elements {
                guard case .scalar(let text, _) = element.content else {
                    throw ValueFailure(
                        message: "an element of the list must be text; found \(element.kindName)",
                        place: (element.line, element.column))
                }
                do {
                    result.append(try self.text(text, rule))
                } catch {
                    throw ValueFailure(
                        message: error.message, suggestion: error.suggestion, place: (element.line, element.column))
                }
            }
            return .list(result)
        case (.list, .scalar(let text, _)):
            throw ValueFailure(
                message: "expected a list; found text", suggestion: "write [\(PlainText.excerpt(text))]")
        case (.map(let keys), .mapping(let pairs)): return try map(pairs, keys)
        case (.hosts, .list(let elements)): return .hosts(try elements.map(host))
        case (.text, .scalar), (.choice, .scalar), (.secret, .scalar), (.connectionURL, .scalar): break
        // In quotes it is a text, as YAML has it: what looks like a switch shall not be one by accident.
        case (.boolean, .scalar(let text, false)), (.integer, .scalar(let text, false)):
            throw ValueFailure(
                message: "expected \(expectation(kind)); found the text \(PlainText.excerpt(text))",
                suggestion: "write it without quotes")
        case (.boolean, .scalar), (.integer, .scalar), (.size, .scalar), (.duration, .scalar): break
        default: throw ValueFailure(message: "expected \(expectation(kind)); found \(tree.kindName)")
        }
        guard case .scalar(let text, _) = tree.content else { return .none }
        return try read(text, as: kind)
    }

    /// Reads a value from an environment variable or an option.
    static func read(_ text: String, as kind: ValueKind) throws(ValueFailure) -> ConfigurationValue {
        func mismatch(_ suggestion: String? = nil) -> ValueFailure {
            ValueFailure(
                message: "expected \(expectation(kind)); found \(PlainText.excerpt(text))", suggestion: suggestion)
        }
        switch kind {
        case .boolean:
            switch text {
            case "true", "True", "TRUE": return .boolean(true)
            case "false", "False", "FALSE": return .boolean(false)
            case "yes", "on", "1", "Yes", "On", "YES", "ON": throw mismatch("write true")
            case "no", "off", "0", "No", "Off", "NO", "OFF": throw mismatch("write false")
            default: throw mismatch()
            }
        case .integer(let range):
            guard let value = Int(text), text.utf8.first != UInt8(ascii: "+"), range.contains(value) else {
                throw mismatch()
            }
            return .integer(value)
        case .size(let range):
            guard let value = ByteSize.parse(text), range.contains(value) else { throw mismatch() }
            return .size(value)
        case .duration(let range):
            if let value = TimeSpan.parse(text), range.contains(value) { return .duration(value) }
            throw mismatch(Int(text) == nil ? nil : "seconds are written \(text)s")
        case .choice(let choices):
            guard choices.contains(text) else {
                throw mismatch(NearestSpelling.of(text, among: choices).map { "did you mean \($0)?" })
            }
            return .text(text)
        case .text(let rule): return .text(try self.text(text, rule))
        case .secret: return .secret(try secret(text, .literal))
        case .connectionURL:
            do {
                return .url(try ConnectionURL(text))
            } catch {
                throw ValueFailure(message: "not a PostgreSQL URL: \(error.description)")
            }
        case .list, .map, .hosts: return try collection(text, kind)
        }
    }

    /// A secret in one of its forms.
    static func secret(_ text: String, _ form: SecretForm) throws(ValueFailure) -> Secret {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw ValueFailure(message: "expected a text that is not empty")
        }
        switch form {
        case .literal: return text.hasPrefix(Secret.sealedPrefix) ? .sealed(text) : .literal(text)
        case .file: return .file(try self.text(text, .path))
        case .command:
            guard text.utf8.count <= 65536 else { throw ValueFailure(message: "the command is too long") }
            return .command(text)
        }
    }

    /// What a kind accepts, for a message.
    static func expectation(_ kind: ValueKind) -> String {
        switch kind {
        case .boolean: "true or false"
        case .integer(let range):
            range.upperBound == .max
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .size(let range):
            ByteSize.expectation
                + ", from \(ByteSize.format(range.lowerBound)) to \(ByteSize.format(range.upperBound))"
        case .duration(let range):
            TimeSpan.expectation
                + ", from \(TimeSpan.format(range.lowerBound)) to \(TimeSpan.format(range.upperBound))"
        case .text(let rule): expectation(rule)
        case .choice(let choices): "one of " + choices.joined(separator: ", ")
        case .list: "a list, such as [a, b]"
        case .map(let keys): "a mapping with the keys " + keys.joined(separator: ", ")
        case .hosts: "a list of servers, such as [{host: db1, port: 5432}, {host: db2}]"
        case .secret: "text"
        case .connectionURL: "a URL, such as postgresql://reader@db1:5432/shop"
        }
    }
}

// MARK: - Texts

extension ValueReader {
    private static func expectation(_ rule: TextRule) -> String {
        switch rule {
        case .any: "text"
        case .path: "a path"
        case .pathOrSystem: "a path, or system"
        case .address: "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"
        case .webURL: "an https:// or http:// URL"
        case .toolName: "the name of a tool"
        case .function: "schema.name, schema.name(types) or schema.*"
        case .databaseName: "1 to 63 letters, digits, _, . or -"
        case .store: "sqlite, or a postgres:// URL"
        }
    }

    static func text(_ text: String, _ rule: TextRule) throws(ValueFailure) -> String {
        guard text.utf8.count <= 8192 else { throw ValueFailure(message: "the text is longer than 8192 bytes") }
        guard !text.unicodeScalars.contains(where: PlainText.isControl) else {
            throw ValueFailure(message: "control characters are not allowed here; found \(PlainText.excerpt(text))")
        }
        let isRight =
            switch rule {
            case .any, .path, .pathOrSystem: !text.isEmpty
            case .toolName: ToolCatalog.all.contains { $0.name == text }
            case .function: try isFunction(text)
            case .address: isAddress(text)
            case .webURL: ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            case .databaseName: isDatabaseName(text)
            case .store: text == "sqlite" || (try? ConnectionURL(text)) != nil
            }
        guard isRight else {
            // A store's URL may hold a password.
            let found = rule == .store ? "" : "; found \(PlainText.excerpt(text))"
            throw ValueFailure(
                message: "expected \(expectation(rule))\(found)",
                suggestion: rule == .toolName ? ToolCatalog.suggestion(for: text) : nil)
        }
        return text
    }

    /// Whether a text is an entry of `allow_functions`.
    ///
    /// - Throws: Why not.
    private static func isFunction(_ text: String) throws(ValueFailure) -> Bool {
        do {
            _ = try AllowedFunction(text)
            return true
        } catch {
            throw ValueFailure(message: "\(error.description); found \(PlainText.excerpt(text))")
        }
    }

    static func isDatabaseName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard !port.isEmpty, port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), number <= 65535
        else { return false }
        if host.first == "[" { return host.last == "]" && host.utf8.count > 2 && host.contains(":") }
        return !host.isEmpty && !host.contains { $0 == ":" || $0 == "/" || $0 == " " }
    }
}

// MARK: - Collections

extension ValueReader {
    /// A collection in one line: `a, b`, `read=db.read`, `db1:5432, db2`, or YAML in brackets or braces.
    private static func collection(_ text: String, _ kind: ValueKind) throws(ValueFailure) -> ConfigurationValue {
        let first = text.utf8.first { $0 != UInt8(ascii: " ") }
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
            do {
                return try read(try YAMLTree.read(Array(text.utf8)), as: kind)
            } catch let failure as YAMLFailure {
                throw ValueFailure(message: "expected \(expectation(kind)); \(failure.message)")
            } catch let failure as ValueFailure {
                throw ValueFailure(message: failure.message, suggestion: failure.suggestion)
            } catch {
                throw ValueFailure(message: "expected \(expectation(kind))")
            }
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { part in
                let head = part.drop { $0 == " " }
                return String(head[..<(head.lastIndex { $0 != " " }.map(head.index(after:)) ?? head.startIndex)])
            }
        switch kind {
        case .list(let rule):
            var result: [String] = []
            for part in parts { result.append(try self.text(part, rule)) }
            return .list(result)
        case .hosts:
            var result: [HostAddress] = []
            for part in parts { result.append(try host(part)) }
            return .hosts(result)
        case .map(let keys):
            var result: [String: String] = [:]
            for part in parts {
                guard let equals = part.firstIndex(of: "="), keys.contains(String(part[..<equals])) else {
                    throw ValueFailure(message: "expected KEY=VALUE with the keys \(keys.joined(separator: ", "))")
                }
                result[String(part[..<equals])] = try self.text(String(part[part.index(after: equals)...]), .any)
            }
            return .map(result)
        default: return .none
        }
    }

    private static func map(
        _ pairs: [(key: YAMLKey, value: YAMLTree)], _ keys: [String]
    ) throws(ValueFailure) -> ConfigurationValue {
        var result: [String: String] = [:]
        for (key, value) in pairs {
            guard keys.contains(key.name) else {
                throw ValueFailure(
                    message: "unknown key \(PlainText.excerpt(key.name))",
                    suggestion: NearestSpelling.of(key.name, among: keys).map { "did you mean \($0)?" },
                    place: (key.line, key.column))
            }
            guard case .scalar(let text, _) = value.content else {
                throw ValueFailure(
                    message: "\(key.name) must be text; found \(value.kindName)", place: (value.line, value.column))
            }
            result[key.name] = try self.text(text, .any)
        }
        return .map(result)
    }

    /// `HOST` or `HOST:PORT`, with an IPv6 address in brackets when a port follows.
    private static func host(_ text: String) throws(ValueFailure) -> HostAddress {
        let failure = ValueFailure(message: "expected HOST or HOST:PORT; found \(PlainText.excerpt(text))")
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw failure }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return HostAddress(host: try self.hostName(host)) }
            guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65535).contains(port) else { throw failure }
            return HostAddress(host: try hostName(host), port: port)
        }
        guard text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") else {
            return HostAddress(host: try hostName(text))
        }
        guard let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port) else { throw failure }
        return HostAddress(host: try hostName(String(text[..<colon])), port: port)
    }

    private static func host(_ tree: YAMLTree) throws(ValueFailure) -> HostAddress {
        switch tree.content {
        case .scalar(let text, _):
            do {
                return try host(text)
            } catch {
                throw ValueFailure(message: error.message, place: (tree.line, tree.column))
            }
        case .mapping(let pairs):
            var address = HostAddress(host: "")
            for (key, value) in pairs {
                let place = (value.line, value.column)
                switch (key.name, value.content) {
                case ("host", .scalar(let text, _)):
                    do {
                        address.host = try hostName(text)
                    } catch {
                        throw ValueFailure(message: error.message, place: place)
                    }
                case ("port", .empty): break
                case ("port", .scalar(let text, true)):
                    guard let port = Int(text), (1...65535).contains(port) else {
                        throw ValueFailure(
                            message: "expected a port from 1 to 65535; found \(PlainText.excerpt(text))", place: place)
                    }
                    address.port = port
                case ("host", _), ("port", _):
                    throw ValueFailure(
                        message: "expected \(key.name == "host" ? "text" : "a port from 1 to 65535")", place: place)
                default:
                    throw ValueFailure(
                        message: "unknown key \(PlainText.excerpt(key.name)); a server has the keys host and port",
                        suggestion: NearestSpelling.of(key.name, among: ["host", "port"]).map { "did you mean \($0)?" },
                        place: (key.line, key.column))
                }
            }
            guard !address.host.isEmpty else {
                throw ValueFailure(message: "a server needs the key host", place: (tree.line, tree.column))
            }
            return address
        default:
            throw ValueFailure(
                message: "expected a server, such as {host: db1, port: 5432}; found \(tree.kindName)",
                place: (tree.line, tree.column))
        }
    }

    /// A host for libpq, which takes a comma as the end of one.
    private static func hostName(_ text: String) throws(ValueFailure) -> String {
        let name = try self.text(text, .any)
        guard !name.contains(",") else {
            throw ValueFailure(message: "a host has no comma in it; found \(PlainText.excerpt(name))")
        }
        return name
    }
}
