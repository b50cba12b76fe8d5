internal import AuthTokens

/// The points about files: who owns them, who may read or change them, and whether somebody can put others in their place.
struct FilePoints {
    /// What a file must be protected from.
    enum Need: Sendable {
        /// Nobody else may read it.
        case secret
        /// Others may read it, but nobody may change it.
        case unchanged
        /// A folder that nobody else may look into.
        case folder
    }

    private let subject: CheckupSubject
    private let owners: Set<UInt32>
    private var configuration: AgentConfiguration { subject.configuration }

    init(_ subject: CheckupSubject) {
        self.subject = subject
        owners = subject.trustedOwners
    }

    func findings() -> [Finding] {
        var findings: [Finding] = []
        if let file = subject.inspection.loaded.file {
            let holdsSecrets = subject.inspection.issues.contains { $0.kind == .insecure }
            let path = FilePath.absolute(file, in: FilePath.workingDirectory)
            findings.append(judge(.configurationFile, [(path, holdsSecrets ? .secret : .unchanged)]))
        }
        findings +=
            accounts
            + [secretFile, secretAge, tls, audit, state, passwords, passfile, definitions, space]
            .compactMap(\.self)
        return findings
    }

    // MARK: - Which files

    private var accounts: [Finding] {
        guard subject.servesHTTP else { return [] }
        let auth = configuration.http.auth
        return [(CheckPoint.tokenFile, auth.tokenFile), (.userFile, auth.userFile)].compactMap { point, path in
            exists(path) ? judge(point, [(path, .secret)]) : nil
        }
    }

    private var secretFile: Finding? {
        configuration.secretFile.map { judge(.secretFile, [($0, .secret)]) }
    }

    private var secretAge: Finding? {
        guard let path = configuration.secretFile, let keys = try? SecretFile.load(path: path),
            let newest = keys.keyDates.compactMap({ Timestamp($0) }).max()
        else { return nil }
        let days = (subject.now.seconds - newest.seconds) / 86400
        guard days > RotationCalendar.year else {
            return Finding(.secretKeyAge, .pass, "the newest key is \(max(days, 0)) days old")
        }
        return Finding(
            .secretKeyAge, .warn, "the newest key is \(days) days old",
            remedy: "agentctl secret rotate, then agentctl secret backup")
    }

    private var tls: Finding? {
        guard subject.servesHTTP else { return nil }
        let tls = configuration.http.tls
        let files: [(String?, Need)] = [
            (tls.keyFile, .secret), (tls.certFile, .unchanged), (tls.chainFile, .unchanged),
        ]
        let named = files.compactMap { path, need in path.map { ($0, need) } }
        return named.isEmpty ? nil : judge(.tlsFiles, named)
    }

    private var audit: Finding? {
        guard let path = configuration.audit.file, exists(path) else { return nil }
        return judge(.auditFile, [(path, .secret)])
    }

    private var state: Finding? {
        guard let path = configuration.state.directory else { return nil }
        guard exists(path) else {
            return Finding(
                .stateFolder, .warn, "\(path) does not exist", remedy: "install -d -m 700 -o postgres-agent \(path)")
        }
        return judge(.stateFolder, [(path, .folder)])
    }

    private var passwords: Finding? {
        var files: [(String, Need)] = []
        for database in configuration.databases {
            if case .file(let path) = database.password { files.append((path, .secret)) }
            if let path = database.sslkey { files.append((path, .secret)) }
            for path in [database.sslcert, database.sslrootcert].compactMap(\.self) where path != "system" {
                files.append((path, .unchanged))
            }
        }
        for secret in [configuration.llm.apiKey, configuration.embedding.apiKey] {
            if case .file(let path)? = secret { files.append((path, .secret)) }
        }
        return files.isEmpty ? nil : judge(.passwordFiles, files)
    }

    private var passfile: Finding? {
        let named = subject.environment["PGPASSFILE"] ?? subject.environment["HOME"].map { $0 + "/.pgpass" }
        guard let path = named, path.hasPrefix("/"), exists(path) else { return nil }
        return judge(.passfile, [(path, .secret)])
    }

    private var definitions: Finding? {
        configuration.definitions.isEmpty
            ? nil : judge(.definitionFiles, configuration.definitions.map { ($0, .unchanged) })
    }

    private var space: Finding? {
        let folders = [configuration.state.directory, configuration.audit.file.map { FilePath.folder(of: $0) }]
            .compactMap(\.self)
        guard !folders.isEmpty else { return nil }
        let full = folders.filter { folder in
            guard let free = DiskSpace.free(folder) else { return false }
            return free.bytes < 64e6 || (free.share < 0.02 && free.bytes < 5e9)
        }
        guard !full.isEmpty else { return Finding(.diskSpace, .pass, "there is") }
        return Finding(
            .diskSpace, .warn, "little is left for \(full.joined(separator: " and ")): a full disk stops writes",
            remedy: "make room, or rotate the audit log")
    }

    // MARK: - Judging

    private func exists(_ path: String) -> Bool { FileMoment.changed(path) != nil }

    private func judge(_ point: CheckPoint, _ files: [(path: String, need: Need)]) -> Finding {
        var faults: [String] = []
        var doubts: [String] = []
        var remedies: [String] = []
        for (path, need) in files { judge(path, need, &faults, &doubts, &remedies) }
        let names = files.map(\.path).joined(separator: ", ")
        guard !faults.isEmpty || !doubts.isEmpty else { return Finding(point, .pass, names) }
        return Finding(
            point, faults.isEmpty ? .warn : .fail, (faults + doubts).joined(separator: "; "),
            remedy: remedies.isEmpty ? nil : remedies.joined(separator: "; "))
    }

    private func judge(
        _ path: String, _ need: Need, _ faults: inout [String], _ doubts: inout [String], _ remedies: inout [String]
    ) {
        let permissions: FilePermissions
        do throws(FileFailure) {
            permissions = try FilePermissions.of(path)
        } catch {
            faults.append(error.description)
            remedies.append("name a file that exists, and that this user can examine")
            return
        }
        let mode = permissions.octal
        switch need {
        case .secret where permissions.isRegularFile && permissions.isExposed:
            faults.append("others may read or change \(path) (mode \(mode))")
            remedies.append("chmod 600 \(path)")
        case .unchanged where permissions.mode & 0o002 != 0:
            faults.append("everybody may change \(path) (mode \(mode))")
            remedies.append("chmod go-w \(path)")
        case .unchanged
        where permissions.mode & 0o020 != 0 && permissions.group != 0 && permissions.group != permissions.owner:
            doubts.append("a group may change \(path) (mode \(mode))")
            remedies.append("chmod g-w \(path)")
        case .folder where permissions.mode & 0o022 != 0:
            faults.append("others may write to \(path) (mode \(mode))")
            remedies.append("chmod 700 \(path)")
        case .folder where permissions.mode & 0o055 != 0:
            doubts.append("others may look into \(path) (mode \(mode))")
            remedies.append("chmod 700 \(path)")
        default: break
        }
        if !owners.contains(permissions.owner) {
            doubts.append("\(path) belongs to user \(permissions.owner), neither root nor the service")
            remedies.append("chown it to the user that agentd runs as")
        }
        for problem in FolderPath.problems(above: path, owners: owners) {
            if problem.hasPrefix("everybody") { faults.append(problem) } else { doubts.append(problem) }
            if !remedies.contains(Self.folderRemedy) { remedies.append(Self.folderRemedy) }
        }
    }

    private static let folderRemedy = "chmod go-w the folder, owned by root or the user that agentd runs as"
}
