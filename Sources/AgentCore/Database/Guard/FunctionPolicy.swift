internal import SQLClassifier

/// Decides which functions a read may call.
///
/// This is the plain policy: it looks at the names in the statement. What a view, an operator, a cast or a domain calls in
/// turn is not looked at here. A name that the catalog does not know is no reason to refuse: it may be a word of the
/// grammar (`coalesce`), and the server confirms in the same round trip that no function of the name has come to be.
struct FunctionPolicy: Sendable {
    /// The most names that are looked up for one statement; the server looks each up too. A table has at most 1,600
    /// columns, so that a statement with more was not written to be read.
    static let maximumNames = 10_000

    /// The database's `allow_functions`.
    let allowed: AllowedFunctions

    /// What the policy found about the functions of a statement.
    struct Finding: Sendable {
        /// The first refused function.
        var refused: QueryFailure.RefusedName?
        /// Whether an entry of `allow_functions` let one through: the session is not trusted to be clean after that.
        var usedAllowance = false
        /// Every name that was looked up, each once: the server has to confirm what the catalog says of them.
        var names: [String] = []
    }

    /// Looks at every function that a statement mentions.
    ///
    /// - Parameters:
    ///   - mentions: calls, and names that may be calls by attribute notation.
    ///   - catalog: the functions of the database.
    func examine(_ mentions: [Mention], in catalog: FunctionCatalog) -> Finding {
        var finding = Finding()
        var seen: Set<String> = []
        for mention in mentions {
            if mention.kind == .attribute {
                // Any part may be the one that the server tries as a function: in (x).f.g both are.
                for part in mention.name.parts {
                    if seen.insert(part).inserted { finding.names.append(part) }
                    judge(part, schema: nil, mention, catalog, &finding) { $0.takesOneArgument }
                }
            } else {
                let name = mention.name.name
                if seen.insert(name).inserted { finding.names.append(name) }
                judge(name, schema: mention.name.schema, mention, catalog, &finding) { _ in true }
            }
        }
        return finding
    }

    private func judge(
        _ name: String, schema: String?, _ mention: Mention, _ catalog: FunctionCatalog, _ finding: inout Finding,
        where applies: (FunctionOverload) -> Bool
    ) {
        if finding.refused != nil { return }
        // A session's temporary schema has many names, and nothing that a read could want to call.
        if let schema, schema.hasPrefix("pg_temp") {
            finding.refused = QueryFailure.RefusedName(
                name: mention.name.description, why: "belongs to a temporary schema", location: mention.location,
                remedy: nil)
            return
        }
        for overload in catalog.notable(name, schema: schema) where applies(overload) {
            guard let why = Self.refusal(of: name, overload) else { continue }
            if allowed.contains(name, overload) {
                finding.usedAllowance = true
                continue
            }
            let qualified = "\(Identifier.quote(overload.schema)).\(Identifier.quote(name))"
            let note = mention.kind == .attribute ? " (attribute notation can call it)" : ""
            finding.refused = QueryFailure.RefusedName(
                name: "\(qualified)(\(overload.argumentTypes))\(note)", why: why, location: mention.location,
                remedy: "allow_functions: [\(qualified)]")
            return
        }
    }

    /// Why a function may not be called; nil when it may.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - overload: the function.
    static func refusal(of name: String, _ overload: FunctionOverload) -> String? {
        let isBuiltin = overload.schema == "pg_catalog"
        if isBuiltin || overload.ofExtension != nil {
            if let why = RefusedFunctions.why[name] { return why }
        }
        guard overload.volatility == .volatile else { return nil }
        if isBuiltin, HarmlessFunctions.builtin.contains(name) { return nil }
        if overload.ofExtension != nil, HarmlessFunctions.ofExtensions.contains(name) { return nil }
        return "is volatile: it may change something"
    }

    /// Whether the policy has anything to say about a function of `pg_catalog`: those alone are kept in the catalog.
    static func isNotable(_ name: String, _ overload: FunctionOverload) -> Bool {
        overload.schema != "pg_catalog" || overload.volatility == .volatile || RefusedFunctions.why[name] != nil
    }
}
