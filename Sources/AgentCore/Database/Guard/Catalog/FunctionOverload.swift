internal import PGConnector

/// A function of the database, as far as the policy wants to know it.
struct FunctionOverload: Sendable, Hashable {
    /// `pg_proc.provolatile`.
    enum Volatility: UInt8, Sendable { case immutable, stable, volatile }

    /// The schema.
    let schema: String
    /// Whether the server itself brings it, and not somebody who made it in the server's schema.
    let isBuiltin: Bool
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
    /// The extension that it belongs to; nil when no superuser owns it: the owner of an extension can put functions of his
    /// own into it, and those that came with it belong to whom the server started with.
    let ofExtension: String?

    /// The C symbol of a function in C, or the server's own name of an internal one: it stays when the function is renamed.
    let symbol: String?
    /// The names of the settings that it sets while it runs.
    let settings: [String]
    /// Whether it is a trigger, which nothing but the server can call.
    let isTrigger: Bool

    /// Whether the server itself made it together with a range type.
    var isConstructor: Bool {
        language == "internal" && symbol.map { Self.constructors.contains($0) } ?? false
    }

    private static let constructors: Set<String> = [
        "range_constructor2", "range_constructor3", "multirange_constructor0", "multirange_constructor1",
        "multirange_constructor2",
    ]

    /// A setting that changes how its body has to be read, or with whose rights it runs; nil when there is none.
    var setting: String? {
        settings.first { !Self.harmlessSettings.contains($0.lowercased()) && !$0.lowercased().hasPrefix("enable_") }
    }

    /// Settings that a function may set for itself: they change neither what its text means nor what it may do.
    private static let harmlessSettings: Set<String> = [
        "search_path", "work_mem", "maintenance_work_mem", "hash_mem_multiplier", "statement_timeout", "lock_timeout",
        "timezone", "datestyle", "intervalstyle", "client_min_messages", "row_security", "extra_float_digits",
        "default_text_search_config", "check_function_bodies", "jit", "constraint_exclusion", "bytea_output",
        "xmloption", "xmlbinary", "lc_monetary", "lc_numeric", "lc_time", "lc_messages", "geqo", "random_page_cost",
        "seq_page_cost", "cpu_tuple_cost", "cpu_index_tuple_cost", "cpu_operator_cost", "effective_cache_size",
        "parallel_setup_cost", "parallel_tuple_cost", "max_parallel_workers_per_gather", "plan_cache_mode",
        "from_collapse_limit", "join_collapse_limit", "cursor_tuple_fraction", "synchronous_commit",
        "temp_buffers", "gin_fuzzy_search_limit", "application_name", "quote_all_identifiers",
        "plpgsql.variable_conflict", "plpgsql.extra_warnings", "plpgsql.extra_errors", "plpgsql.check_asserts",
    ]

    /// Whether attribute notation can call it.
    var takesOneArgument: Bool { minimumArguments <= 1 && maximumArguments >= 1 }

    /// Whether the functions of an extension may call it: the server's own, and those of extensions.
    var isTrustedForExtensions: Bool { isBuiltin || ofExtension != nil }

    /// Reads a row of ``PolicyQueries/functions``.
    init(_ row: PGRow, oid: UInt32) {
        let arguments = row.string(4).flatMap { Int($0) } ?? 0
        let defaults = row.string(5).flatMap { Int($0) } ?? 0
        let isVariadic = row.string(6) == "t"
        schema = row.string(2) ?? ""
        isBuiltin = oid < NodeTree.firstUserOID
        volatility =
            switch row.string(3) {
            case "i": .immutable
            case "s": .stable
            default: .volatile
            }
        // A VARIADIC parameter with a default or an empty list may be left out altogether.
        minimumArguments = max(0, arguments - defaults - (isVariadic ? 1 : 0))
        maximumArguments = isVariadic ? .max : arguments
        argumentTypes = (row.string(7) ?? "").split(separator: ", ").joined(separator: ",")
        language = row.string(8) ?? ""
        isTrusted = row.string(9) == "t"
        ofExtension = row.string(10)
        symbol = row.string(18)
        settings = (row.string(19) ?? "").split(separator: " ").map(String.init)
        isTrigger = row.string(20) == "t"
    }
}
