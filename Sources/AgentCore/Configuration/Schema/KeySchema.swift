/// What a key may hold.
enum ValueKind: Sendable, Equatable {
    case boolean
    case integer(ClosedRange<Int>)
    /// In bytes.
    case size(ClosedRange<Int>)
    case duration(ClosedRange<Duration>)
    case text(TextRule)
    case choice([String])
    case list(TextRule)
    /// The allowed keys of a mapping from text to text.
    case map([String])
    case hosts
    /// `x`, `x_file` or `x_command`.
    case secret
    case connectionURL
}

/// What a text may be.
enum TextRule: Sendable, Equatable {
    /// Any text on one line.
    case any
    /// A path, relative to the folder of the configuration file.
    case path
    /// A path, or `system` (libpq's word for the certificates of the operating system).
    case pathOrSystem
    /// `HOST:PORT`.
    case address
    /// An absolute `http://` or `https://` URL.
    case webURL
    /// The name of a database in this configuration.
    case databaseName
    /// The name of a tool.
    case toolName
    /// An entry of `allow_functions`.
    case function
    /// `sqlite` or a PostgreSQL URL.
    case store
}

/// One key: its name, what it may hold and what it means.
struct KeyDescription: Sendable {
    /// The path within its section, for example `pool.max`.
    let path: String
    let kind: ValueKind
    /// What it means: a sentence without its full stop.
    let summary: String
    /// What the key needs that is not there yet; a value other than the default is refused with it.
    let awaits: String?
    /// Whether an empty key says "none" instead of "the default".
    let emptyIsNone: Bool

    /// The keys that stand for it in a file: three for a secret, else one.
    var spellings: [String] {
        kind == .secret ? SecretForm.allCases.map { path + $0.suffix } : [path]
    }
}

/// The ways to give a secret.
enum SecretForm: CaseIterable {
    case literal, file, command

    var suffix: String {
        switch self {
        case .literal: ""
        case .file: "_file"
        case .command: "_command"
        }
    }
}

/// One key bound to the property that holds it.
struct KeySchema<Root>: Sendable {
    let description: KeyDescription
    let get: @Sendable (Root) -> ConfigurationValue
    let set: @Sendable (inout Root, ConfigurationValue) -> Void
}

/// A named group of keys, for the template and the reference.
struct SectionSchema<Root>: Sendable {
    /// The path, for example `http.tls`; empty for the keys at the top.
    let path: String
    /// What the section is for: a sentence without its full stop.
    let summary: String
    let keys: [KeySchema<Root>]
}

/// A property of a configuration.
typealias Property<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

/// Makes keys of one section; the property's type says which kinds fit, its initial value is the default.
struct KeyMaker<Root> {
    /// The path of the section, with a full stop at its end when it is not empty.
    let prefix: String
    /// What the whole section waits for.
    let awaits: String?

    private func make(
        _ name: String, _ kind: ValueKind, _ summary: String, _ awaits: String?, emptyIsNone: Bool = false,
        get: @escaping @Sendable (Root) -> ConfigurationValue,
        set: @escaping @Sendable (inout Root, ConfigurationValue) -> Void
    ) -> KeySchema<Root> {
        KeySchema(
            description: KeyDescription(
                path: prefix + name, kind: kind, summary: summary, awaits: awaits ?? self.awaits,
                emptyIsNone: emptyIsNone),
            get: get, set: set)
    }

    func boolean(
        _ name: String, _ property: Property<Root, Bool>, _ summary: String, awaits: String? = nil
    ) -> KeySchema<Root> {
        make(name, .boolean, summary, awaits) {
            .boolean($0[keyPath: property])
        } set: { root, value in
            if case .boolean(let value) = value { root[keyPath: property] = value }
        }
    }

    func integer(
        _ name: String, _ property: Property<Root, Int>, _ range: ClosedRange<Int>, _ summary: String,
        awaits: String? = nil
    ) -> KeySchema<Root> {
        make(name, .integer(range), summary, awaits) {
            .integer($0[keyPath: property])
        } set: { root, value in
            if case .integer(let value) = value { root[keyPath: property] = value }
        }
    }

    func integer(
        _ name: String, _ property: Property<Root, Int?>, _ range: ClosedRange<Int>,
        _ summary: String
    ) -> KeySchema<Root> {
        make(name, .integer(range), summary, nil) {
            $0[keyPath: property].map(ConfigurationValue.integer) ?? .none
        } set: { root, value in
            if case .integer(let value) = value { root[keyPath: property] = value }
        }
    }

    func size(
        _ name: String, _ property: Property<Root, Int>, _ range: ClosedRange<Int>, _ summary: String
    ) -> KeySchema<Root> {
        make(name, .size(range), summary, nil) {
            .size($0[keyPath: property])
        } set: { root, value in
            if case .size(let value) = value { root[keyPath: property] = value }
        }
    }

    func duration(
        _ name: String, _ property: Property<Root, Duration>, _ range: ClosedRange<Duration>,
        _ summary: String, awaits: String? = nil
    ) -> KeySchema<Root> {
        make(name, .duration(range), summary, awaits) {
            .duration($0[keyPath: property])
        } set: { root, value in
            if case .duration(let value) = value { root[keyPath: property] = value }
        }
    }

    func text(
        _ name: String, _ property: Property<Root, String>, as rule: TextRule = .any,
        _ summary: String, awaits: String? = nil
    ) -> KeySchema<Root> {
        make(name, .text(rule), summary, awaits) {
            .text($0[keyPath: property])
        } set: { root, value in
            if case .text(let value) = value { root[keyPath: property] = value }
        }
    }

    func text(
        _ name: String, _ property: Property<Root, String?>, as rule: TextRule = .any,
        _ summary: String, awaits: String? = nil, emptyIsNone: Bool = false
    ) -> KeySchema<Root> {
        make(name, .text(rule), summary, awaits, emptyIsNone: emptyIsNone) {
            $0[keyPath: property].map(ConfigurationValue.text) ?? .none
        } set: { root, value in
            switch value {
            case .text(let value): root[keyPath: property] = value
            case .none where emptyIsNone: root[keyPath: property] = nil
            default: break
            }
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ property: Property<Root, Choice>, _ summary: String, awaits: String? = nil
    ) -> KeySchema<Root> {
        make(name, .choice(Choice.allCases.map(\.rawValue)), summary, awaits) {
            .text($0[keyPath: property].rawValue)
        } set: { root, value in
            if case .text(let text) = value, let choice = Choice(rawValue: text) { root[keyPath: property] = choice }
        }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ property: Property<Root, Choice?>, _ summary: String
    ) -> KeySchema<Root> {
        make(name, .choice(Choice.allCases.map(\.rawValue)), summary, nil) {
            $0[keyPath: property].map { .text($0.rawValue) } ?? .none
        } set: { root, value in
            if case .text(let text) = value { root[keyPath: property] = Choice(rawValue: text) }
        }
    }

    func list(
        _ name: String, _ property: Property<Root, [String]>, as rule: TextRule = .any,
        _ summary: String, awaits: String? = nil
    ) -> KeySchema<Root> {
        make(name, .list(rule), summary, awaits) {
            .list($0[keyPath: property])
        } set: { root, value in
            if case .list(let value) = value { root[keyPath: property] = value }
        }
    }

    func map(
        _ name: String, _ property: Property<Root, [String: String]>, keys: [String],
        _ summary: String
    ) -> KeySchema<Root> {
        make(name, .map(keys), summary, nil) {
            .map($0[keyPath: property])
        } set: { root, value in
            if case .map(let value) = value { root[keyPath: property] = value }
        }
    }

    func hosts(
        _ name: String, _ property: Property<Root, [HostAddress]>, _ summary: String
    ) -> KeySchema<Root> {
        make(name, .hosts, summary, nil) {
            .hosts($0[keyPath: property])
        } set: { root, value in
            if case .hosts(let value) = value { root[keyPath: property] = value }
        }
    }

    func secret(
        _ name: String, _ property: Property<Root, Secret?>, _ summary: String
    ) -> KeySchema<Root> {
        make(name, .secret, summary, nil) {
            $0[keyPath: property].map(ConfigurationValue.secret) ?? .none
        } set: { root, value in
            if case .secret(let value) = value { root[keyPath: property] = value }
        }
    }

    func url(
        _ name: String, _ property: Property<Root, ConnectionURL?>, _ summary: String
    ) -> KeySchema<Root> {
        make(name, .connectionURL, summary, nil) {
            $0[keyPath: property].map(ConfigurationValue.url) ?? .none
        } set: { root, value in
            if case .url(let value) = value { root[keyPath: property] = value }
        }
    }
}
