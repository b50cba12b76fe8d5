/// Why the statement that opens a read's transaction failed on purpose, so that the read was skipped.
///
/// SQL has no assertion, so each condition divides by, counts with, or takes the logarithm of, a number that is good only when it
/// holds; the SQLSTATE tells which one did not.
enum ConditionFailure: String, Error, CaseIterable {
    /// The transaction is not read-only, or strings are not read as the classifier reads them (22012).
    case notReadOnly = "22012"
    /// Functions or the search path are not what the guard decided by (22003).
    case catalogChanged = "22003"
    /// A setting that holds a credential is visible to this role (2201E).
    case secretSettingVisible = "2201E"

    /// Statistics of columns that hold secrets are visible to this role (2201G).
    case secretStatisticsVisible = "2201G"

    init?(sqlState: String) { self.init(rawValue: sqlState) }

    /// An expression for the two conditions that nearly every query has, since each expression costs the server time: the
    /// smallest integer divided by 0 fails with 22012, and by -1 with 22003.
    static func sessionExpression(readOnly: String, unchanged: String) -> String {
        """
        '-2147483648'::pg_catalog.int4 OPERATOR(pg_catalog./) \
        (CASE WHEN \(readOnly) THEN CASE WHEN \(unchanged) THEN 1 ELSE -1 END ELSE 0 END)
        """
    }

    /// An expression that fails with the case's SQLSTATE unless the condition holds.
    func expression(_ condition: String) -> String {
        switch self {
        case .notReadOnly: "1 OPERATOR(pg_catalog./) (CASE WHEN \(condition) THEN 1 ELSE 0 END)"
        case .catalogChanged: Self.sessionExpression(readOnly: "true", unchanged: condition)
        case .secretSettingVisible: "pg_catalog.ln((CASE WHEN \(condition) THEN 1 ELSE 0 END)::pg_catalog.float8)"
        case .secretStatisticsVisible:
            "pg_catalog.width_bucket(0::pg_catalog.float8, 0, 1, CASE WHEN \(condition) THEN 1 ELSE 0 END)"
        }
    }
}
