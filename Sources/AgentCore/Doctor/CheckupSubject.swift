public import AuthTokens

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What a checkup looks at.
public struct CheckupSubject: Sendable {
    /// The configuration as far as it could be read.
    public var inspection: ConfigurationInspection
    /// The environment of the process.
    public var environment: [String: String]
    /// Whether agentd serves HTTP; points about it are left out otherwise.
    public var servesHTTP: Bool
    /// Whether the databases are asked.
    public var asksDatabases = true
    /// How long a database may take to answer everything.
    public var databaseLimit: Duration = .seconds(15)
    /// How many days before its end a certificate is warned of.
    public var certificateWarnDays = 30
    /// The present.
    public var now: Timestamp = .now
    /// Where the machine keeps its processes and units; another folder in tests.
    var machine = Machine()

    /// Describes what to look at.
    ///
    /// - Parameters:
    ///   - inspection: The configuration.
    ///   - environment: The environment of the process.
    ///   - servesHTTP: Whether agentd serves HTTP; `nil`: as `http.enabled` says.
    public init(
        inspection: ConfigurationInspection, environment: [String: String], servesHTTP: Bool? = nil
    ) {
        self.inspection = inspection
        self.environment = environment
        self.servesHTTP = servesHTTP ?? inspection.loaded.configuration.http.enabled
    }

    /// The configuration.
    var configuration: AgentConfiguration { inspection.loaded.configuration }

    /// Where the accounts are.
    var files: AccountFiles {
        let auth = configuration.http.auth
        return AccountFiles(tokens: auth.tokenFile, users: auth.userFile, state: configuration.state.directory)
    }

    /// Who may own what agentd relies on: root, whoever runs this, and whoever agentd runs as, which is to say the owner of
    /// the state folder.
    var trustedOwners: Set<UInt32> {
        var owners: Set<UInt32> = [0, machine.user]
        if let folder = configuration.state.directory, let found = try? FilePermissions.of(folder) {
            owners.insert(found.owner)
        }
        return owners
    }
}

/// What the machine says of its processes and services.
struct Machine: Sendable {
    /// Where processes are shown (Linux).
    var processes = "/proc"
    /// Where systemd looks for units.
    var unitFolders = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]
    /// Files that only a container has.
    var containerMarks = ["/.dockerenv", "/run/.containerenv"]
    /// The user that this process runs as.
    var user = UInt32(geteuid())
}
