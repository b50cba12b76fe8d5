import CLibPQ

/// Opening a connection: the part that blocks, on a thread of ``BlockingPool``.
struct Connecting: Sendable {
    let configuration: PGConfiguration
    let loop: PGEventLoop
    let observer: (any PGPoolObserver)?
    /// Where the blocking part runs.
    let threads: BlockingPool
    /// Where the session's cancellations run.
    let cancels: BlockingPool

    /// Connects, asking for the password where a provider is set, and runs the session's setup.
    func connect() async -> Result<PGSession, ConnectFailure> {
        var password: String?
        if let provider = configuration.passwordProvider {
            switch await ask(provider) {
            case .success(let found): password = found
            case .failure(let failure): return .failure(failure)
            }
        }
        var result = await attempt(password)
        if case .failure(let failure) = result, failure.isPasswordRefused, let provider = configuration.passwordProvider
        {
            // The password may have been changed since it was read, or while it was.
            switch await ask(provider) {
            case .success(let found) where found != password: result = await attempt(found)
            default: break
            }
        }
        guard case .success(let session) = result else { return result }
        // A server that falls silent after the login must not hold the connection's place for ever. A pooler may have the first
        // statement wait for a server.
        let limit = max(configuration.connectTimeout, configuration.pool.acquireTimeout)
        let timer = loop.schedule(at: .now + limit) {
            session.close(PGError(.connectionFailed, "The setup of a new session took too long."))
        }
        defer { loop.cancelTimer(timer) }
        do {
            for statement in configuration.sessionSetup { _ = try await session.execute(statement, [], format: .text) }
        } catch {
            let cause = error as? PGError
            session.close(PGError(.connectionFailed))
            return .failure(
                ConnectFailure(
                    PGError(
                        .connectionFailed, "The setup of a new session failed: \(cause?.description ?? "unknown")",
                        server: cause?.server, detail: cause?.detail), kind: .other))
        }
        return result
    }

    private func ask(_ provider: @Sendable () async throws -> String?) async -> Result<String?, ConnectFailure> {
        do {
            return .success(try await provider())
        } catch {
            return .failure(
                ConnectFailure(
                    PGError(
                        .connectionFailed, "The password for the database could not be read.",
                        detail: String(describing: error)), kind: .other))
        }
    }

    private func attempt(_ password: String?) async -> Result<PGSession, ConnectFailure> {
        await threads.run { connectBlocking(password) }
    }

    private func connectBlocking(_ password: String?) -> Result<PGSession, ConnectFailure> {
        var parameters = configuration.parameters
        if let password { parameters["password"] = password }
        if parameters["connect_timeout"] == nil {
            parameters["connect_timeout"] = String(max(2, configuration.connectTimeout.components.seconds))
        }
        for (key, value) in parameters where key.utf8.contains(0) || value.utf8.contains(0) {
            return .failure(
                ConnectFailure(
                    PGError(.invalidArgument, "A connection parameter contains a NUL byte."), kind: .configuration))
        }
        let name = parameters["dbname"] ?? ""
        // Otherwise a database whose name has an equals sign would be read as a connection string.
        let isURI = name.hasPrefix("postgres://") || name.hasPrefix("postgresql://")
        let pairs = Array(parameters)
        let keywords = pairs.map { strdup($0.key) }
        let values = pairs.map { strdup($0.value) }
        defer { for pointer in keywords + values { free(pointer) } }
        let raw = PQconnectdbParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], isURI ? 1 : 0)
        guard let raw else {
            return .failure(ConnectFailure(PGError(.connectionFailed, "There is no memory left."), kind: .other))
        }
        return prepare(ConnectionPointer(raw: raw))
    }

    /// Checks and prepares a connection that was opened.
    private func prepare(_ connection: ConnectionPointer) -> Result<PGSession, ConnectFailure> {
        func fail(_ failure: ConnectFailure) -> Result<PGSession, ConnectFailure> {
            PQfinish(connection.raw)
            return .failure(failure)
        }
        guard PQstatus(connection.raw) == CONNECTION_OK else {
            return fail(
                ConnectFailure(
                    text: connection.message,
                    usedPassword: PQconnectionUsedPassword(connection.raw) == 1
                        || PQconnectionNeedsPassword(connection.raw) == 1))
        }
        let notices = NoticeCollector(observer: observer)
        notices.install(connection)
        func parameter(_ name: String) -> String? {
            PQparameterStatus(connection.raw, name).map { String(cString: $0) }
        }
        if parameter("client_encoding") != "UTF8", PQsetClientEncoding(connection.raw, "UTF8") != 0 {
            return fail(
                ConnectFailure(
                    PGError(
                        .connectionFailed, "The server does not speak UTF-8 on this database.",
                        detail: connection.message), kind: .configuration))
        }
        if parameter("standard_conforming_strings") == "off" {
            PQclear(PQexec(connection.raw, "SET standard_conforming_strings = on"))
        }
        guard parameter("standard_conforming_strings") != "off" else {
            return fail(
                ConnectFailure(
                    PGError(
                        .connectionFailed,
                        "The server does not set standard_conforming_strings, without which a "
                            + "statement cannot be judged."), kind: .configuration))
        }
        guard PQsetnonblocking(connection.raw, 1) == 0, PQenterPipelineMode(connection.raw) == 1,
            let cancelKey = CancelKey(connection)
        else {
            return fail(
                ConnectFailure(
                    PGError(.connectionFailed, "The connection cannot be used.", detail: connection.message),
                    kind: .other))
        }
        clibpq_set_keepalive(PQsocket(connection.raw), 30, 10, 3)
        func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
        let facts = PGSession.Facts(
            serverVersion: Int(PQserverVersion(connection.raw)), processID: PQbackendPID(connection.raw),
            host: text(PQhost(connection.raw)), port: text(PQport(connection.raw)),
            user: text(PQuser(connection.raw)), database: text(PQdb(connection.raw)),
            isEncrypted: PQsslInUse(connection.raw) == 1)
        let session = PGSession(
            connection, facts: facts, cancelKey: cancelKey, cancels: cancels, notices: notices, limits: configuration,
            loop: loop, observer: observer)
        guard session.attach() else {
            return fail(
                ConnectFailure(PGError(.connectionFailed, "The system has no descriptors left."), kind: .other))
        }
        return .success(session)
    }
}

/// Why a connection could not be opened.
struct ConnectFailure: Error, Sendable {
    enum Kind: Sendable, Hashable {
        /// The server is coming up and will answer soon.
        case startingUp
        /// The server has no room for another connection.
        case full
        /// The password is wrong.
        case password
        /// Nothing will change by itself.
        case configuration
        case other
    }

    let error: PGError
    let kind: Kind
    /// Whether asking for the password again can help. Also for texts in other languages, which cannot be told apart.
    let isPasswordRefused: Bool

    init(_ error: PGError, kind: Kind) {
        self.error = error
        self.kind = kind
        isPasswordRefused = kind == .password
    }

    /// Sorts libpq's text, which names host, port and user and so is for operators only. libpq does not give the
    /// SQLSTATE of a refused connection; its texts are English unless the program has set a locale, the server's are in
    /// the server's `lc_messages`.
    init(text: String, usedPassword: Bool) {
        let table: [(String, String, Kind)] = [
            ("password authentication failed", "password authentication failed (SQLSTATE 28P01)", .password),
            ("no password supplied", "the server asks for a password and there is none", .password),
            ("starting up", "the server is starting up (SQLSTATE 57P03)", .startingUp),
            ("not yet accepting", "the server is starting up (SQLSTATE 57P03)", .startingUp),
            ("in recovery mode", "the server is recovering from a crash (SQLSTATE 57P03)", .startingUp),
            ("shutting down", "the server is shutting down (SQLSTATE 57P03)", .other),
            ("too many clients", "the server has too many connections (SQLSTATE 53300)", .full),
            ("too many connections", "the server has too many connections (SQLSTATE 53300)", .full),
            ("remaining connection slots", "the server has too many connections (SQLSTATE 53300)", .full),
            (
                "no pg_hba.conf entry", "the server's access rules refuse this connection (SQLSTATE 28000)",
                .configuration
            ),
            (
                "pg_hba.conf rejects", "the server's access rules refuse this connection (SQLSTATE 28000)",
                .configuration
            ),
            ("role \"", "the user does not exist or may not log in (SQLSTATE 28000)", .configuration),
            ("database \"", "the database does not exist or may not be used (SQLSTATE 3D000)", .configuration),
            ("definition of service", "the service is not defined", .configuration),
            ("service file", "the service is not defined", .configuration),
            ("invalid connection option", "a connection parameter is not known", .configuration),
            ("invalid ", "a connection parameter is not valid", .configuration),
            ("certificate", "the TLS certificate was not accepted", .configuration),
            ("SSL", "TLS could not be set up", .configuration),
            ("read-only", "no host accepts the wanted kind of session (target_session_attrs)", .other),
            ("hot standby", "no host accepts the wanted kind of session (target_session_attrs)", .other),
            ("not in hot standby", "no host accepts the wanted kind of session (target_session_attrs)", .other),
            ("Connection refused", "connection refused", .other),
            ("No such file or directory", "connection refused (no such socket)", .other),
            ("timeout expired", "the server did not answer in time", .other),
            ("could not translate host name", "the host name cannot be resolved", .other),
            ("No route to host", "the host cannot be reached", .other),
            ("Network is unreachable", "the network cannot be reached", .other),
            ("server closed the connection", "the server closed the connection", .other),
        ]
        let match = table.first { text.contains($0.0) }
        error = PGError(
            .connectionFailed, "The database cannot be reached: \(match?.1 ?? "the server refused the connection").",
            detail: text)
        kind = match?.2 ?? .other
        isPasswordRefused = kind == .password || (match == nil && usedPassword)
    }
}
