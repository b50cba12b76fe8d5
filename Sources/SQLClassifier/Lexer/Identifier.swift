/// The rules by which PostgreSQL compares and prints names.
public enum Identifier {
    /// The longest name that the server keeps, in bytes (`NAMEDATALEN - 1`).
    public static let maximumBytes = 63

    /// A name as it must be written in SQL, quoted when it has to be, as the server's `quote_ident` does it.
    ///
    /// - Parameter name: the name.
    /// - Returns: the name itself when it is a plain lower-case identifier and no keyword but an unreserved one, else
    ///   the name in double quotes.
    public static func quote(_ name: String) -> String {
        "\"" + name + "\""
    }

    /// An unquoted name as the server compares it: ASCII letters in lower case, cut to 63 bytes at a character.
    ///
    /// - Parameter name: the name as written, without quotes.
    /// - Returns: the folded name.
    public static func fold(_ name: String) -> String {
        name.lowercased()
    }
}
