internal import SQLClassifier

/// The database's `allow_functions`, parsed: `schema.name`, `schema.name(types)`, `schema.*`.
struct AllowedFunctions: Sendable {
    /// Bytes and not strings: Swift takes canonically equivalent texts for one, the server for two.
    private var names: Set<[UInt8]> = []
    private var signatures: Set<[UInt8]> = []
    private var schemas: Set<[UInt8]> = []

    /// - Parameter entries: the entries as configured; what is no entry allows nothing.
    init(_ entries: [String]) {
        for text in entries {
            guard let entry = try? AllowedFunction(text) else { continue }
            switch (entry.name, entry.types) {
            case (nil, _): schemas.insert(Array(entry.schema.utf8))
            case (let name?, nil): names.insert(Self.key(entry.schema, name))
            case (let name?, let types?): signatures.insert(Self.key(entry.schema, name, types))
            }
        }
    }

    /// Whether nothing is allowed.
    var isEmpty: Bool { names.isEmpty && signatures.isEmpty && schemas.isEmpty }

    /// Whether a function is allowed by an entry.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - overload: the function.
    /// - Returns: whether an entry names it.
    func contains(_ name: String, _ overload: FunctionOverload) -> Bool {
        if isEmpty { return false }
        return names.contains(Self.key(overload.schema, name))
            || signatures.contains(Self.key(overload.schema, name, overload.argumentTypes))
            || (overload.schema != "pg_catalog" && !overload.isBuiltin
                && schemas.contains(Array(overload.schema.utf8)))
    }

    /// No other pair of names has the same.
    private static func key(_ schema: String, _ name: String, _ types: String? = nil) -> [UInt8] {
        Array((Identifier.quote(schema) + "." + Identifier.quote(name) + (types.map { "(\($0))" } ?? "")).utf8)
    }

    /// The line of the configuration that allows a function, as YAML.
    ///
    /// - Parameter entry: the function: `public.f`.
    static func setting(_ entry: String) -> String {
        let isPlain = entry.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"):
                true
            default: false
            }
        }
        let text =
            isPlain
            ? entry : "'" + entry.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        return "allow_functions: [\(text)]"
    }
}
