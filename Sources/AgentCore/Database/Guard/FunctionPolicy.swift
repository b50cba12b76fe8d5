internal import SQLClassifier

/// Decides which functions a read may call, by what the catalog says of each by itself; what it calls in turn is the
/// business of ``PolicyLoader``.
enum FunctionPolicy {
    /// Why a function may not be called; nil when it may, as far as its name, its label and its owner tell.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - overload: the function.
    static func refusal(of name: String, _ overload: FunctionOverload) -> String? {
        if overload.isBuiltin || overload.ofExtension != nil {
            if let why = RefusedFunctions.why[name], !isHarmlessForm(name, overload) { return why }
            if let symbol = overload.symbol, let why = RefusedFunctions.symbols[symbol],
                !isHarmlessForm(symbol, overload)
            {
                return why
            }
        }
        guard overload.volatility == .volatile else { return nil }
        if overload.ofExtension != nil, overload.symbol != nil, isHarmlessForm(name, overload) { return nil }
        if overload.isBuiltin, HarmlessFunctions.builtin.contains(name) { return nil }
        if overload.ofExtension != nil, overload.symbol != nil, HarmlessFunctions.ofExtensions.contains(name) {
            return nil
        }
        // In SQL, over its namesake in C. Only a superuser installs that extension, so nobody else can put a body into it.
        if overload.ofExtension == "pg_freespacemap", name == "pg_freespace" { return nil }
        return "is volatile: it may change something"
    }

    /// What allows a function that ``refusal(of:_:)`` refuses.
    ///
    /// - Parameters:
    ///   - name: the function's name.
    ///   - overload: the function.
    ///   - setting: the entry of `allow_functions` that names it.
    static func remedy(of name: String, _ overload: FunctionOverload, setting: String) -> String {
        if overload.isBuiltin || overload.ofExtension != nil, RefusedFunctions.changing.contains(name) {
            return RefusedFunctions.remedyOfChanging
        }
        // What it does is not known: it may only be labelled so.
        if !overload.isBuiltin, overload.ofExtension == nil {
            return "\(setting), to run in a read-only transaction; if it writes, allow_writes and a person's approval"
        }
        return setting
    }

    /// Names of which one form does nothing that the others are refused for.
    private static func isHarmlessForm(_ name: String, _ overload: FunctionOverload) -> Bool {
        switch name {
        // One takes a query in SQL, the other three values.
        case "ts_rewrite": overload.argumentTypes == "tsquery,tsquery,tsquery"
        // Without an argument it tells the mode that the other sets for the session.
        case "isn_weak": overload.argumentTypes.isEmpty
        // The others make the entries of the index anew, with its expressions.
        case "bt_index_check": overload.argumentTypes == "regclass"
        default: false
        }
    }
}
