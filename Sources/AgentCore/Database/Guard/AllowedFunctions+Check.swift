internal import MCPProtocol
internal import PGConnector
internal import SQLClassifier

extension Database {
    /// Looks for entries of `allow_functions` that allow nothing in this database: misspelt, of another overload, or for a
    /// function that a read could not run all the same.
    ///
    /// - Returns: A sentence for each.
    /// - Throws: ``QueryFailure`` when the catalog cannot be read.
    public func idleAllowances() async throws(QueryFailure) -> [String] {
        let entries = configuration.allowFunctions
        guard !entries.isEmpty else { return [] }
        var parsed: [(text: String, entry: AllowedFunction)] = []
        var warnings: [String] = []
        for text in entries {
            do throws(AllowedFunction.Malformed) {
                parsed.append((text, try AllowedFunction(text)))
            } catch {
                warnings.append("allow_functions: \(PlainText.excerpt(text)): \(error.description)")
            }
        }
        let schemas = ArrayLiteral.of(Array(Set(parsed.map(\.entry.schema))).sorted())
        let found: FoundFunctions
        do {
            let tables = try await runner.readCatalog(
                [(Self.functionsOfSchemas, [.text(schemas)])], maximumRows: 500_000)
            found = FoundFunctions(tables.first ?? [])
        } catch {
            throw .wrapping(error, sql: "", database: name)
        }
        for (text, entry) in parsed {
            if let why = found.problem(with: entry) {
                warnings.append("allow_functions: \(PlainText.excerpt(text)): \(why)")
            }
        }
        return warnings
    }

    /// Every schema, with the functions of those that `$1` names.
    private static let functionsOfSchemas = """
        SELECT n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes) FROM pg_catalog.pg_namespace AS n \
        LEFT JOIN pg_catalog.pg_proc AS p ON p.pronamespace OPERATOR(pg_catalog.=) n.oid \
        AND n.nspname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])
        """
}

/// The functions of some schemas, by schema and name.
private struct FoundFunctions {
    private var schemas: [String: [String: [String]]] = [:]

    init(_ rows: [PGRow]) {
        for row in rows {
            guard let schema = row.string(0) else { continue }
            guard let name = row.string(1) else {
                schemas[schema] = schemas[schema] ?? [:]
                continue
            }
            let types = (row.string(2) ?? "").split(separator: ", ").joined(separator: ",")
            schemas[schema, default: [:]][name, default: []].append(types)
        }
    }

    /// Why an entry allows nothing; nil when it allows something.
    func problem(with entry: AllowedFunction) -> String? {
        guard let functions = schemas[entry.schema] else {
            return "there is no schema \(PlainText.quoted(entry.schema))" + near(entry.schema, Array(schemas.keys))
        }
        guard let name = entry.name else {
            return functions.isEmpty ? "the schema has no function" : nil
        }
        guard let overloads = functions[name] else {
            return "there is no function \(PlainText.quoted(name)) in the schema \(PlainText.quoted(entry.schema))"
                + near(name, Array(functions.keys))
        }
        if let types = entry.types, !overloads.contains(types) {
            let others = overloads.sorted().prefix(5).map { "\(name)(\($0))" }
            return "there is none with these arguments, but " + PlainText.escaped(others.joined(separator: ", "))
        }
        if entry.schema == "pg_catalog", RefusedFunctions.changing.contains(name) {
            return "a read cannot run it all the same, since its transaction is read-only and is rolled back; "
                + "it needs allow_writes"
        }
        return nil
    }

    private func near(_ name: String, _ names: [String]) -> String {
        NearestSpelling.of(name, among: names.sorted()).map { "; did you mean \(PlainText.quoted($0))?" } ?? ""
    }
}
