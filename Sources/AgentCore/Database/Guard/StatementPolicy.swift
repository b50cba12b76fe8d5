internal import SQLClassifier

/// Decides whether a statement can reach anything of the database that the guard refuses.
///
/// A name that the catalog does not know is no reason to refuse: it may be a word of the grammar (`coalesce`), and the
/// server confirms in the same round trip that nothing of the name has come to be.
struct StatementPolicy {
    /// What the policy found.
    struct Finding {
        /// The first refusal.
        var failure: QueryFailure?
        /// All that may happen when the statement runs.
        var hazards: Hazards = []
    }

    /// The most different names of functions in one statement. A table has at most 1,600 columns, so that a statement
    /// with more was not written to be read.
    static let maximumNames = 10_000

    /// How many arguments the harmless form of a function has.
    private static let harmlessCounts = ["ts_rewrite": 3, "isn_weak": 0, "bt_index_check": 1]

    let catalog: PolicyCatalog
    let statement: Statement
    let sql: String
    var finding = Finding()

    init(_ catalog: PolicyCatalog, _ statement: Statement, sql: String) {
        self.catalog = catalog
        self.statement = statement
        self.sql = sql
    }

    /// Looks at everything that the statement mentions.
    static func examine(_ statement: Statement, sql: String, in catalog: PolicyCatalog) -> Finding {
        var policy = StatementPolicy(catalog, statement, sql: sql)
        policy.examineAll()
        return policy.finding
    }

    private mutating func examineAll() {
        examineNames()
        for mention in statement.functions where finding.failure == nil { examineFunction(mention) }
        for mention in statement.relations where finding.failure == nil { examineRelation(mention) }
        if finding.failure == nil, !catalog.types.isEmpty { examineTypes() }
        if finding.failure == nil, finding.hazards.contains(.holdsChecked) { examineMakers() }
        let wantsTokens = !catalog.operators.isEmpty || !catalog.casts.isEmpty
        if finding.failure == nil, wantsTokens { examineTokens() }
        if finding.failure == nil, let unseen = catalog.everywhere, mentionsSomething {
            refuse(unseen, "applies by itself and could be anywhere")
        }
        if finding.failure == nil, finding.hazards.contains(.anyArrays), let unseen = catalog.inArrays {
            refuse(unseen, "could apply to an array of any type")
        }
    }

    private mutating func examineNames() {
        guard let (name, location) = catalog.encoding.firstUncertain(in: sql) else { return }
        finding.failure = .refusedObject(
            "the name",
            QueryFailure.RefusedName(
                name: name, why: "could be another one to the server, whose encoding is not UTF-8",
                location: location, remedy: nil), sql: sql)
    }

    private mutating func refuse(_ unseen: PolicyCatalog.Unseen, _ words: String) {
        finding.hazards.formUnion(unseen.entry.hazards)
        finding.failure = .refusedObject(
            unseen.noun,
            QueryFailure.RefusedName(
                name: unseen.entry.title, why: "\(words): it \(unseen.entry.why)",
                location: SourceLocation(offset: 0, line: 1, column: 1), remedy: unseen.entry.remedy), sql: sql)
    }

    /// Whether each call of a name is listed: a statement that mentions very many lists a repeated one once.
    private var listsEveryCall: Bool {
        statement.functions.count + statement.relations.count + statement.types.count + statement.settings.count < 250
    }

    private var mentionsSomething: Bool {
        !statement.functions.isEmpty || !statement.relations.isEmpty || !statement.types.isEmpty
    }

    // MARK: Functions

    private mutating func examineFunction(_ mention: Mention) {
        if mention.kind == .attribute {
            // Any part may be the one that the server tries as a function: in (x).f.g both are.
            for part in mention.name.parts {
                judge(part, schema: nil, mention) { $0.takesOneArgument }
            }
            return
        }
        // A session's temporary schema has many names, and nothing that a read could want to call.
        if let schema = mention.name.schema, schema.hasPrefix("pg_temp") {
            refuseFunction(
                mention.name.description, why: "belongs to a temporary schema", at: mention.location, remedy: nil)
            return
        }
        // Of these the number of arguments tells a harmless form from the other.
        if let wanted = Self.harmlessCounts[mention.name.name], listsEveryCall,
            SettingArgument.argumentCount(sql, at: mention.location.offset) == wanted
        {
            judge(mention.name.name, schema: mention.name.schema, mention) {
                $0.minimumArguments <= wanted && wanted <= $0.maximumArguments
            }
            return
        }
        judge(mention.name.name, schema: mention.name.schema, mention) { _ in true }
    }

    private mutating func judge(
        _ name: String, schema: String?, _ mention: Mention, where applies: (FunctionOverload) -> Bool
    ) {
        if finding.failure != nil { return }
        for function in catalog.functions(name, schema: schema) where applies(function.overload) {
            finding.hazards.formUnion(function.entry.hazards)
            guard function.entry.hazards.contains(.running) else { continue }
            let note = mention.kind == .attribute ? " (attribute notation can call it)" : ""
            let isPart = mention.kind == .attribute
            refuseFunction(
                function.entry.title + note, why: function.entry.why,
                at: isPart ? place(of: name, in: mention) : mention.location, remedy: function.entry.remedy)
            return
        }
    }

    /// Where one part of a name stands: in `o.total` the function would be `total`.
    private func place(of part: String, in mention: Mention) -> SourceLocation {
        LexemeReader.read(sql) { reader in
            var names = 0
            while names <= mention.name.parts.count, let token = reader.next() {
                guard token.range.lowerBound >= mention.location.offset, token.isName else { continue }
                names += 1
                if reader.name(of: token) == part { return reader.location(of: token.range.lowerBound) }
            }
            return mention.location
        }
    }

    private mutating func refuseFunction(
        _ name: String, why: String, at location: SourceLocation, remedy: String?
    ) {
        guard finding.failure == nil else { return }
        finding.failure = .refusedFunction(
            QueryFailure.RefusedName(name: name, why: why, location: location, remedy: remedy), sql: sql)
    }

    // MARK: Relations

    private mutating func examineRelation(_ mention: Mention) {
        let name = mention.name
        for entry in catalog.reachable(catalog.relations[name.name], schema: name.schema) {
            var hazards = entry.hazards
            if KeptSettings.shows(entry.schema, name.name), !KeptSettings.areRead(by: statement, sql) {
                hazards.subtract([.settingsOfRoles, .keptSettings])
            }
            finding.hazards.formUnion(hazards)
            // What the planner would run is refused as well.
            guard !entry.hazards.isDisjoint(with: .refused) else { continue }
            refuseRelation(entry, mention, "")
            return
        }
        guard statement.isExplain else { return }
        for entry in catalog.reachable(catalog.changes[name.name], schema: name.schema)
        where !entry.hazards.isDisjoint(with: .whenPlanned) {
            refuseRelation(entry, mention, "(which EXPLAIN plans) ")
            return
        }
    }

    private mutating func refuseRelation(_ entry: PolicyCatalog.Entry, _ mention: Mention, _ note: String) {
        finding.failure = .refusedRelation(
            QueryFailure.RefusedName(
                name: entry.title, why: note + entry.why, location: mention.location, remedy: entry.remedy), sql: sql)
    }

    // MARK: Types

    private mutating func examineTypes() {
        for mention in statement.types where finding.failure == nil && !isGrammarsOwn(mention) {
            examineType(mention.name.name, schema: mention.name.schema, at: mention.location)
        }
        for mention in statement.functions
        where finding.failure == nil && BodyText.inputs.contains(mention.name.name) {
            // The type is given by an OID or a text, so it could be any.
            for (name, entries) in catalog.types where finding.failure == nil {
                for entry in entries { examineType(name, schema: entry.schema, at: mention.location) }
            }
        }
        // The name of a type can be called like a function, also by attribute notation.
        for mention in statement.functions where finding.failure == nil {
            if mention.kind == .attribute {
                for part in mention.name.parts { examineType(part, schema: nil, at: mention.location) }
            } else {
                examineType(mention.name.name, schema: mention.name.schema, at: mention.location)
            }
        }
        guard fillsRecords || holdsRowLiteral else { return }
        for mention in statement.relations where finding.failure == nil {
            examineType(mention.name.name, schema: mention.name.schema, at: mention.location, isRelation: true)
        }
    }

    private mutating func examineType(
        _ name: String, schema: String?, at location: SourceLocation, isRelation: Bool = false
    ) {
        // The array of a type is named after it, and made with its own name too. The row of a relation is a type that no
        // other of its name hides.
        let entries =
            isRelation
            ? catalog.reachable(catalog.types[name], schema: schema) : catalog.reachableTypes(name, schema: schema)
        for entry in entries {
            finding.hazards.formUnion(entry.hazards)
            guard entry.hazards.contains(.running), finding.failure == nil else { continue }
            finding.failure = .refusedObject(
                "the type",
                QueryFailure.RefusedName(name: entry.title, why: entry.why, location: location, remedy: entry.remedy),
                sql: sql)
        }
    }

    /// Whether a type is named by a keyword of the grammar, which means the server's whatever else has the name: `int`, but not
    /// `"int"`, nor `int` behind the dot of attribute notation.
    private func isGrammarsOwn(_ mention: Mention) -> Bool {
        let name = mention.name.name
        guard mention.name.schema == nil, TypeWords.grammar.contains(name) else { return false }
        let written = sql.utf8.dropFirst(mention.location.offset).prefix(name.utf8.count)
        return written.elementsEqual(name.utf8) { $0 | 0x20 == $1 }
    }

    /// Beside a value of a domain, `lag(v, 1, '42')` and `ARRAY[v] || '42'` make another one.
    private mutating func examineMakers() {
        var location = statement.functions.first { catalog.polymorphic.contains($0.name.name) }?.location
        if location == nil {
            location = LexemeReader.read(sql) { reader in
                while let token = reader.next() {
                    if token.kind == .word, reader.name(of: token) == "array" {
                        return reader.location(of: token.range.lowerBound)
                    }
                }
                return nil
            }
        }
        guard let location, let type = catalog.types.values.joined().first(where: { $0.hazards.contains(.running) })
        else { return }
        finding.failure = .refusedObject(
            "the type",
            QueryFailure.RefusedName(
                name: type.title, why: "\(type.why), and values of it could be made here", location: location,
                remedy: type.remedy), sql: sql)
    }

    /// Whether a row of a relation's type may be made without naming the type.
    private var fillsRecords: Bool {
        statement.functions.contains { BodyText.fillers.contains($0.name.name) } || sql.utf8.contains(UInt8(ascii: "#"))
    }

    /// Whether the text holds a string that could be a row, `(1,a)`: beside a whole row it becomes one of that type.
    private var holdsRowLiteral: Bool {
        LexemeReader.read(sql) { reader in
            while let token = reader.next() {
                guard token.kind == .string else { continue }
                let text = reader.text(of: token).utf8
                if text.contains(UInt8(ascii: "(")) || text.contains(UInt8(ascii: "\\"))
                    || text.first == UInt8(ascii: "u") || text.first == UInt8(ascii: "U")
                {
                    return true
                }
            }
            return false
        }
    }
}
