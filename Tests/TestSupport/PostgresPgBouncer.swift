import Foundation

/// PgBouncer in transaction mode before a server of the tests.
public final class PgBouncer: Sendable {
    private let server: PostgresFixture
    private let port: Int
    private var pidFile: String { "\(server.directory)/bouncer-\(port).pid" }

    private static let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether the program is on this machine.
    public static var isAvailable: Bool { program != nil }

    private init(server: PostgresFixture, port: Int) {
        self.server = server
        self.port = port
    }

    /// Starts it with two server connections a database.
    /// - Parameter server: The server behind it.
    /// - Returns: The running pooler.
    public static func start(before server: PostgresFixture) throws -> PgBouncer {
        guard let program else { throw PostgresFixture.Failure(description: "PgBouncer is not installed.") }
        let pooler = PgBouncer(server: server, port: try PostgresFixture.freePort())
        let base = "\(server.directory)/bouncer-\(pooler.port)"
        try "\"\(server.superuser)\" \"\"\n".write(toFile: base + ".users", atomically: false, encoding: .utf8)
        try """
        [databases]
        * = host=\(server.directory) port=\(server.port)
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(pooler.port)
        unix_socket_dir =
        auth_type = trust
        auth_file = \(base).users
        pool_mode = transaction
        default_pool_size = 2
        logfile = \(base).log
        pidfile = \(base).pid
        """.write(toFile: base + ".ini", atomically: false, encoding: .utf8)
        try server.asOwner([program, "-q", "-d", base + ".ini"])
        // It goes into the background before it listens.
        for _ in 0..<500 {
            if pooler.isListening { return pooler }
            usleep(20_000)
        }
        throw PostgresFixture.Failure(description: "PgBouncer does not listen.")
    }

    private var isListening: Bool {
        let descriptor = socket(AF_INET, streamType, 0)
        defer { close(descriptor) }
        var address = loopbackAddress(port: port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// libpq's keywords for a database behind it.
    public var parameters: [String: String] {
        server.tcpParameters().merging(["port": String(port)]) { $1 }
    }

    /// Stops it at once. With SIGKILL: it inherits the signal mask of the thread that started it, which may block others.
    public func stop() {
        guard let text = try? String(contentsOfFile: pidFile, encoding: .utf8),
            let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return }
        kill(process, SIGKILL)
    }
}
