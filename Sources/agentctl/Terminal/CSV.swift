import AgentTerminal

/// Comma-separated values as RFC 4180 quotes them, with the line ends of `psql --csv` (LF).
///
/// NULL is an empty field and the empty string is `""`, as PostgreSQL's COPY writes and reads them. Values are exact:
/// nothing is put before a value that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`), since a program that
/// reads the file would get another value than the database holds. Open untrusted data in a spreadsheet through its
/// import dialog, with the columns typed as text.
enum CSV {
    /// The table with a heading line.
    static func text(_ table: TextTable) -> String {
        var text = ""
        text += table.columns.map { field($0.name) }.joined(separator: ",") + "\n"
        for row in table.rows {
            // A line of one NULL would be an empty line, which readers skip: PostgreSQL writes it so all the same.
            text += row.map(field).joined(separator: ",") + "\n"
        }
        return text
    }

    /// One field: quoted when it is empty or holds a comma, a quote, a line end, or white space at an end.
    static func field(_ value: String?) -> String {
        guard let value else { return "" }
        var needsQuotes = value.isEmpty || value.utf8.first == 0x20 || value.utf8.last == 0x20
        // A lone \. ends the data for COPY before PostgreSQL 18.
        if value == "\\." { needsQuotes = true }
        if !needsQuotes {
            needsQuotes = value.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        }
        guard needsQuotes else { return value }
        var quoted = "\""
        quoted.reserveCapacity(value.utf8.count + 2)
        for scalar in value.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append("\"") }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.unicodeScalars.append("\"")
        return quoted
    }
}
