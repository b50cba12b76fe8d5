/// The tags of CREATE, ALTER and DROP, which name the kind of object.
enum ObjectTag {
    static func create(_ words: [Keyword], hasAs: Bool) -> CommandTag {
        var index = 1
        skipping: while index < words.count {
            switch words[index] {
            case .or, .replace, .global, .local, .temp, .temporary, .unlogged, .recursive, .unique, .trusted,
                .procedural,
                .default:
                index += 1
            case .constraint where index + 1 < words.count && words[index + 1] == .trigger: index += 1
            default: break skipping
            }
        }
        guard let name = object(words, index) else { return CommandTag("CREATE", .ddl) }
        if name == "TABLE", hasAs { return CommandTag("CREATE TABLE AS", .ddl) }
        return CommandTag("CREATE " + name, .ddl)
    }

    static func alter(_ words: [Keyword]) -> CommandTag {
        switch words.count > 1 ? words[1] : .notAKeyword {
        case .default: return CommandTag("ALTER DEFAULT PRIVILEGES", .ddl)
        case .large: return CommandTag("ALTER LARGE OBJECT", .ddl)
        case .system: return CommandTag("ALTER SYSTEM", .maintenance)
        case .procedural: return CommandTag("ALTER LANGUAGE", .ddl)
        default: break
        }
        return CommandTag(object(words, 1).map { "ALTER " + $0 } ?? "ALTER", .ddl)
    }

    static func drop(_ words: [Keyword]) -> CommandTag {
        switch words.count > 1 ? words[1] : .notAKeyword {
        case .owned: return CommandTag("DROP OWNED", .ddl)
        case .procedural: return CommandTag("DROP LANGUAGE", .ddl)
        default: break
        }
        return CommandTag(object(words, 1).map { "DROP " + $0 } ?? "DROP", .ddl)
    }

    /// The kind of object whose words begin at an index, as the tag spells it.
    private static func object(_ words: [Keyword], _ index: Int) -> String? {
        let first = index < words.count ? words[index] : .notAKeyword
        let second = index + 1 < words.count ? words[index + 1] : .notAKeyword
        let third = index + 2 < words.count ? words[index + 2] : .notAKeyword
        switch (first, second) {
        case (.access, .method): return "ACCESS METHOD"
        case (.event, .trigger): return "EVENT TRIGGER"
        case (.foreign, .data): return "FOREIGN DATA WRAPPER"
        case (.foreign, .table): return "FOREIGN TABLE"
        case (.materialized, .view): return "MATERIALIZED VIEW"
        case (.operator, .class): return "OPERATOR CLASS"
        case (.operator, .family): return "OPERATOR FAMILY"
        case (.user, .mapping): return "USER MAPPING"
        case (.text, .search): return textSearch(third)
        case (.user, _), (.group, _), (.role, _): return "ROLE"
        default: return plain(first)
        }
    }

    private static func textSearch(_ word: Keyword) -> String? {
        switch word {
        case .configuration: "TEXT SEARCH CONFIGURATION"
        case .dictionary: "TEXT SEARCH DICTIONARY"
        case .parser: "TEXT SEARCH PARSER"
        case .template: "TEXT SEARCH TEMPLATE"
        default: nil
        }
    }

    private static func plain(_ word: Keyword) -> String? {
        switch word {
        case .aggregate, .assertion, .cast, .collation, .conversion, .database, .domain, .extension, .function, .index,
            .language, .operator, .policy, .procedure, .publication, .routine, .rule, .schema, .sequence, .server,
            .statistics, .subscription, .table, .tablespace, .transform, .trigger, .type, .view:
            KeywordTable.shared.capitals(of: word)
        default: nil
        }
    }
}
