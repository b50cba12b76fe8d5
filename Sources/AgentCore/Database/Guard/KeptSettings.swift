internal import SQLClassifier

/// Whether a statement can read the column in which `pg_roles`, `pg_user` or `pg_db_role_setting` shows settings.
///
/// Decided by the text, without knowing what else it reads: the column by its name, `*`, `TABLE`, a NATURAL join, a list of
/// names for the columns, and anything that could be a whole row count as reading it.
enum KeptSettings {
    /// The relations, with the columns that show nothing of settings.
    private static let harmless: [String: Set<String>] = [
        "pg_roles": [
            "oid", "rolname", "rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication",
            "rolconnlimit", "rolpassword", "rolvaliduntil", "rolbypassrls",
        ],
        "pg_user": [
            "usename", "usesysid", "usecreatedb", "usesuper", "userepl", "usebypassrls", "passwd", "valuntil",
        ],
        "pg_db_role_setting": ["setdatabase", "setrole"],
    ]

    /// The columns that show them, and words that take all columns.
    private static let telling: Set<String> = ["rolconfig", "useconfig", "setconfig", "table", "natural"]

    /// Words that stand behind a relation and give it no other name.
    private static let clauses: Set<String> = [
        "where", "join", "left", "right", "full", "inner", "cross", "on", "using", "group", "order", "having", "limit",
        "offset", "fetch", "window", "union", "intersect", "except", "for", "tablesample",
    ]

    /// The longest text that is looked at; a longer one is taken to read them.
    private static let longest = 65_536

    /// Whether a relation is one of them.
    static func shows(_ schema: String, _ name: String) -> Bool { schema == "pg_catalog" && harmless[name] != nil }

    /// Whether a statement can read the column of one of them that it names.
    static func areRead(by statement: Statement, _ sql: String) -> Bool {
        let mentions = statement.functions.count + statement.relations.count + statement.types.count
        // A statement with very many names does not list each mention.
        guard mentions < 200, sql.utf8.count <= longest else { return true }
        let places = Set(
            statement.relations.filter { harmless[$0.name.name] != nil }.map(\.location.offset))
        guard !places.isEmpty else { return false }
        return LexemeReader.read(sql) { reader in
            var tokens: [Token] = []
            while let lexeme = reader.next() {
                let isName = lexeme.isName
                tokens.append(
                    Token(
                        text: isName ? reader.name(of: lexeme) : reader.text(of: lexeme), isName: isName,
                        isWord: lexeme.kind == .word, start: lexeme.range.lowerBound))
            }
            return reader.isFaulty || Reading(tokens, places).isReading
        }
    }

    private struct Token {
        let text: String
        let isName: Bool
        let isWord: Bool
        let start: Int
    }

    /// One look at the tokens.
    private struct Reading {
        private let tokens: [Token]
        /// By the names under which rows of the relations go, the columns that may be read.
        private var names: [String: Set<String>] = [:]
        /// Tokens that give or are such a name where the relation stands.
        private var given: Set<Int> = []
        private(set) var isReading = false

        init(_ tokens: [Token], _ places: Set<Int>) {
            self.tokens = tokens
            isReading = takesAll() || nameRelations(places) || namesJoin() || usesRows()
        }

        private func text(_ index: Int) -> String { tokens.indices.contains(index) ? tokens[index].text : "" }

        /// `*` but in `count(*)`, and the words that tell.
        private func takesAll() -> Bool {
            tokens.indices.contains { index in
                let token = tokens[index]
                if token.isName { return KeptSettings.telling.contains(token.text) }
                guard token.text.hasPrefix("*") else { return false }
                return !(token.text == "*" && text(index - 1) == "(" && text(index + 1) == ")")
            }
        }

        /// Finds the names of the relations; tells whether one is named with its columns.
        private mutating func nameRelations(_ places: Set<Int>) -> Bool {
            for start in tokens.indices where places.contains(tokens[start].start) {
                var end = start
                given.insert(end)
                while text(end + 1) == ".", tokens.indices.contains(end + 2), tokens[end + 2].isName {
                    end += 2
                    given.insert(end)
                }
                guard let columns = KeptSettings.harmless[tokens[end].text] else { return true }
                var next = end + 1
                let saysAs = tokens.indices.contains(next) && tokens[next].isWord && tokens[next].text == "as"
                if saysAs { next += 1 }
                var name = tokens[end].text
                if tokens.indices.contains(next), tokens[next].isName,
                    saysAs || !tokens[next].isWord || !KeptSettings.clauses.contains(tokens[next].text)
                {
                    name = tokens[next].text
                    given.insert(next)
                    next += 1
                }
                if text(next) == "(" { return true }
                names[name] = names[name].map { $0.intersection(columns) } ?? columns
            }
            return false
        }

        /// Whether brackets that are no query and hold one of the relations have a name: that of a row of the join.
        private func namesJoin() -> Bool {
            var open: [(isQuery: Bool, holds: Bool)] = []
            for index in tokens.indices {
                if given.contains(index), !open.isEmpty { open[open.count - 1].holds = true }
                if text(index) == "(", !tokens[index].isName {
                    open.append((["select", "with", "values"].contains(text(index + 1)), false))
                } else if text(index) == ")", !tokens[index].isName, let closed = open.popLast(), closed.holds {
                    let next = index + 1
                    let isNamed =
                        tokens.indices.contains(next) && tokens[next].isName
                        && !(tokens[next].isWord && KeptSettings.clauses.contains(tokens[next].text))
                    if isNamed, !closed.isQuery { return true }
                    if !open.isEmpty, !closed.isQuery { open[open.count - 1].holds = true }
                }
            }
            return false
        }

        /// Whether such a name stands where it could mean a whole row: alone, or before what is no known column, which may be
        /// a function of the row.
        private func usesRows() -> Bool {
            tokens.indices.contains { index in
                guard tokens[index].isName, !given.contains(index), let columns = names[tokens[index].text] else {
                    return false
                }
                if text(index + 1) == "." { return !columns.contains(text(index + 2)) || text(index + 3) == "(" }
                return text(index - 1) != "."
            }
        }
    }
}
