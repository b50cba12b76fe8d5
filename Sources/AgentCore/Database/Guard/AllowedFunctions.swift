/// The database's `allow_functions`, parsed: `schema.name`, `schema.name(types)`, `schema.*`.
struct AllowedFunctions: Sendable {
    private var names: Set<String> = []
    private var signatures: Set<String> = []
    private var schemas: Set<String> = []

    /// - Parameter entries: the entries as configured; a name without a schema is taken to be in `public`.
    init(_ entries: [String]) {
        for entry in entries {
            let text = entry.trimmed()
            if let parenthesis = text.firstIndex(of: "("), text.hasSuffix(")") {
                let name = Self.qualified(String(text[..<parenthesis]).trimmed())
                let types = text[text.index(after: parenthesis)...].dropLast()
                    .split(separator: ",").map { String($0).trimmed() }
                signatures.insert(name + "(" + types.joined(separator: ",") + ")")
            } else if text.hasSuffix(".*") {
                schemas.insert(String(text.dropLast(2)))
            } else {
                names.insert(Self.qualified(text))
            }
        }
    }

    /// Whether nothing is allowed.
    var isEmpty: Bool { names.isEmpty && signatures.isEmpty && schemas.isEmpty }

    /// Whether a function is allowed by an entry.
    ///
    /// `pg_catalog.*` is no entry for the server's own functions: they have to be named one by one.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - overload: the function.
    /// - Returns: whether an entry names it.
    func contains(_ name: String, _ overload: FunctionOverload) -> Bool {
        if isEmpty { return false }
        let qualified = overload.schema + "." + name
        return names.contains(qualified) || signatures.contains(qualified + "(" + overload.argumentTypes + ")")
            || (overload.schema != "pg_catalog" && !overload.isBuiltin && schemas.contains(overload.schema))
    }

    private static func qualified(_ name: String) -> String { name.contains(".") ? name : "public." + name }
}

extension String {
    /// Without blanks at both ends.
    fileprivate func trimmed() -> String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
