internal import SQLClassifier

/// One entry of `allow_functions`. Names follow SQL's rule: folded to small letters unless they stand in double quotes.
struct AllowedFunction: Sendable, Hashable {
    /// The schema; `public` when the entry names none.
    let schema: String
    /// The function's name; nil for every function of the schema.
    let name: String?
    /// The types of its arguments as `oidvectortypes` prints them, without blanks after the commas; nil for any.
    let types: String?

    /// Why a text is no entry, as the end of a sentence.
    struct Malformed: Error {
        let description: String
    }

    /// Reads an entry.
    ///
    /// - Parameter text: the entry as it is configured.
    init(_ text: String) throws(Malformed) {
        var rest = Self.trimmed(text[...])
        let first = try Self.name(&rest)
        guard rest.first == "." else {
            (schema, name, types) = ("public", first, try Self.types(rest))
            return
        }
        schema = first
        rest.removeFirst()
        if rest == "*" {
            guard schema != "pg_catalog" else {
                throw Malformed(description: "the server's own functions are allowed one by one, not by pg_catalog.*")
            }
            (name, types) = (nil, nil)
            return
        }
        name = try Self.name(&rest)
        guard rest.first != "." else {
            throw Malformed(description: "a function is schema.name, without a database before it")
        }
        types = try Self.types(rest)
    }

    /// A name at the beginning of what is left.
    private static func name(_ rest: inout Substring) throws(Malformed) -> String {
        if rest.first == "\"" {
            var name = ""
            var index = rest.index(after: rest.startIndex)
            while index < rest.endIndex {
                let next = rest.index(after: index)
                if rest[index] == "\"" {
                    guard next < rest.endIndex, rest[next] == "\"" else {
                        rest = rest[next...]
                        guard !name.isEmpty else { throw Malformed(description: "a name is empty") }
                        return name
                    }
                    index = next
                }
                name.append(rest[index])
                index = rest.index(after: index)
            }
            throw Malformed(description: "a name in double quotes does not end")
        }
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
        guard let first = name.first, !first.isNumber, first != "$" else {
            throw Malformed(
                description: "expected schema.name, schema.name(types) or schema.*; a name with other characters than "
                    + "letters, digits, _ and $ stands in double quotes")
        }
        rest = rest[name.endIndex...]
        return Identifier.fold(String(name))
    }

    /// The types in brackets, which may be absent.
    private static func types(_ rest: Substring) throws(Malformed) -> String? {
        let rest = trimmed(rest)
        guard !rest.isEmpty else { return nil }
        guard rest.first == "(" else {
            throw Malformed(
                description: "expected schema.name, schema.name(types) or schema.*; a name with other characters than "
                    + "letters, digits, _ and $ stands in double quotes")
        }
        guard rest.last == ")" else {
            throw Malformed(
                description: "the bracket does not close; in a list an entry with a comma stands in quotes: "
                    + "['public.f(integer,text)']")
        }
        return rest.dropFirst().dropLast().split(separator: ",").map(type).joined(separator: ",")
    }

    /// A type as the server prints it.
    private static func type(_ text: Substring) -> String {
        var name = trimmed(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if !name.contains("\"") { name = Identifier.fold(name) }
        if name.hasPrefix("pg_catalog.") { name.removeFirst("pg_catalog.".count) }
        var suffix = ""
        while name.hasSuffix("[]") {
            name.removeLast(2)
            // The server knows no dimensions of the type of an argument.
            suffix = "[]"
        }
        return (aliases[name] ?? name) + suffix
    }

    /// Other spellings of the server's types (`src/backend/parser/gram.y`, `format_type.c`).
    private static let aliases = [
        "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
        "float8": "double precision", "float": "double precision", "float4": "real", "decimal": "numeric",
        "varchar": "character varying", "char": "character", "bpchar": "character", "varbit": "bit varying",
        "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone",
        "timetz": "time with time zone", "time": "time without time zone",
    ]

    /// Without blanks at both ends.
    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
