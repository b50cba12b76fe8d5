import AgentTerminal
import MCPProtocol

/// What a line of a chat means.
enum ChatInstruction: Sendable, Hashable {
    /// A question, or SQL where no model answers.
    case words(String)
    case nothing
    /// A command with what stands behind it.
    case command(Name, String)
    /// A command that does not exist, with the nearest one.
    case unknown(String, nearest: String?)

    /// The commands.
    enum Name: String, Sendable, Hashable, CaseIterable {
        case help, databases, use, schema, sql, explain, rows, prompts, model, provider, history, save, export, delete,
            clear, quit

        /// What stands behind it, and what it does.
        var usage: (argument: String, what: String) {
            switch self {
            case .help: ("", "show this")
            case .databases: ("", "the databases, and whether they answer")
            case .use: ("NAME", "work on another database")
            case .schema: ("[TABLE]", "the tables, or the columns of one (* stands for anything)")
            case .sql: ("[SQL]", "run SQL; alone: switch between questions and SQL")
            case .explain: ("SQL", "the plan of a statement, without running it")
            case .rows: ("", "the last result whole, page by page")
            case .prompts: ("[NAME [KEY=VALUE …]]", "the prompts, or ask one")
            case .model: ("[NAME]", "the models, or take another one")
            case .provider: ("", "which service answers")
            case .history: ("[TEXT | NUMBER]", "conversations, or go on with one: its last turns are shown")
            case .save: ("TITLE", "give this conversation a title")
            case .export: ("FILE", "write this conversation to a new file: .md or .json")
            case .delete: ("NUMBER", "delete a conversation of /history for good")
            case .clear: ("", "begin a new conversation")
            case .quit: ("", "leave; so does Ctrl-D")
            }
        }
    }

    /// Reads a line.
    init(_ line: String) {
        let text = Self.trimmed(line)
        guard !text.isEmpty else {
            self = .nothing
            return
        }
        guard text.first == "/", text.dropFirst().first.map({ $0.isLetter }) ?? false else {
            self = .words(text)
            return
        }
        let word = String(text.dropFirst().prefix { !$0.isWhitespace })
        let rest = Self.trimmed(String(text.dropFirst(word.count + 1)))
        if let name = Name(rawValue: word.lowercased()) {
            self = .command(name, rest)
        } else if word.lowercased() == "exit" || word == "q" {
            self = .command(.quit, rest)
        } else {
            self = .unknown(word, nearest: NearestSpelling.of(word.lowercased(), among: Name.allCases.map(\.rawValue)))
        }
    }

    /// What a word before the cursor may become: commands, and names of databases behind `/use`.
    static func complete(_ before: String, databases: [String]) -> LineEditor.Completion? {
        guard before.first == "/" else { return nil }
        if before.hasPrefix("/use ") {
            let typed = String(before.dropFirst(5))
            return .init(start: 5, candidates: databases.filter { $0.hasPrefix(typed) })
        }
        if before.hasPrefix("/export ") || before.contains(" ") { return nil }
        let names = Name.allCases.map { "/" + $0.rawValue }
        return .init(start: 0, candidates: names.filter { $0.hasPrefix(before) })
    }

    /// The help.
    ///
    /// - Parameter columns: How wide the terminal is.
    static func help(width columns: Int) -> [SafeText] {
        let table = Name.allCases.map { name in
            (head: "/\(name.rawValue) \(name.usage.argument)", what: name.usage.what)
        }
        let room = max(20, columns - 1)
        let widest = table.map { DisplayWidth.of($0.head) }.max() ?? 0
        // Where both columns have no room beside each other, one stands under the other.
        let isNarrow = widest + 2 + 20 > room
        let indent = isNarrow ? 4 : widest + 2
        let commands = table.flatMap { line -> [SafeText] in
            let head = SafeText(line.head, .cyan)
            let rest = SafeText.blanks(indent)
            if isNarrow { return [head] + SafeText(line.what).wrapped(to: room, first: rest, rest: rest) }
            return SafeText(line.what).wrapped(to: room, first: head + SafeText.blanks(indent - head.width), rest: rest)
        }
        let keys: [SafeText] = [
            "Return asks; Alt-Return or Ctrl-J begins another line; Tab completes; Ctrl-R searches what was asked before.",
            "Esc or Ctrl-C stops an answer, twice leaves; Ctrl-Z stops the chat, fg goes on.",
        ]
        return commands + keys.flatMap { $0.wrapped(to: room) }
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// SQL that the chat writes itself, for `/schema` and `/explain`; it goes through the guard as all SQL does.
enum ChatSQL {
    /// The tables, or the columns of those that a pattern names; nil for a pattern that is no name.
    static func schema(_ pattern: String) -> String? {
        guard pattern.utf8.count <= 200,
            pattern.unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "_.*- ".unicodeScalars.contains($0)
            })
        else { return nil }
        guard !pattern.isEmpty, pattern != "*" else {
            return """
                SELECT n.nspname AS schema, c.relname AS name,
                    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                        WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END AS kind,
                    CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS "rows (estimate)"
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
                ORDER BY 1, 2
                """
        }
        let parts = pattern.split(separator: ".", maxSplits: 1).map(String.init)
        let schema = parts.count == 2 ? " AND n.nspname LIKE '\(like(parts[0]))'" : ""
        return """
            SELECT n.nspname || '.' || c.relname AS "table", a.attname AS "column",
                pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "not null"
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
                AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'\(schema)
                AND c.relname LIKE '\(like(parts[parts.count - 1]))'
            ORDER BY n.nspname, c.relname, a.attnum
            """
    }

    /// A pattern for LIKE: `*` stands for anything, everything else for itself. It holds no quote and no backslash.
    private static func like(_ pattern: String) -> String {
        String(pattern.map { $0 == "*" ? "%" : $0 })
    }

    /// The plan of a statement.
    static func explain(_ sql: String) -> String { "EXPLAIN " + sql }
}
