internal import SQLClassifier

/// What the body of a function in SQL or PL/pgSQL mentions, by name.
///
/// A body is not parsed: every name is taken for all that it could be. The function's own search path decides where the
/// server finds a name, so a name is matched in every schema.
struct BodyText {
    /// A name, with its schema when it is written.
    struct Name: Hashable {
        var schema: String?
        var name: String
    }

    /// Names before an opening bracket.
    private(set) var calls: Set<Name> = []
    /// Names behind a dot, which attribute notation may call.
    private(set) var attributes: Set<String> = []
    /// Names that may be relations, or types.
    private(set) var names: Set<Name> = []
    /// Those of them that stand where a type does: behind a name, as in a declaration, or in a cast.
    private(set) var types: Set<Name> = []
    /// Operators, also those that keywords stand for.
    private(set) var operators: Set<String> = []
    /// Settings that it reads; nil for one that is not a plain constant.
    private(set) var settings: Set<String?> = []
    /// Whether it runs text as SQL: EXECUTE in any form.
    private(set) var runsText = false
    /// Whether it may run a statement that a function labelled volatile can run, and that does harm though it writes to no
    /// table.
    private(set) var runsUtility = false
    /// Whether it may go on when it is cancelled.
    private(set) var catchesCancellation = false
    /// Whether a row of a relation may be made: `%TYPE`, `%ROWTYPE` and functions that fill a record.
    private(set) var makesRows = false
    /// Names with other letters than ASCII's, and whether they are quoted.
    private(set) var namesBeyondASCII: [(name: String, isQuoted: Bool)] = []
    /// Whether it could not be read to its end.
    private(set) var isFaulty = false

    /// Functions that make a row of a named type out of a document.
    static let fillers: Set<String> = [
        "json_populate_record", "json_populate_recordset", "jsonb_populate_record", "jsonb_populate_recordset",
        "jsonb_populate_record_valid", "populate_record", "json_to_record", "json_to_recordset", "jsonb_to_record",
        "jsonb_to_recordset",
    ]

    /// Functions that make a value of a type given by its OID or by a text.
    static let inputs: Set<String> = [
        "pg_input_is_valid", "pg_input_error_info",
    ]

    /// Words that begin such a statement.
    private static let utilities: Set<String> = [
        "copy", "load", "listen", "unlisten", "notify", "checkpoint", "prepare", "execute", "deallocate", "discard",
        "lock", "reset", "vacuum", "cluster", "reindex", "security", "authorization", "analyze", "analyse",
    ]

    /// Words behind which a statement begins: SET there changes the session, and is no part of an UPDATE.
    private static let beginnings: Set<String> = ["begin", "then", "else", "loop"]

    /// Conditions by which a function of PL/pgSQL catches the end that `statement_timeout` and a cancellation bring.
    private static let cancellations: Set<String> = ["query_canceled", "operator_intervention"]

    /// Settings that change how a text is read.
    private static let lexicalSettings: Set<String> = ["standard_conforming_strings", "backslash_quote"]

    /// Names behind AS.
    private var behindAs: Set<String> = []

    /// Every name, wherever it stands.
    var identifiers: Set<String> {
        attributes.union(names.lazy.map(\.name)).union(calls.lazy.map(\.name))
    }

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - text: the body.
    ///   - isProcedural: whether the language has EXECUTE for text, which SQL does not.
    init(_ text: String, isProcedural: Bool) {
        LexemeReader.read(text) { reader in
            var before: LexemeReader.Lexeme?
            var token = reader.next()
            while let first = token {
                switch first.kind {
                case .operator:
                    let sign = reader.text(of: first)
                    operators.insert(OperatorWords.canonical(sign))
                    if sign == "#=" { makesRows = true }
                    before = first
                    token = reader.next()
                    if sign == "%", let next = token, next.kind == .word {
                        let word = reader.name(of: next)
                        if word == "type" || word == "rowtype" { makesRows = true }
                    }
                case .string:
                    if let before, before.isName, reader.name(of: before) == "sqlstate" {
                        noteCondition(reader.text(of: first))
                    }
                    // What could be a row beside a whole row, (1,a), makes one.
                    if reader.text(of: first).utf8.contains(UInt8(ascii: "(")) { makesRows = true }
                    before = first
                    token = reader.next()
                case .word, .quotedName:
                    token = readName(first, before, &reader, text: text, isProcedural: isProcedural)
                    before = first
                default:
                    before = first
                    token = reader.next()
                }
            }
            isFaulty = isFaulty || reader.isFaulty
        }
        // TREAT(a AS b) calls the server's function of the name b.
        if calls.contains(Name(schema: nil, name: "treat")) {
            for name in behindAs { calls.insert(Name(schema: nil, name: name)) }
        }
    }

    /// Words behind which a name is a relation, and no type.
    private static let relationWords: Set<String> = [
        "from", "join", "only", "lateral", "table", "into", "update", "using",
    ]

    private func standsAsType(_ before: LexemeReader.Lexeme, _ reader: inout LexemeReader) -> Bool {
        switch before.kind {
        case .quotedName: true
        case .word: !Self.relationWords.contains(reader.name(of: before))
        case .other: reader.text(of: before) == "::"
        default: false
        }
    }

    /// WHEN SQLSTATE '57014', or the whole class '57000'; what is written in another way (a literal may go on in the next
    /// line) could be either.
    private mutating func noteCondition(_ literal: String) {
        let isPlain =
            literal.utf8.count == 7 && literal.utf8.first == UInt8(ascii: "'") && literal.utf8.last == UInt8(ascii: "'")
        if !isPlain || literal.hasPrefix("'57") { catchesCancellation = true }
    }

    private func beginsStatement(behind before: LexemeReader.Lexeme?, _ reader: inout LexemeReader) -> Bool {
        guard let before else { return true }
        switch before.kind {
        case .word: return Self.beginnings.contains(reader.name(of: before))
        case .other: return reader.text(of: before) == ";"
        default: return false
        }
    }

    private mutating func note(_ name: String, _ token: LexemeReader.Lexeme) {
        guard name.utf8.contains(where: { $0 >= 0x80 }) else { return }
        namesBeyondASCII.append((name, token.kind == .quotedName))
    }

    /// Reads a name with its qualification, and returns the token behind it.
    private mutating func readName(
        _ first: LexemeReader.Lexeme, _ before: LexemeReader.Lexeme?, _ reader: inout LexemeReader, text: String,
        isProcedural: Bool
    ) -> LexemeReader.Lexeme? {
        var parts = [reader.name(of: first)]
        note(parts[0], first)
        var next = reader.next()
        while next?.kind == .dot {
            next = reader.next()
            guard let part = next, part.isName else { break }
            parts.append(reader.name(of: part))
            note(parts[parts.count - 1], part)
            next = reader.next()
        }
        let last = parts[parts.count - 1]
        let schema = parts.count > 1 ? parts[parts.count - 2] : nil
        let isSelected = before?.kind == .dot
        if first.kind == .word, parts.count == 1, !isSelected {
            if isProcedural, last == "execute" { runsText = true }
            if Self.utilities.contains(last) { runsUtility = true }
            if last == "set", beginsStatement(behind: before, &reader) { runsUtility = true }
            if last == "do", let next, next.kind == .string || (next.isName && reader.name(of: next) == "language") {
                runsUtility = true
            }
            for sign in OperatorWords.implied[last] ?? [] { operators.insert(sign) }
        }
        // PL/pgSQL takes a quoted name for a condition as well.
        if parts.count == 1, !isSelected, Self.cancellations.contains(last) { catchesCancellation = true }
        if let before, before.kind == .word, reader.name(of: before) == "show" {
            // FOR r IN SHOW x, which a function labelled volatile can do.
            settings.insert(last.lowercased() == "all" && parts.count == 1 ? nil : parts.joined(separator: "."))
        }
        if parts.contains(where: { Self.lexicalSettings.contains($0) }) { isFaulty = true }
        if isSelected { attributes.insert(parts[0]) }
        if let before, before.kind == .word, reader.name(of: before) == "as" { behindAs.insert(last) }
        let isCall = next?.kind == .leftParenthesis
        if parts.dropLast(isCall ? 1 : 0).contains("current_setting") { settings.insert(nil) }
        if isCall {
            calls.insert(Name(schema: schema, name: last))
            if Self.fillers.contains(last) { makesRows = true }
            if last == "current_setting" {
                settings.insert(SettingArgument.read(text, at: first.range.lowerBound))
            }
        } else {
            names.insert(Name(schema: schema, name: last))
            if let before, standsAsType(before, &reader) { types.insert(Name(schema: schema, name: last)) }
        }
        if parts.count > 1 {
            for (index, part) in parts.enumerated().dropLast() {
                names.insert(Name(schema: index > 0 ? parts[index - 1] : nil, name: part))
            }
            attributes.formUnion(parts.dropFirst())
        }
        return next
    }
}

/// The operators that PostgreSQL's grammar reads into words (`src/backend/parser/gram.y`, `parse_expr.c`).
enum OperatorWords {
    /// The operators that a keyword stands for, looked up by name like written ones.
    static let implied: [String: [String]] = [
        "like": ["~~", "!~~"], "ilike": ["~~*", "!~~*"], "similar": ["~", "!~"], "in": ["=", "<>"],
        "between": ["<", "<=", ">", ">="], "nullif": ["="], "case": ["="], "distinct": ["="], "using": ["="],
        "natural": ["="], "any": ["="], "all": ["=", "<>"], "some": ["="],
    ]

    /// The scanner turns `!=` into `<>`.
    static func canonical(_ sign: String) -> String { sign == "!=" ? "<>" : sign }
}
