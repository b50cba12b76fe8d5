internal import AuthTokens

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The points about the machine that agentd runs on.
struct MachinePoints {
    private let subject: CheckupSubject
    private var machine: Machine { subject.machine }

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        let unit = ServiceUnit.find(in: machine.unitFolders)
        return [user(unit), supervision(unit), lockdown, clock].compactMap(\.self)
    }

    private func user(_ unit: ServiceUnit?) -> Finding {
        let remedy = "User=postgres-agent (or DynamicUser=yes) in the unit, runAsNonRoot in a container"
        let running = RunningProcess.all(named: "agentd", in: machine.processes)
        let own = running.filter { $0.mayServe(subject.inspection.loaded.file) }
        if let root = own.first(where: { $0.user == 0 }) {
            return Finding(.processUser, .fail, "process \(root.id) is agentd as root", remedy: remedy)
        }
        if let root = running.first(where: { $0.user == 0 }) {
            return Finding(
                .processUser, .warn, "process \(root.id) is agentd as root, with another configuration", remedy: remedy)
        }
        if let process = own.first {
            return Finding(.processUser, .pass, "process \(process.id) is agentd as user \(process.user)")
        }
        if let unit {
            return unit.runsAsRoot
                ? Finding(.processUser, .fail, "\(unit.path) names no user, so that agentd is root", remedy: remedy)
                : Finding(.processUser, .pass, "by \(unit.path)")
        }
        guard machine.user == 0 else { return Finding(.processUser, .pass, "user \(machine.user) asks") }
        return Finding(
            .processUser, .warn, "agentd is not running, and this is root: it is not known as whom it will run",
            remedy: remedy)
    }

    private func supervision(_ unit: ServiceUnit?) -> Finding? {
        guard subject.servesHTTP else { return nil }
        if let unit { return Finding(.processUnit, .pass, unit.path) }
        let isContainer =
            subject.environment["KUBERNETES_SERVICE_HOST"] != nil
            || machine.containerMarks.contains { FileMoment.changed($0) != nil }
        if isContainer { return Finding(.processUnit, .pass, "by the container's runtime") }
        return Finding(
            .processUnit, .warn, "there is no unit agentd.service: nobody restarts it, and nothing confines it",
            remedy: "install the unit that is shipped in deploy/")
    }

    private var lockdown: Finding? {
        guard subject.servesHTTP else { return nil }
        let lockdown = Lockdown(files: subject.files)
        guard lockdown.isOn else { return Finding(.lockdown, .pass, "none is") }
        let since = lockdown.since.map { ", since \($0)" } ?? ""
        return Finding(
            .lockdown, .warn, "every token is refused and every session is over\(since)",
            remedy: "when the incident is over: agentctl lockdown --lift")
    }

    /// No clock that is right is before the year in which this was written.
    private var clock: Finding? {
        let earliest = Timestamp(seconds: 1_767_225_600)  // 2026-01-01
        guard subject.now < earliest else { return nil }
        return Finding(
            .clock, .fail, "it says \(subject.now): tokens and certificates cannot be judged by it",
            remedy: "synchronise it (timedatectl set-ntp true)")
    }
}

/// A process of the machine.
struct RunningProcess: Sendable {
    let id: Int
    /// The user that it acts as.
    let user: UInt32
    /// The configuration that its arguments name; nil when they name none, or are not shown.
    let configuration: String?

    /// Whether it may serve a configuration: unless it names another one.
    func mayServe(_ file: String?) -> Bool {
        guard let configuration, let file else { return true }
        return Self.real(configuration) == Self.real(file)
    }

    /// The processes of a name, as far as they are shown; none where the system shows them in another way.
    static func all(named name: String, in folder: String) -> [RunningProcess] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [RunningProcess] = []
        while let entry = readdir(stream) {
            let text = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let id = Int(text), read("\(folder)/\(text)/comm") == name + "\n",
                let line = read("\(folder)/\(text)/status")?.split(separator: "\n").first(where: {
                    $0.hasPrefix("Uid:")
                })
            else { continue }
            // Uid: real, effective, saved, file system
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count > 2, let user = UInt32(words[2]) else { continue }
            let arguments = (read("\(folder)/\(text)/cmdline") ?? "").split(separator: "\0").map(String.init)
            found.append(
                RunningProcess(
                    id: id, user: user, configuration: configuration(arguments, in: "\(folder)/\(text)/cwd")))
        }
        return found.sorted { $0.id < $1.id }
    }

    /// The file behind `--config`, from the folder that the process is in.
    private static func configuration(_ arguments: [String], in folder: String) -> String? {
        for (place, argument) in arguments.enumerated() {
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard let option = parts.first, option == "--config" || option == "-config" else { continue }
            let value = parts.count > 1 ? String(parts[1]) : arguments.dropFirst(place + 1).first
            return value.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
        }
        return nil
    }

    /// A path without links; as it is where it leads nowhere.
    private static func real(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }

    private static func read(_ path: String) -> String? {
        (try? BoundedFile.read(path, maximumBytes: 65536)).map { String(decoding: $0.contents, as: UTF8.self) }
    }
}

/// The systemd unit that starts agentd.
struct ServiceUnit: Sendable {
    let path: String
    /// Whether it names no user.
    let runsAsRoot: Bool

    /// The first unit of one of the names that systemd would take.
    static func find(in folders: [String]) -> ServiceUnit? {
        for folder in folders {
            for name in ["agentd.service", "postgres-agent.service"] {
                let path = "\(folder)/\(name)"
                guard let file = try? BoundedFile.read(path, maximumBytes: 1 << 20) else { continue }
                let lines = String(decoding: file.contents, as: UTF8.self).split(separator: "\n")
                let user = lines.last { $0.hasPrefix("User=") }?.dropFirst(5)
                let isDynamic = lines.contains { $0 == "DynamicUser=yes" || $0 == "DynamicUser=true" }
                let isRoot = !isDynamic && (user == nil || user == "root" || user == "0" || user == "")
                return ServiceUnit(path: path, runsAsRoot: isRoot)
            }
        }
        return nil
    }
}
