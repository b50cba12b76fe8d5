import Foundation
public import PGConnector
import Synchronization

/// A private PostgreSQL for tests: a new data directory, a Unix socket in a short temporary directory, a port of its
/// own on the loopback interface, and nothing flushed to disk. It is removed when the process ends.
///
/// Most tests share ``shared()``, each in a database of its own; a test that stops or restarts the server starts its
/// own with ``start(settings:)``.
public final class PostgresFixture: Sendable {
    /// The directory with the socket, and with everything else in it; removed at the end.
    public let directory: String
    /// The port, on 127.0.0.1 and in the socket's name.
    public let port: Int
    /// The superuser, whom the server trusts without a password on its socket.
    public let superuser = "postgres"
    private let programs: String
    private let databases = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)

    /// What went wrong with the fixture itself.
    public struct Failure: Error, CustomStringConvertible {
        /// The command and what it printed.
        public let description: String
    }

    private init(directory: String, port: Int, programs: String) {
        self.directory = directory
        self.port = port
        self.programs = programs
    }

    /// The server that the tests of this process share, started when it is first asked for.
    public static func shared() throws -> PostgresFixture { try sharedServer.get() }
    private static let sharedServer = Result { try PostgresFixture.start() }

    /// The number of this process.
    public static var processID: Int32 { getpid() }

    /// Whether PostgreSQL's programs are on this machine.
    public static var isAvailable: Bool { programDirectory() != nil }

    /// Starts a server.
    /// - Parameter settings: Lines for `postgresql.conf`.
    /// - Returns: The running server.
    /// - Throws: ``Failure`` with what `initdb` or the server printed.
    public static func start(settings: [String] = []) throws -> PostgresFixture {
        let fixture = try make()
        try fixture.asOwner([
            "\(fixture.programs)/initdb", "-D", fixture.dataDirectory, "-U", fixture.superuser, "--auth=trust", "-E",
            "UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ])
        let configuration =
            [
                "listen_addresses = '127.0.0.1'", "port = \(fixture.port)",
                "unix_socket_directories = '\(fixture.directory)'", "fsync = off", "synchronous_commit = off",
                "full_page_writes = off", "max_connections = 200", "shared_buffers = 64MB", "timezone = 'UTC'",
                "log_timezone = 'UTC'", "lc_messages = 'C'",
            ] + settings
        let file = fixture.dataDirectory + "/postgresql.auto.conf"
        try Data((configuration.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        try fixture.resume()
        return fixture
    }

    /// An empty folder for a server, removed at the end of the process.
    private static func make() throws -> PostgresFixture {
        guard let programs = programDirectory() else { throw Failure(description: "PostgreSQL is not installed.") }
        // Short: the path of a Unix socket has at most 107 bytes.
        var template = Array("/tmp/pgfix-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp failed") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fixture = PostgresFixture(directory: directory, port: try freePort(), programs: programs)
        fixtures.withLock { $0.append(fixture) }
        _ = removeAtExit
        if let owner = UnprivilegedUser.current { try run(["/bin/chown", owner.name, directory]) }
        return fixture
    }

    /// Starts a hot standby of this server.
    /// - Returns: The running standby, which may be a moment behind.
    /// - Throws: ``Failure`` with what `pg_basebackup` or the server printed.
    public func startStandby() throws -> PostgresFixture {
        let standby = try Self.make()
        try asOwner([
            program("pg_basebackup"), "-h", directory, "-p", String(port), "-U", superuser, "-D", standby.dataDirectory,
            "-R", "-X", "stream", "-c", "fast", "--no-sync",
        ])
        let file = URL(fileURLWithPath: standby.dataDirectory + "/postgresql.auto.conf")
        let settings =
            try Data(contentsOf: file)
            + Data(
                "port = \(standby.port)\nunix_socket_directories = '\(standby.directory)'\n".utf8)
        try settings.write(to: file)
        try standby.resume()
        return standby
    }

    /// The server's data directory.
    public var dataDirectory: String { directory + "/data" }

    /// libpq's keywords for a database, over the Unix socket.
    /// - Parameters:
    ///   - database: The database.
    ///   - user: The user; the superuser unless said.
    public func parameters(database: String = "postgres", user: String? = nil) -> [String: String] {
        ["host": directory, "port": String(port), "dbname": database, "user": user ?? superuser]
    }

    /// libpq's keywords for a database, over TCP.
    /// - Parameters:
    ///   - database: The database.
    ///   - user: The user; the superuser unless said.
    public func tcpParameters(database: String = "postgres", user: String? = nil) -> [String: String] {
        [
            "host": "127.0.0.1", "port": String(port), "dbname": database, "user": user ?? superuser,
            "sslmode": "disable",
        ]
    }

    /// `PG*` variables for programs that shall find the server.
    /// - Parameter database: The database.
    public func environment(database: String = "postgres") -> [String: String] {
        ["PGHOST": directory, "PGPORT": String(port), "PGDATABASE": database, "PGUSER": superuser]
    }

    /// A configuration for a client.
    /// - Parameters:
    ///   - database: The database.
    ///   - user: The user; the superuser unless said.
    ///   - pool: The pool's limits; a caller waits two minutes for a connection at least, since tests keep threads busy that would
    ///     open it.
    public func configuration(
        database: String = "postgres", user: String? = nil, pool: PGPoolConfiguration = PGPoolConfiguration()
    ) -> PGConfiguration {
        var pool = pool
        pool.acquireTimeout = max(pool.acquireTimeout, .seconds(120))
        return PGConfiguration(parameters: parameters(database: database, user: user), pool: pool)
    }

    /// Makes a new, empty database.
    /// - Parameter prefix: The beginning of its name.
    /// - Returns: Its name, which no other test has.
    public func createDatabase(_ prefix: String = "test") throws -> String {
        let number = databases.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "\(prefix)_\(getpid())_\(number)"
        try psql("CREATE DATABASE \"\(name)\"")
        return name
    }

    /// Runs SQL with the `psql` program.
    /// - Parameters:
    ///   - sql: Any number of statements.
    ///   - database: Where.
    ///   - user: The user; the superuser unless said.
    /// - Returns: What it printed, unaligned and without headers, less the last newline.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres", user: String? = nil) throws -> String {
        try Self.run(
            [
                "\(programs)/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", directory, "-p", String(port), "-U",
                user ?? superuser, "-d", database, "-f", "-",
            ], input: sql)
    }

    /// Stops the server.
    /// - Parameter mode: `fast`, `smart` or `immediate`, as `pg_ctl` takes it.
    public func stop(mode: String = "fast") throws {
        try asOwner(["\(programs)/pg_ctl", "stop", "-w", "-D", dataDirectory, "-m", mode])
    }

    /// Starts the server again on the same port.
    public func resume() throws {
        try asOwner([
            "\(programs)/pg_ctl", "start", "-w", "-t", "60", "-D", dataDirectory, "-l", directory + "/log",
        ])
    }

    /// Stops the server as a crash would, and starts it again.
    public func restart() throws {
        try stop(mode: "immediate")
        try resume()
    }

    /// Ends all sessions of a database as an administrator does, with SQLSTATE 57P01, and waits until they are gone.
    /// - Parameter database: Whose sessions.
    public func terminateBackends(database: String) throws {
        try psql(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '\(database)' AND pid <> "
                + "pg_backend_pid()")
    }

    /// Kills one server process with `SIGKILL`; the server then restarts all others.
    /// - Parameter processID: The process.
    public func killBackend(_ processID: Int32) throws { kill(processID, SIGKILL) }

    /// Where a program of the server's version is: `pg_dump` and the like.
    /// - Parameter name: Its name.
    public func program(_ name: String) -> String { "\(programs)/\(name)" }

    /// What the server has logged.
    public var log: String { (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "" }

    /// Replaces `pg_hba.conf` and makes the server read it.
    /// - Parameter lines: The rules.
    public func setAccessRules(_ lines: [String]) throws {
        let file = URL(fileURLWithPath: dataDirectory + "/pg_hba.conf")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        try asOwner(["\(programs)/pg_ctl", "reload", "-D", dataDirectory])
    }

    /// Stops the server for good and removes its files.
    public func remove() {
        guard !stopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        _ = try? stop(mode: "immediate")
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Runs a program as the user that owns the server.
    /// - Parameter command: The program and its arguments.
    /// - Returns: What it printed.
    @discardableResult
    public func asOwner(_ command: [String]) throws -> String {
        try Self.run((UnprivilegedUser.current?.prefix ?? []) + command)
    }

    // MARK: Ending

    private static let fixtures = Mutex<[PostgresFixture]>([])
    private static let removeAtExit: Void = {
        atexit { PostgresFixture.removeAll() }
    }()

    private static func removeAll() {
        for fixture in fixtures.withLock({ $0 }) { fixture.remove() }
    }

    // MARK: Programs

    private static func programDirectory() -> String? {
        var candidates: [String] = []
        if let directory = ProcessInfo.processInfo.environment["PG_BINDIR"] { candidates.append(directory) }
        if let directory = try? run(["pg_config", "--bindir"]) { candidates.append(directory) }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        candidates += versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }

    /// A free port, below those that the system gives to whoever asks for any: nobody takes it before its server listens.
    /// - Returns: Its number, which no other test of this process has.
    public static func freePort() throws -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: 20_000..<32_000)
            guard ports.withLock({ $0.insert(port).inserted }) else { continue }
            guard let listener = try? LoopbackListener(port: port) else { continue }
            listener.close()
            return port
        }
        throw Failure(description: "There is no free port.")
    }

    private static let ports = Mutex<Set<Int>>([])

    /// Runs a program and waits for it.
    /// - Parameters:
    ///   - command: The program and its arguments; looked up in `PATH`.
    ///   - input: What it reads.
    ///   - environment: Variables to add.
    /// - Returns: What it printed, less the last newline.
    /// - Throws: ``Failure`` when it ends with another code than 0.
    @discardableResult
    public static func run(
        _ command: [String], input: String? = nil, environment: [String: String] = [:]
    ) throws -> String {
        // Files and not pipes: a server that was started in the background inherits them and would hold a pipe open.
        // posix_spawn and not Foundation's Process, which waits for all that its child starts.
        let base = NSTemporaryDirectory() + "/fixture-\(UUID().uuidString)"
        let names = (input: base + ".in", output: base + ".out")
        defer {
            unlink(names.input)
            unlink(names.output)
        }
        try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: names.input))
        let variables = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("PG") }.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        let status = try spawn(["/usr/bin/env", "-C", "/"] + command, variables, names.input, names.output)
        var text = (try? String(contentsOfFile: names.output, encoding: .utf8)) ?? ""
        if text.hasSuffix("\n") { text.removeLast() }
        guard status == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")): \(text)")
        }
        return text
    }
}

/// Starts a program with its input and output in files, and waits for it alone.
private func spawn(
    _ command: [String], _ environment: [String], _ input: String, _ output: String
) throws -> Int32 {
    #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    #else
    var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // A server outlives the command that starts it and must not hold descriptors of this process. Closing a number that
    // is not open is no error here.
    for descriptor in 3..<Int32(256) { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var arguments = command.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, command[0], &actions, nil, &arguments, &variables)
    guard code == 0 else { throw PostgresFixture.Failure(description: "posix_spawn: \(code)") }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
        guard errno == EINTR else { throw PostgresFixture.Failure(description: "waitpid: \(errno)") }
    }
    return status
}

/// Who runs the server when the tests run as root, which `initdb` refuses.
private struct UnprivilegedUser {
    let name: String
    let prefix: [String]

    static let current: UnprivilegedUser? = {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            let user = String(entry.pointee.pw_uid)
            let group = String(entry.pointee.pw_gid)
            return UnprivilegedUser(
                name: name, prefix: ["setpriv", "--reuid", user, "--regid", group, "--clear-groups"])
        }
        return nil
    }()
}
