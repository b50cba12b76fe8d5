internal import Yams

/// A YAML document as far as configuration needs it: text, lists and mappings, each with its place.
struct YAMLTree: Sendable {
    indirect enum Content: Sendable {
        case empty
        /// A scalar, and whether it was written without quotes.
        case scalar(String, isPlain: Bool)
        case list([YAMLTree])
        case mapping([(key: YAMLKey, value: YAMLTree)])
    }

    let content: Content
    /// From 1.
    let line: Int
    /// From 1, in Unicode scalars.
    let column: Int

    /// Whether it is a text of no length.
    var isEmptyText: Bool {
        if case .scalar("", _) = content { true } else { false }
    }

    /// What was found, for a message: never the contents, which may be a secret.
    var kindName: String {
        switch content {
        case .empty: "nothing"
        case .scalar: "text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// A key of a mapping, with its place.
struct YAMLKey: Sendable {
    let name: String
    let line: Int
    let column: Int
}

/// Why a text is not a YAML document that configuration takes.
struct YAMLFailure: Error {
    let message: String
    let line: Int
    let column: Int
    var suggestion: String?
}

extension YAMLTree {
    /// The longest text that is read.
    static let maximumBytes = 1 << 20
    /// How deeply lists and mappings may stand in each other; the schema needs five levels.
    private static let maximumDepth = 32
    /// How many values a document may have, counted after aliases are expanded.
    private static let maximumNodes = 100_000
    /// How many aliases a text may seem to have. `n` aliases multiply a document by at most 3^(n/3), here 350.
    private static let maximumAliases = 16

    /// Reads the one document in `bytes`.
    ///
    /// - Parameter bytes: UTF-8, perhaps with a byte order mark.
    /// - Returns: The document; an empty one for an empty text.
    /// - Throws: ``YAMLFailure`` with the place.
    static func read(_ bytes: [UInt8]) throws(YAMLFailure) -> YAMLTree {
        // A byte order mark is no part of the text (RFC 3629, section 6), and would shift the first column.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard bytes.count <= maximumBytes else {
            throw YAMLFailure(message: "the text is longer than \(maximumBytes) bytes", line: 1, column: 1)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let place = place(of: firstInvalidByte(bytes), in: bytes)
            throw YAMLFailure(message: "the text is not UTF-8", line: place.line, column: place.column)
        }
        try boundAliases(bytes)
        let node: Node?
        do {
            // Without a resolver's regular expressions, which would run over every scalar, and without looking into the
            // environment for an encoding, which Yams answers by printing on standard output.
            node = try Yams.Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw failure(error, bytes)
        } catch {
            throw YAMLFailure(message: "the text cannot be read as YAML", line: 1, column: 1)
        }
        guard let node else { return YAMLTree(content: .empty, line: 1, column: 1) }
        var budget = maximumNodes
        return try tree(node, depth: 0, budget: &budget)
    }

    private static func tree(_ node: Node, depth: Int, budget: inout Int) throws(YAMLFailure) -> YAMLTree {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        func fail(_ message: String) -> YAMLFailure { YAMLFailure(message: message, line: line, column: column) }
        budget -= 1
        guard budget >= 0 else { throw fail("the document has more than \(maximumNodes) values") }
        guard depth <= maximumDepth else { throw fail("lists and mappings are nested more than \(maximumDepth) deep") }
        let content: Content
        switch node {
        case .scalar(let scalar):
            let tag = scalar.tag.description
            guard ["", "tag:yaml.org,2002:str", "!"].contains(tag) else {
                throw fail("the tag \(PlainText.excerpt(tag)) is not supported")
            }
            let isPlain = scalar.style == .plain && tag.isEmpty
            content =
                isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
                ? .empty : .scalar(scalar.string, isPlain: isPlain)
        case .sequence(let sequence):
            var list: [YAMLTree] = []
            for element in sequence { list.append(try tree(element, depth: depth + 1, budget: &budget)) }
            content = .list(list)
        case .mapping(let mapping):
            var pairs: [(key: YAMLKey, value: YAMLTree)] = []
            for (key, value) in mapping {
                guard case .scalar(let scalar) = key else {
                    throw YAMLFailure(
                        message: "a key must be a word, not a list or a mapping", line: key.mark?.line ?? line,
                        column: key.mark?.column ?? column)
                }
                pairs.append(
                    (
                        YAMLKey(name: scalar.string, line: key.mark?.line ?? line, column: key.mark?.column ?? column),
                        try tree(value, depth: depth + 1, budget: &budget)
                    ))
            }
            content = .mapping(pairs)
        case .alias:
            throw fail("an alias stands here that nothing was anchored for")
        }
        return YAMLTree(content: content, line: line, column: column)
    }

    /// Refuses a text with many aliases before it is parsed, since the parser's own work grows with their expansion.
    ///
    /// What looks like an alias inside a quoted text or a comment counts too; without an anchor none of them is one.
    private static func boundAliases(_ bytes: [UInt8]) throws(YAMLFailure) {
        var hasAnchor = false
        var aliases: [Int] = []
        var before = UInt8(ascii: "\n")
        for (offset, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"),
                before <= 0x20 || ",:[]{}?-".utf8.contains(before), offset + 1 < bytes.count, bytes[offset + 1] > 0x20
            {
                if byte == UInt8(ascii: "&") { hasAnchor = true } else { aliases.append(offset) }
            }
            before = byte
        }
        guard hasAnchor, aliases.count > maximumAliases else { return }
        let place = place(of: aliases[maximumAliases], in: bytes)
        throw YAMLFailure(
            message: "there are more than \(maximumAliases) aliases", line: place.line, column: place.column)
    }
}

// MARK: - Places

extension YAMLTree {
    /// The line and the column, in Unicode scalars, of a byte.
    private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }

    private static func firstInvalidByte(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            offset += UTF8.width(scalar)
        }
        return offset
    }

    /// libyaml's error without the excerpt of the text that Yams would print with it: it may hold a secret.
    private static func failure(_ error: YamlError, _ bytes: [UInt8]) -> YAMLFailure {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            var message = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            var suggestion: String?
            if byte(at: mark, in: bytes) == UInt8(ascii: "\t") {
                suggestion = "indent with spaces, not with tabs"
            } else if let context, context.mark.line != mark.line {
                message += " (begun in line \(context.mark.line))"
            }
            return YAMLFailure(message: message, line: mark.line, column: mark.column, suggestion: suggestion)
        case .reader(let problem, let offset, _, let yaml):
            // Yams counts in characters.
            let bytesBefore = yaml.prefix(offset ?? 0).utf8.count
            let place = place(of: bytesBefore, in: bytes)
            return YAMLFailure(message: problem, line: place.line, column: place.column)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.prefix(5).map { PlainText.excerpt($0) }.joined(separator: ", ")
            return YAMLFailure(
                message: "the key \(names) is given twice in one mapping", line: context.mark.line,
                column: context.mark.column)
        default:
            return YAMLFailure(message: "the text cannot be read as YAML", line: 1, column: 1)
        }
    }

    private static func byte(at mark: Mark, in bytes: [UInt8]) -> UInt8? {
        var line = 1
        var column = 1
        for byte in bytes {
            if line == mark.line, column == mark.column, byte & 0xC0 != 0x80 { return byte }
            guard line <= mark.line else { return nil }
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return nil
    }
}
