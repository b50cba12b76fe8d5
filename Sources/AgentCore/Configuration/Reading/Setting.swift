internal import MCPProtocol

/// One value that somebody gave, with where it stands.
struct Setting: Sendable {
    /// Who gave it, weakest first.
    enum Strength: Int, Comparable, Sendable {
        case file, environment, option

        static func < (a: Strength, b: Strength) -> Bool { a.rawValue < b.rawValue }
    }

    var value: ConfigurationValue
    let place: SettingPlace

    /// What the value may hold that nobody else shall read.
    var holdsSecret: Bool {
        switch value {
        case .secret(.literal): true
        case .url(let url): url.holdsSecret
        default: false
        }
    }
}

/// Where a setting stands.
struct SettingPlace: Sendable {
    let strength: Setting.Strength
    /// The file, the variable or the option.
    let source: String
    /// The key as it is written there, from the root.
    let key: String
    /// The place in the file, from 1.
    var line: Int?
    var column: Int?
    /// The folder that relative paths start from.
    let folder: String

    var origin: ValueOrigin {
        switch strength {
        case .file: .file(path: source, line: line ?? 1)
        case .environment: .environment(name: source)
        case .option: .option(name: source)
        }
    }

    func issue(
        _ message: String, kind: ConfigurationIssue.Kind = .invalid, suggestion: String? = nil,
        at place: (line: Int, column: Int)? = nil
    ) -> ConfigurationIssue {
        ConfigurationIssue(
            kind: kind, source: source, line: place?.line ?? line, column: place?.column ?? column,
            key: key.isEmpty ? nil : key,
            message: message, suggestion: suggestion)
    }
}

/// The settings of one section of the schema: the agent's own, or one database's; by key, the strongest only.
struct SettingsTable: Sendable {
    private(set) var settings: [String: Setting] = [:]
    /// The setting that a stronger one took the place of, the last for each key.
    private(set) var replaced: [String: Setting] = [:]
    /// Where the table begins in the file: a database's entry.
    var place: SettingPlace?

    subscript(path: String) -> Setting? { settings[path] }

    /// Keeps a setting unless a stronger one is there.
    ///
    /// - Returns: The setting that is just as strong: the same secret given in two forms.
    mutating func keep(_ setting: Setting, for path: String) -> Setting? {
        if let other = settings[path] {
            if other.place.strength == setting.place.strength { return other }
            if other.place.strength > setting.place.strength { return nil }
            replaced[path] = other
        }
        settings[path] = setting
        return nil
    }

    mutating func remove(_ path: String) {
        settings[path] = nil
    }
}

/// The keys of a schema by the names that stand for them.
struct KeyIndex: Sendable {
    struct Entry: Sendable {
        let key: KeyDescription
        let form: SecretForm

        /// Reads a text or a part of a file as this key's value.
        func read(_ tree: YAMLTree) throws(ValueFailure) -> ConfigurationValue {
            guard key.kind == .secret, case .scalar(let text, _) = tree.content else {
                return try ValueReader.read(tree, as: key.kind)
            }
            return .secret(try ValueReader.secret(text, form))
        }

        /// Reads a text as this key's value.
        func read(_ text: String) throws(ValueFailure) -> ConfigurationValue {
            key.kind == .secret
                ? .secret(try ValueReader.secret(text, form)) : try ValueReader.read(text, as: key.kind)
        }
    }

    /// By dotted path, for example `pool.max` or `password_file`.
    let entries: [String: Entry]
    /// The names of keys and sections by the section that they stand in, in the schema's order.
    let children: [String: [String]]

    init(_ keys: [KeyDescription], extra: [String] = []) {
        var entries: [String: Entry] = [:]
        var children: [String: [String]] = ["": extra]
        for key in keys {
            for (spelling, form) in zip(key.spellings, SecretForm.allCases) {
                entries[spelling] = Entry(key: key, form: form)
                var parent = ""
                for component in spelling.split(separator: ".") {
                    if children[parent]?.contains(String(component)) != true {
                        children[parent, default: []].append(String(component))
                    }
                    parent += parent.isEmpty ? String(component) : "." + component
                }
            }
        }
        self.entries = entries
        self.children = children
    }

    /// What was probably meant by an unknown key.
    func suggestion(for name: String, in section: String) -> String? {
        if let near = NearestSpelling.of(name, among: children[section] ?? []) { return "did you mean \(near)?" }
        let elsewhere = entries.keys.filter { $0.split(separator: ".").last.map(String.init) == name }.sorted()
        if let path = elsewhere.first { return "did you mean \(path)?" }
        return nil
    }
}

extension AgentSchema {
    /// The keys outside `databases`, by name.
    static let index = KeyIndex(keys.map(\.description), extra: ["databases"])
}

extension DatabaseSchema {
    /// The keys of an entry of `databases`, by name.
    static let index = KeyIndex(keys.map(\.description))
}
