internal import AuthTokens

/// Finds, reads, checks and merges options, environment, file and defaults, in this order of strength.
public enum ConfigurationLoader {
    /// Loads the configuration of a process.
    ///
    /// - Parameters:
    ///   - options: What the command line says.
    ///   - environment: The environment of the process.
    ///   - file: The file that `--config` names; `nil`: `AGENTD_CONFIG`, `./agentd.yaml`,
    ///     `$XDG_CONFIG_HOME/postgres-agent/agentd.yaml`, `/etc/postgres-agent/agentd.yaml`, the first that exists.
    ///   - requiresDatabase: Whether it is an error when nothing names a database.
    /// - Returns: The configuration, and where each value came from.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func load(
        options: [ConfigurationOption] = [], environment: [String: String], file: String? = nil,
        requiresDatabase: Bool = true
    ) throws(ConfigurationError) -> LoadedConfiguration {
        let inspection = try inspect(
            options: options, environment: environment, file: file, requiresDatabase: requiresDatabase)
        guard inspection.issues.isEmpty else { throw ConfigurationError(issues: inspection.issues) }
        return inspection.loaded
    }

    /// Loads the configuration of a process as far as it can be read, with everything that is wrong with it: for a checkup,
    /// which looks at all of an installation and not only at its first mistake. Nothing is served with one that has issues.
    ///
    /// - Parameters:
    ///   - options: What the command line says.
    ///   - environment: The environment of the process.
    ///   - file: The file that `--config` names.
    ///   - requiresDatabase: Whether it is an issue when nothing names a database.
    /// - Throws: ``ConfigurationError`` when the file cannot be read at all.
    public static func inspect(
        options: [ConfigurationOption] = [], environment: [String: String], file: String? = nil,
        requiresDatabase: Bool = true
    ) throws(ConfigurationError) -> ConfigurationInspection {
        let sources = try read(environment, file)
        let (found, folder, workingDirectory) = (sources.found, sources.folder, sources.workingDirectory)
        var reader = sources.reader
        if let found { reportExposure(found.path, found.file.permissions, in: &reader) }
        reader.readEnvironment(environment, folder: workingDirectory)
        reader.readOptions(options, folder: workingDirectory)
        if reader.databases.isEmpty {
            if LibPQEnvironment.isPresent(in: environment) {
                reader.databases.append(SettingsTable())
            } else if requiresDatabase, reader.issues.isEmpty {
                reader.report(
                    ConfigurationIssue(
                        source: found.map { PlainText.escaped($0.path) }, key: "databases",
                        message: "no database is configured",
                        suggestion: "add one to \(found.map { PlainText.escaped($0.path) } ?? "agentd.yaml") "
                            + "(agentctl config init writes a template), set PGHOST and its family, or use --db-url"))
            }
        }
        var assembly = SettingsAssembly(reader, looksAtFiles: true, folder: folder)
        var inspection = assembly.inspect(file: found?.path)
        inspection.loaded.libpqEnvironment = LibPQEnvironment.values(in: environment)
        inspection.loaded.takeVendorsKey(from: environment)
        return inspection
    }

    /// Checks a text as if it were a configuration file that only its owner may read, without environment or options.
    ///
    /// Files that the text names are not looked at.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - name: What to call it in errors.
    /// - Returns: The configuration that it describes.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    @discardableResult
    public static func check(yaml: String, name: String) throws(ConfigurationError) -> LoadedConfiguration {
        try check(bytes: Array(yaml.utf8), name: name)
    }

    /// Checks bytes as if they were a configuration file that only its owner may read, without environment or options.
    ///
    /// Files that the text names are not looked at.
    ///
    /// - Parameters:
    ///   - bytes: The text, perhaps not even UTF-8.
    ///   - name: What to call it in errors.
    /// - Returns: The configuration that it describes.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    @discardableResult
    public static func check(bytes: [UInt8], name: String) throws(ConfigurationError) -> LoadedConfiguration {
        var reader = SettingsReader()
        reader.readFile(bytes, name: name, folder: "/")
        var assembly = SettingsAssembly(reader, looksAtFiles: false, folder: "/")
        return try assembly.assemble(file: name)
    }

    // MARK: - The file

    /// What was read of a file, before environment and options.
    struct Sources {
        var reader = SettingsReader()
        /// The file, as it was found; nil when there is none.
        var found: (path: String, file: BoundedFile)?
        let workingDirectory = FilePath.workingDirectory
        /// The folder that relative paths of the file start from.
        var folder = FilePath.workingDirectory
    }

    /// Finds the file and reads it.
    static func read(_ environment: [String: String], _ file: String?) throws(ConfigurationError) -> Sources {
        var sources = Sources()
        sources.found = try find(file, environment, sources.workingDirectory)
        if let found = sources.found {
            sources.folder = FilePath.folder(of: FilePath.absolute(found.path, in: sources.workingDirectory))
            sources.reader.readFile(
                found.file.contents, name: PlainText.escaped(found.path), folder: sources.folder)
        }
        return sources
    }

    private static func find(
        _ named: String?, _ environment: [String: String], _ workingDirectory: String
    ) throws(ConfigurationError) -> (path: String, file: BoundedFile)? {
        let fromEnvironment = environment["AGENTD_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        if let path = named ?? fromEnvironment {
            do {
                return (path, try read(path))
            } catch {
                let source = named == nil ? "AGENTD_CONFIG" : "--config"
                throw ConfigurationError(issues: [
                    ConfigurationIssue(source: source, message: PlainText.escaped(error.description))
                ])
            }
        }
        for path in searchPath(environment) {
            do {
                return (path, try read(path))
            } catch {
                if error.isMissing { continue }
                throw ConfigurationError(issues: [ConfigurationIssue(message: PlainText.escaped(error.description))])
            }
        }
        return nil
    }

    private static func read(_ path: String) throws(FileFailure) -> BoundedFile {
        try BoundedFile.read(path, maximumBytes: YAMLTree.maximumBytes)
    }

    /// Where a configuration file is looked for when nobody names one.
    static func searchPath(_ environment: [String: String]) -> [String] {
        var result = ["agentd.yaml"]
        // The specification has relative values ignored, and ~/.config for an absent one.
        let xdg = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.config" : nil }
        if let folder = xdg ?? home { result.append("\(folder)/postgres-agent/agentd.yaml") }
        result.append("/etc/postgres-agent/agentd.yaml")
        return result
    }

    /// Refuses a file that everybody may change.
    static func reportWritable(_ path: String, _ permissions: FilePermissions, in reader: inout SettingsReader) {
        guard permissions.mode & 0o002 != 0, permissions.isRegularFile else { return }
        let name = PlainText.escaped(path)
        reader.report(
            ConfigurationIssue(
                kind: .insecure, source: name,
                message: "everybody may change the file (mode \(permissions.octal))", suggestion: "chmod 600 \(name)"))
    }

    /// Refuses a file that others may write, and one with a secret in it that others may read.
    private static func reportExposure(
        _ path: String, _ permissions: FilePermissions, in reader: inout SettingsReader
    ) {
        reportWritable(path, permissions, in: &reader)
        guard permissions.isExposed else { return }
        let name = PlainText.escaped(path)
        for setting in reader.secretsInFile() {
            // A URL's password has a key of its own.
            let key = setting.place.key.split(separator: ".").last == "url" ? "password" : setting.place.key
            reader.report(
                setting.place.issue(
                    "a secret stands in a file that others may read (mode \(permissions.octal))", kind: .insecure,
                    suggestion: "chmod 600 \(name), or move it to a file of its own (\(key)_file)"))
        }
    }
}

extension SettingsReader {
    /// The settings that hold a secret themselves. Asked before environment and options are read.
    fileprivate func secretsInFile() -> [Setting] {
        ([agent] + databases).flatMap { $0.settings.values.filter(\.holdsSecret) }
    }
}
