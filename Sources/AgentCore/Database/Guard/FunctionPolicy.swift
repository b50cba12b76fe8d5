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
        }
        guard overload.volatility == .volatile else { return nil }
        if overload.isBuiltin, HarmlessFunctions.builtin.contains(name) { return nil }
        if overload.ofExtension != nil, HarmlessFunctions.ofExtensions.contains(name) { return nil }
        return "is volatile: it may change something"
    }

    /// `ts_rewrite` has a form that takes a query in SQL, and one that takes three values.
    private static func isHarmlessForm(_ name: String, _ overload: FunctionOverload) -> Bool {
        name == "ts_rewrite" && overload.argumentTypes == "tsquery,tsquery,tsquery"
    }
}
