/// A function of the database, as far as the policy wants to know it.
struct FunctionOverload: Sendable, Hashable {
    /// `pg_proc.provolatile`; for an aggregate the worst of its support functions.
    enum Volatility: UInt8, Sendable { case immutable, stable, volatile }

    /// The schema.
    let schema: String
    /// The volatility.
    let volatility: Volatility
    /// The fewest arguments of a call, those with a default left out.
    let minimumArguments: Int
    /// The most arguments of a call; `Int.max` when the last one is VARIADIC.
    let maximumArguments: Int
    /// The types of the arguments as `oidvectortypes` prints them, without blanks after the commas.
    let argumentTypes: String
    /// The language's name.
    let language: String
    /// Whether the language is trusted; C and internal are not.
    let isTrusted: Bool
    /// The extension that it belongs to.
    let ofExtension: String?

    /// Whether attribute notation can call it.
    var takesOneArgument: Bool { minimumArguments <= 1 && maximumArguments >= 1 }
}

/// The functions of a database at one time, by name.
///
/// It is used only together with ``fingerprint(of:)``: the server compares the fingerprint in the same round trip, before
/// the query, so a function that was made, replaced or altered meanwhile is noticed before anything runs.
struct FunctionCatalog: Sendable {
    /// What is known under one name.
    struct Entry: Sendable {
        /// Functions that the policy has to look at: all but stable and immutable ones of `pg_catalog` that no list
        /// names, which are the most by far.
        var notable: [FunctionOverload] = []
        /// `oid:xmin:schema` of every function of the name, in the order of the OIDs, with commas between.
        var version = ""
    }

    /// The entries by name.
    let entries: [String: Entry]
    /// `current_schemas(true)` of the session that was asked.
    let searchPath: [String]
    /// `current_schemas(true)` as text, which each query's session has to show too.
    let searchPathText: String
    /// When it was read.
    let loaded: ContinuousClock.Instant

    /// The functions of a name that a call without a schema can reach, or that are in the schema.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - schema: its schema as written, or nil.
    func notable(_ name: String, schema: String?) -> [FunctionOverload] {
        guard let entry = entries[name], !entry.notable.isEmpty else { return [] }
        if let schema { return entry.notable.filter { $0.schema == schema } }
        return entry.notable.filter { searchPath.contains($0.schema) }
    }

    /// What ``fingerprintExpression(parameter:)`` gives on the server while nothing of these names has changed.
    ///
    /// - Parameter names: names, whether known or not; each once.
    func fingerprint(of names: [String]) -> String {
        names.filter { entries[$0] != nil }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .compactMap { entries[$0]?.version }.joined(separator: ",")
    }

    /// The same on the server, for the names in a `text[]` parameter.
    static func fingerprintExpression(parameter: Int) -> String {
        """
        COALESCE((SELECT pg_catalog.string_agg(pg_catalog.concat(p.oid, ':', p.xmin, ':', n.nspname), ',' \
        ORDER BY p.proname, p.oid) FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n \
        ON n.oid OPERATOR(pg_catalog.=) p.pronamespace \
        WHERE p.proname OPERATOR(pg_catalog.=) ANY ($\(parameter)::pg_catalog.name[])), '')
        """
    }

    /// Reads all functions of the database. An aggregate is as volatile as the worst function that it runs.
    static let query = """
        SELECT p.proname, p.oid, p.xmin, n.nspname, \
        CASE WHEN p.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT a.aggfnoid::pg_catalog.oid \
        FROM pg_catalog.pg_aggregate AS a JOIN pg_catalog.pg_proc AS f ON f.oid OPERATOR(pg_catalog.=) \
        ANY (ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, \
        a.aggminvtransfn, a.aggmfinalfn]::pg_catalog.oid[]) WHERE f.provolatile OPERATOR(pg_catalog.=) 'v')) \
        THEN 'v' ELSE p.provolatile::pg_catalog.text END, \
        p.pronargs, p.pronargdefaults, p.provariadic OPERATOR(pg_catalog.<>) 0::pg_catalog.oid, \
        pg_catalog.oidvectortypes(p.proargtypes), l.lanname, l.lanpltrusted, e.extname, \
        'pg_catalog.internal'::pg_catalog.regtype::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (p.proargtypes) \
        FROM pg_catalog.pg_proc AS p \
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace \
        JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang \
        LEFT JOIN pg_catalog.pg_depend AS d ON d.classid OPERATOR(pg_catalog.=) \
        'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid AND d.objid OPERATOR(pg_catalog.=) p.oid \
        AND d.deptype OPERATOR(pg_catalog.=) 'e' \
        LEFT JOIN pg_catalog.pg_extension AS e ON e.oid OPERATOR(pg_catalog.=) d.refobjid \
        ORDER BY p.oid
        """

    /// The search path of the session, as an array and as text.
    static let searchPathQuery = """
        SELECT s.name, pg_catalog.current_schemas(true)::pg_catalog.text \
        FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS s(name, place) ORDER BY s.place
        """
}
