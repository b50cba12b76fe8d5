internal import AuthTokens

/// Turns settings into a configuration: checks across keys, support, paths, secrets.
struct SettingsAssembly {
    private var reader: SettingsReader
    /// Whether the files that keys name are looked at.
    private let looksAtFiles: Bool
    /// The folder that relative default paths start from.
    private let folder: String
    private var origins: [String: ValueOrigin] = [:]
    /// Why a password that is configured is not used, for people.
    private var unsentPassword: String?

    init(_ reader: SettingsReader, looksAtFiles: Bool, folder: String) {
        self.reader = reader
        self.looksAtFiles = looksAtFiles
        self.folder = folder
    }

    /// The configuration, or everything that is wrong.
    mutating func assemble(file: String?) throws(ConfigurationError) -> LoadedConfiguration {
        let inspection = inspect(file: file)
        guard inspection.issues.isEmpty else { throw ConfigurationError(issues: inspection.issues) }
        return inspection.loaded
    }

    /// The configuration as far as it can be read, and everything that is wrong.
    mutating func inspect(file: String?) -> ConfigurationInspection {
        var configuration = AgentConfiguration()
        apply(AgentSchema.keys, reader.agent, to: &configuration, root: "")
        configuration.llm.apiKey = bound(
            configuration.llm.apiKey, reader.agent["llm.api_key"], to: configuration.secretFile)
        configuration.embedding.apiKey = bound(
            configuration.embedding.apiKey, reader.agent["embedding.api_key"], to: configuration.secretFile)
        checkIssuer(configuration.http.auth.oauth)
        for number in reader.databases.indices {
            let name = nameOfDatabase(number)
            let isOfAnother = passwordIsOfAnotherUser(number)
            resolveConflicts(number)
            if isOfAnother { reader.databases[number].remove("password") }
            var database = DatabaseConfiguration(name: name)
            apply(DatabaseSchema.keys, reader.databases[number], to: &database, root: "databases[\(number)].")
            if database.password == nil, !isOfAnother, let password = database.url?.password {
                database.password = .literal(password)
                origins["databases[\(number)].password"] = origins["databases[\(number)].url"]
            }
            if database.pool.min > database.pool.max {
                let table = reader.databases[number]
                if let setting = table["pool.min"] ?? table["pool.max"] {
                    reader.report(
                        setting.place.issue(
                            "pool.min is \(database.pool.min), more than pool.max, \(database.pool.max)"))
                }
            }
            database.password = bound(
                database.password, reader.databases[number]["password"], to: configuration.secretFile)
            configuration.databases.append(database)
        }
        var loaded = LoadedConfiguration(
            configuration: configuration, file: file, origins: origins, warnings: warnings(configuration))
        loaded.unsentPassword = unsentPassword
        return ConfigurationInspection(loaded: loaded, issues: Self.sorted(reader.issues))
    }

    /// The configuration without its databases and with no secret opened, or what is wrong with it.
    ///
    /// - Parameter concerns: Which issues count.
    mutating func assembleAgent(
        concerning concerns: (ConfigurationIssue) -> Bool
    ) throws(ConfigurationError) -> AgentConfiguration {
        var configuration = AgentConfiguration()
        apply(AgentSchema.keys, reader.agent, to: &configuration, root: "")
        let issues = reader.issues.filter(concerns)
        guard issues.isEmpty else { throw ConfigurationError(issues: Self.sorted(issues)) }
        return configuration
    }

    private func warnings(_ configuration: AgentConfiguration) -> [String] {
        writeWarnings(configuration) + unheededOptions(configuration) + (unsentPassword.map { [$0] } ?? [])
    }

    /// What of an OAuth issuer must not be: it would let others' tokens in, or be asked for keys where anybody can answer.
    private mutating func checkIssuer(_ issuer: HTTPConfiguration.OAuthConfiguration) {
        for issue in issuer.issues {
            let path = "http.auth.oauth.\(issue.key)"
            let place = reader.agent[path]?.place ?? reader.agent["http.auth.oauth.issuer"]?.place
            reader.report(
                place?.issue(issue.message, kind: .insecure, suggestion: issue.suggestion)
                    ?? ConfigurationIssue(
                        kind: .insecure, key: path, message: issue.message, suggestion: issue.suggestion))
        }
    }

    /// Databases that may be written to.
    private func writeWarnings(_ configuration: AgentConfiguration) -> [String] {
        configuration.databases.filter(\.allowWrites).map { database in
            let name = PlainText.quoted(database.name)
            return switch database.writeConfirmation {
            case .required:
                "DANGEROUS: database \(name) allows writes (allow_writes: true); each needs the approval of a person"
            case .client:
                "DANGEROUS: database \(name) allows writes (allow_writes: true) without an approval: "
                    + "write_confirmation: client trusts every client to have asked a person"
            }
        }
    }

    /// Options that nothing will heed: who gives one expects a server on a port, and gets one on standard input.
    private func unheededOptions(_ configuration: AgentConfiguration) -> [String] {
        guard !configuration.http.enabled else { return [] }
        return reader.agent.settings
            .filter { $0.key.hasPrefix("http.") && $0.key != "http.enabled" && $0.value.place.strength == .option }
            .map { "\($0.value.place.source) has no effect without --http" }
            .sorted()
    }

    /// Issues in the order of the file, then those of the environment and of the options.
    static func sorted(_ issues: [ConfigurationIssue]) -> [ConfigurationIssue] {
        let limit = 50
        var result = issues.enumerated()
            .sorted { a, b in
                let left = (a.element.line ?? .max, a.element.column ?? 0, a.offset)
                let right = (b.element.line ?? .max, b.element.column ?? 0, b.offset)
                return left < right
            }
            .map(\.element)
        if result.count > limit {
            let more = result.count - limit
            result.removeSubrange(limit...)
            result.append(ConfigurationIssue(message: "and \(more) more"))
        }
        return result
    }

    // MARK: - One table

    private mutating func apply<Root>(
        _ keys: [KeySchema<Root>], _ table: SettingsTable, to root: inout Root, root prefix: String
    ) {
        for key in keys {
            let path = key.description.path
            guard let setting = table[path] else {
                origins[prefix + path] = .byDefault
                // A default path starts from the folder of the file as a written one does.
                if case .text(.path) = key.description.kind, case .text(let relative) = key.get(root) {
                    key.set(&root, .text(FilePath.absolute(relative, in: folder)))
                }
                continue
            }
            origins[prefix + path] = setting.place.origin
            let isDefault = setting.value == key.get(root)
            // Not to have a listener that does not exist yet is no wish for something missing.
            if let awaits = key.description.awaits, !isDefault, setting.value != .none {
                reader.report(setting.place.issue("not supported yet (\(awaits))"))
                continue
            }
            key.set(&root, checked(setting, key.description.kind))
        }
    }

    /// The value with absolute paths; reports what must not be.
    private mutating func checked(_ setting: Setting, _ kind: ValueKind) -> ConfigurationValue {
        func absolute(_ path: String) -> String { FilePath.absolute(path, in: setting.place.folder) }
        switch (kind, setting.value) {
        case (.text(.path), .text(let path)): return .text(absolute(path))
        case (.text(.pathOrSystem), .text(let path)): return path == "system" ? .text(path) : .text(absolute(path))
        case (.list(.path), .list(let paths)): return .list(paths.map(absolute))
        case (_, .secret(.file(let path))):
            let path = absolute(path)
            if looksAtFiles { checkSecretFile(path, setting.place) }
            return .secret(.file(path))
        default: break
        }
        if setting.holdsSecret, setting.place.strength == .option {
            reader.report(
                setting.place.issue(
                    "a password on a command line can be seen by every user of the machine", kind: .insecure,
                    suggestion: "give it in the environment (AGENTD_DATABASE_URL, PGPASSWORD), in ~/.pgpass, "
                        + "or with --db-password-file"))
        }
        return setting.value
    }

    /// The secret together with the file whose keys open it; reports one that does not open.
    private mutating func bound(_ secret: Secret?, _ setting: Setting?, to secretFile: String?) -> Secret? {
        guard case .sealed(let text, _) = secret, let place = setting?.place else { return secret }
        guard let secretFile else {
            reader.report(
                place.issue(
                    "a sealed secret needs the key secret_file", suggestion: "agentctl secret init makes the file"))
            return secret
        }
        if looksAtFiles {
            do throws(SecretFileError) {
                let keys = try SecretFile.load(path: secretFile)
                let sealed = String(text.dropFirst(Secret.sealedPrefix.utf8.count))
                do throws(SealError) {
                    _ = try keys.open(sealed, for: .storedSecret, context: [])
                } catch {
                    reader.report(place.issue("the sealed secret does not open: \(error.description)"))
                }
            } catch {
                reader.report(
                    place.issue(
                        PlainText.escaped(error.description), kind: error.isExposed ? .insecure : .invalid))
            }
        }
        return .sealed(text, secretFile: secretFile)
    }

    private mutating func checkSecretFile(_ path: String, _ place: SettingPlace) {
        do {
            if let reason = try Secret.exposure(of: path) {
                reader.report(place.issue(reason, kind: .insecure, suggestion: "chmod 600 \(PlainText.escaped(path))"))
            }
        } catch {
            reader.report(place.issue(PlainText.escaped(error.description)))
        }
    }

    // MARK: - One database

    private mutating func nameOfDatabase(_ number: Int) -> String {
        let table = reader.databases[number]
        guard let setting = table["name"], case .text(let name) = setting.value else {
            // Without an entry in the file it is the one of the options or of the environment.
            if let place = table.place, !reader.issues.contains(where: { $0.key == "\(place.key).name" }) {
                reader.report(place.issue("a database needs a name", suggestion: "add \"name: \" and a word"))
            }
            return "default"
        }
        let earlier = reader.databases[..<number].contains { $0["name"]?.value == setting.value }
        if earlier { reader.report(setting.place.issue("another database is called \(name) already")) }
        return name
    }

    /// Takes out what a stronger source says in another way, and reports what one source says twice.
    private mutating func resolveConflicts(_ number: Int) {
        exclude("host", "hosts", number)
        guard let url = reader.databases[number]["url"], case .url(let parts) = url.value else { return }
        var twins = parts.parameters.keys.compactMap { Self.keysByKeyword[$0] }.flatMap(\.self)
        if parts.password != nil { twins.append("password") }
        for twin in twins.sorted() {
            guard let setting = reader.databases[number][twin] else { continue }
            if setting.place.strength < url.place.strength {
                reader.databases[number].remove(twin)
            } else if setting.place.strength == url.place.strength {
                reader.report(setting.place.issue("url says it as well", suggestion: "keep one of them"))
            }
        }
    }

    /// Whether an option names another user than the source of the password, whose password that would not be.
    ///
    /// A password without a user beside it is for whoever is named.
    private mutating func passwordIsOfAnotherUser(_ number: Int) -> Bool {
        let table = reader.databases[number]
        func users(_ setting: Setting?) -> String? {
            switch setting?.value {
            case .text(let name): name
            case .url(let url): url.parameters["user"]
            default: nil
            }
        }
        func given(_ key: String) -> Setting? { table[key].flatMap { $0.place.strength == .option ? $0 : nil } }
        func beneath(_ key: String) -> Setting? { given(key) == nil ? table[key] : table.replaced[key] }
        guard let option = given("user") ?? given("url"), let user = users(option) else { return false }
        var owner = users(beneath("user")) ?? users(beneath("url"))
        let source: String
        if let password = table["password"] {
            guard password.place.strength < .option else { return false }
            source = password.place.source + (password.place.line.map { ":\($0)" } ?? "")
        } else if case .url(let url)? = table["url"]?.value, url.password != nil {
            guard let place = table["url"]?.place, place.strength < .option else { return false }
            owner = url.parameters["user"] ?? owner
            source = place.source + (place.line.map { ":\($0)" } ?? "")
        } else {
            return false
        }
        guard let owner, owner != user else { return false }
        unsentPassword =
            "the password in \(source) is that of \(PlainText.quoted(owner)), so it is not sent for \(PlainText.quoted(user)) "
            + "(\(option.place.source)); --db-password-file gives the right one"
        return true
    }

    private static let keysByKeyword = [
        "host": ["host", "hosts"], "port": ["port"], "dbname": ["database"], "user": ["user"], "service": ["service"],
        "sslmode": ["sslmode"], "sslrootcert": ["sslrootcert"], "sslcert": ["sslcert"], "sslkey": ["sslkey"],
        "target_session_attrs": ["target_session_attrs"],
    ]

    private mutating func exclude(_ one: String, _ other: String, _ number: Int) {
        guard let first = reader.databases[number][one], let second = reader.databases[number][other] else { return }
        if first.place.strength < second.place.strength {
            reader.databases[number].remove(one)
        } else if first.place.strength > second.place.strength {
            reader.databases[number].remove(other)
        } else {
            reader.report(second.place.issue("\(one) is given as well", suggestion: "keep one of them"))
        }
    }
}
