internal import MCPProtocol

/// Collects settings, and everything that is wrong with them, from the strongest source to the weakest or in any order.
struct SettingsReader {
    /// The settings outside `databases`.
    var agent = SettingsTable()
    /// The settings of each entry of `databases`, in their order.
    var databases: [SettingsTable] = []
    /// What is wrong.
    private(set) var issues: [ConfigurationIssue] = []

    mutating func report(_ issue: ConfigurationIssue) {
        issues.append(issue)
    }

    /// The first database's table, made when there is none: what `--db-*` and `AGENTD_DATABASE_*` mean.
    mutating func withFirstDatabase(_ body: (inout SettingsTable) -> Void) {
        if databases.isEmpty { databases.append(SettingsTable()) }
        body(&databases[0])
    }

    /// Keeps a setting that was read, or reports why it could not be.
    private mutating func keep(
        _ entry: KeyIndex.Entry, _ place: SettingPlace, in database: Int?,
        _ read: () throws(ValueFailure) -> ConfigurationValue
    ) {
        let value: ConfigurationValue
        do {
            value = try read()
        } catch {
            report(place.issue(error.message, suggestion: error.suggestion, at: error.place))
            return
        }
        guard value != .none && value != .hosts([]) || entry.key.emptyIsNone else { return }
        let setting = Setting(value: value, place: place)
        let other =
            if let database {
                databases[database].keep(setting, for: entry.key.path)
            } else {
                agent.keep(setting, for: entry.key.path)
            }
        if let other {
            let name = other.place.strength == .file ? "line \(other.place.line ?? 1)" : other.place.source
            report(place.issue("given twice: \(name) says it as well", suggestion: "keep one of them"))
        }
    }
}

// MARK: - The file

extension SettingsReader {
    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - bytes: The contents.
    ///   - name: What the file is called in messages.
    ///   - folder: The folder that relative paths start from.
    mutating func readFile(_ bytes: [UInt8], name: String, folder: String) {
        let root: YAMLTree
        do {
            root = try YAMLTree.read(bytes)
        } catch {
            report(
                ConfigurationIssue(
                    source: name, line: error.line, column: error.column, message: error.message,
                    suggestion: error.suggestion))
            return
        }
        readSection(root, path: "", of: AgentSchema.index, database: nil, file: (name, folder))
    }

    private mutating func readSection(
        _ tree: YAMLTree, path: String, of index: KeyIndex, database: Int?, file: (name: String, folder: String)
    ) {
        let root = database.map { "databases[\($0)]" } ?? ""
        func place(_ path: String, _ line: Int, _ column: Int) -> SettingPlace {
            let key = root.isEmpty ? path : path.isEmpty ? root : "\(root).\(path)"
            return SettingPlace(
                strength: .file, source: file.name, key: key, line: line, column: column, folder: file.folder)
        }
        let pairs: [(key: YAMLKey, value: YAMLTree)]
        switch tree.content {
        case .empty: return
        case .mapping(let found): pairs = found
        default:
            report(
                place(path, tree.line, tree.column).issue("expected a mapping (KEY: VALUE); found \(tree.kindName)"))
            return
        }
        for (key, value) in pairs {
            let full = path.isEmpty ? key.name : "\(path).\(key.name)"
            let keyPlace = place(full, key.line, key.column)
            if let entry = index.entries[full] {
                let valuePlace = place(full, value.line, value.column)
                keep(entry, valuePlace, in: database) { () throws(ValueFailure) in
                    value.isEmptyText && entry.key.emptyIsNone ? .none : try entry.read(value)
                }
            } else if index.children[full] != nil {
                readSection(value, path: full, of: index, database: database, file: file)
            } else if full == "databases", database == nil {
                readDatabases(value, keyPlace, file: file)
            } else if key.name == "<<" {
                report(
                    keyPlace.issue("merge keys are not supported", suggestion: "anchor and repeat the whole section"))
            } else {
                let shown = PlainText.isSimpleName(key.name) ? key.name : PlainText.excerpt(key.name)
                report(
                    place(path.isEmpty ? shown : "\(path).\(shown)", key.line, key.column)
                        .issue("unknown key", suggestion: suggestion(for: key.name, in: path, of: index, database)))
            }
        }
    }

    private func suggestion(for name: String, in path: String, of index: KeyIndex, _ database: Int?) -> String? {
        if let found = index.suggestion(for: name, in: path) { return found }
        if database == nil, DatabaseSchema.index.entries[name] != nil {
            return "it belongs to an entry of databases"
        }
        if database != nil, AgentSchema.index.entries[name] != nil || AgentSchema.index.children[name] != nil {
            return "it belongs to the top of the file, not to a database"
        }
        return nil
    }

    private mutating func readDatabases(
        _ tree: YAMLTree, _ place: SettingPlace, file: (name: String, folder: String)
    ) {
        let entries: [YAMLTree]
        switch tree.content {
        case .empty: return
        case .list(let found): entries = found
        default:
            report(
                place.issue(
                    "expected a list; found \(tree.kindName)", suggestion: "begin each database with \"- name: \"",
                    at: (tree.line, tree.column)))
            return
        }
        guard entries.count <= 1000 else {
            report(place.issue("there are more than 1000 databases"))
            return
        }
        for entry in entries {
            let number = databases.count
            var table = SettingsTable()
            table.place = SettingPlace(
                strength: .file, source: file.name, key: "databases[\(number)]", line: entry.line, column: entry.column,
                folder: file.folder)
            databases.append(table)
            if case .empty = entry.content { continue }
            readSection(entry, path: "", of: DatabaseSchema.index, database: number, file: file)
        }
    }
}

// MARK: - The environment and the options

extension SettingsReader {
    /// The variables that are no keys.
    private static let reserved = ["AGENTD_CONFIG"]

    /// Reads every variable that begins with `AGENTD_`. The file must have been read: its databases have names.
    ///
    /// - Parameters:
    ///   - environment: The environment of the process.
    ///   - folder: The folder that relative paths start from.
    mutating func readEnvironment(_ environment: [String: String], folder: String) {
        // Most processes have none, and then the table of names need not be made.
        let given = environment.filter { $0.key.hasPrefix("AGENTD_") && !Self.reserved.contains($0.key) }
        guard !given.isEmpty else { return }
        let names = variables()
        for (name, text) in given.sorted(by: { $0.key < $1.key }) {
            let place = SettingPlace(
                strength: .environment, source: name, key: name, line: nil, column: nil, folder: folder)
            guard let targets = names[name] else {
                report(place.issue("unknown variable", suggestion: suggestion(for: name, among: names)))
                continue
            }
            guard targets.count == 1, let target = targets.first else {
                report(place.issue("ambiguous: it may mean the key of more than one database"))
                continue
            }
            // An empty variable counts as absent, as scripts and container files cannot always leave one out.
            guard !text.isEmpty || target.entry.key.emptyIsNone else { continue }
            if target.database == 0, databases.isEmpty { databases.append(SettingsTable()) }
            keep(target.entry, place, in: target.database) { () throws(ValueFailure) in
                text.isEmpty ? .none : try target.entry.read(text)
            }
        }
    }

    /// Reads what the command line says.
    ///
    /// - Parameters:
    ///   - options: Keys of the agent by their path, keys of the first database behind `database.`.
    ///   - folder: The folder that relative paths start from.
    mutating func readOptions(_ options: [ConfigurationOption], folder: String) {
        for option in options {
            let isDatabase = option.key.hasPrefix("database.")
            let path = isDatabase ? String(option.key.dropFirst("database.".count)) : option.key
            let place = SettingPlace(
                strength: .option, source: option.name, key: option.name, line: nil, column: nil, folder: folder)
            guard let entry = (isDatabase ? DatabaseSchema.index : AgentSchema.index).entries[path] else {
                report(place.issue("there is no key \(PlainText.excerpt(option.key))"))
                continue
            }
            if isDatabase, databases.isEmpty { databases.append(SettingsTable()) }
            keep(entry, place, in: isDatabase ? 0 : nil) { () throws(ValueFailure) in
                option.value.isEmpty && entry.key.emptyIsNone ? .none : try entry.read(option.value)
            }
        }
    }

    private struct Target {
        let database: Int?
        let entry: KeyIndex.Entry
    }

    /// Every variable that means something, with what it means.
    private func variables() -> [String: [Target]] {
        var result: [String: [Target]] = [:]
        for (path, entry) in AgentSchema.index.entries {
            result[EnvironmentName.of(path), default: []].append(Target(database: nil, entry: entry))
        }
        for (path, entry) in DatabaseSchema.index.entries {
            result[EnvironmentName.ofFirstDatabase(path), default: []].append(Target(database: 0, entry: entry))
            for (number, table) in databases.enumerated() {
                guard case .text(let name)? = table["name"]?.value else { continue }
                result[EnvironmentName.of(path, database: name), default: []]
                    .append(Target(database: number, entry: entry))
            }
        }
        return result
    }

    private func suggestion(for name: String, among names: [String: [Target]]) -> String? {
        if let near = NearestSpelling.of(name, among: names.keys.sorted()) { return "did you mean \(near)?" }
        if name.hasPrefix("AGENTD_DATABASES_") {
            return "AGENTD_DATABASES_<NAME>_<KEY> needs a database of that name in the file; "
                + "AGENTD_DATABASE_<KEY> means the first one"
        }
        return nil
    }
}

/// The environment variables that stand for keys.
enum EnvironmentName {
    /// For example `AGENTD_HTTP_LISTEN` for `http.listen`.
    static func of(_ path: String) -> String { "AGENTD_" + shout(path) }

    /// For example `AGENTD_DATABASE_POOL_MAX` for `pool.max` of the first database.
    static func ofFirstDatabase(_ path: String) -> String { "AGENTD_DATABASE_" + shout(path) }

    /// For example `AGENTD_DATABASES_SHOP_POOL_MAX` for `pool.max` of the database `shop`.
    static func of(_ path: String, database: String) -> String { "AGENTD_DATABASES_\(shout(database))_\(shout(path))" }

    private static func shout(_ text: String) -> String {
        String(text.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }
}
