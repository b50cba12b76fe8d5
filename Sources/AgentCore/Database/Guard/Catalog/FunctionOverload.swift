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
    /// The extension that it belongs to.
    let ofExtension: String?

    /// The C symbol of a function in C, or the server's own name of an internal one: it stays when the function is renamed.
    let symbol: String?

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
    }
}
