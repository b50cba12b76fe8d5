import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import AgentCore

/// Something wrong that is put into a good installation, and what a checkup must say of it.
struct PlantedFault: Sendable, CustomTestStringConvertible {
    let what: String
    let point: CheckPoint
    let status: Finding.Status
    let plant: @Sendable (Installation) throws -> Void

    var testDescription: String { what }

    init(
        _ what: String, _ point: CheckPoint, _ status: Finding.Status,
        _ plant: @escaping @Sendable (Installation) throws -> Void
    ) {
        self.what = what
        self.point = point
        self.status = status
        self.plant = plant
    }

    static let all: [PlantedFault] = configuration + http + databases + files + certificates + accounts + machine

    private static let configuration = [
        PlantedFault("an unknown key", .configurationValid, .fail) {
            $0.issues = [
                ConfigurationIssue(
                    source: "agentd.yaml", line: 3, column: 1, key: "databses", message: "unknown key",
                    suggestion: "did you mean \"databases\"?")
            ]
        },
        PlantedFault("a password in the file", .secretsInline, .warn) {
            $0.configuration.databases[0].password = .literal(Installation.password)
            $0.origins["databases[0].password"] = .file(path: "agentd.yaml", line: 5)
        },
        PlantedFault("a password in the shared store's address", .secretsInline, .warn) {
            $0.configuration.state.store = "postgres://agent:\(Installation.password)@db.example.com/state"
            $0.origins["state.store"] = .file(path: "agentd.yaml", line: 9)
        },
        PlantedFault("no secret file", .secretFileSet, .warn) { $0.configuration.secretFile = nil },
        PlantedFault("no state folder", .stateDirectory, .warn) { $0.configuration.state.directory = nil },
        PlantedFault("a verbose log", .logLevel, .warn) { $0.configuration.telemetry.logLevel = .debug },
        PlantedFault("a model over plain HTTP", .modelTransport, .fail) {
            $0.configuration.llm.baseURL = "http://models.example.com/v1"
        },
        PlantedFault("a model whose address looks like loopback", .modelTransport, .fail) {
            $0.configuration.llm.baseURL = "http://localhost@models.example.com/v1"
        },
        PlantedFault("no audit log", .auditOn, .warn) { $0.configuration.audit.file = nil },
        PlantedFault("an audit log without a seal", .auditSealed, .warn) { $0.configuration.secretFile = nil },
        PlantedFault("an audit log without statements", .auditText, .warn) { $0.configuration.audit.sql = .none },
        PlantedFault("public metrics", .metricsListener, .fail) {
            $0.configuration.telemetry.metricsListen = "0.0.0.0:9464"
        },
        PlantedFault("metrics on a private address", .metricsListener, .warn) {
            $0.configuration.telemetry.metricsListen = "192.168.4.5:9464"
        },
    ]

    private static let http = [
        PlantedFault("no authentication", .authentication, .fail) { $0.configuration.http.auth.enabled = false },
        PlantedFault("plain HTTP", .httpTransport, .fail) {
            $0.configuration.http.tls = HTTPConfiguration.TLSConfiguration()
        },
        PlantedFault("a certificate without a key", .httpTransport, .fail) {
            $0.configuration.http.tls.keyFile = nil
        },
        PlantedFault("TLS that a proxy is said to end", .httpTransport, .warn) {
            $0.configuration.http.tls = HTTPConfiguration.TLSConfiguration()
            $0.configuration.http.tls.terminatedByProxy = true
        },
        PlantedFault("every network", .httpListen, .warn) { $0.configuration.http.listen = "[::]:8443" },
        PlantedFault("no host names", .allowedHosts, .warn) { $0.configuration.http.allowedHosts = [] },
        PlantedFault("any host name", .allowedHosts, .fail) { $0.configuration.http.allowedHosts = ["*"] },
        PlantedFault("any origin", .allowedOrigins, .fail) { $0.configuration.http.allowedOrigins = ["*"] },
        PlantedFault("a plain origin", .allowedOrigins, .warn) {
            $0.configuration.http.allowedOrigins = ["http://intranet.example.com"]
        },
        PlantedFault("everybody as a proxy", .trustedProxies, .fail) {
            $0.configuration.http.clientIP.header = "X-Forwarded-For"
            $0.configuration.http.clientIP.trustedProxies = ["0.0.0.0/0"]
        },
        PlantedFault("a header that nobody may send", .trustedProxies, .warn) {
            $0.configuration.http.clientIP.header = "X-Forwarded-For"
        },
        PlantedFault("free guessing", .signInLimits, .warn) {
            $0.configuration.http.auth.rateLimitAttempts = 1_000_000
        },
        PlantedFault("sessions of a year", .sessionLifetime, .warn) {
            $0.configuration.http.auth.sessionLifetime = .seconds(365 * 86400)
        },
        PlantedFault("huge bodies", .requestLimits, .warn) { $0.configuration.http.maxBodyBytes = 1 << 30 },
        PlantedFault("OAuth for any audience", .oauth, .fail) {
            $0.configuration.http.auth.oauth.issuer = "https://id.example.com"
        },
    ]

    private static let databases = [
        PlantedFault("writes", .allowWrites, .warn) { $0.configuration.databases[0].allowWrites = true },
        PlantedFault("writes that nobody approves", .writeConfirmation, .warn) {
            $0.configuration.databases[0].allowWrites = true
            $0.configuration.databases[0].writeConfirmation = .client
        },
        PlantedFault("no sslmode", .sslmode, .fail) { $0.configuration.databases[0].sslmode = nil },
        PlantedFault("a server that is not verified", .sslmode, .warn) {
            $0.configuration.databases[0].sslmode = .require
        },
        PlantedFault("a plain second host", .sslmode, .fail) {
            $0.configuration.databases[0].host = nil
            $0.configuration.databases[0].hosts = [HostAddress(host: "/run/pg"), HostAddress(host: "10.0.0.9")]
            $0.configuration.databases[0].sslmode = .prefer
        },
        PlantedFault("a function that runs text", .allowFunctions, .fail) {
            $0.configuration.databases[0].allowFunctions = ["pg_catalog.query_to_xml(text,boolean,boolean,text)"]
        },
        PlantedFault("a whole schema of functions", .allowFunctions, .warn) {
            $0.configuration.databases[0].allowFunctions = ["app.*"]
        },
        PlantedFault("password hashes", .allowRelations, .warn) {
            $0.configuration.databases[0].allowRelations = ["pg_catalog.pg_authid"]
        },
        PlantedFault("any role", .requireLeastPrivilege, .warn) {
            $0.configuration.databases[0].requireLeastPrivilege = false
        },
        PlantedFault("queries of an hour", .databaseLimits, .warn) {
            $0.configuration.databases[0].limits.statementTimeout = .seconds(3600)
        },
        PlantedFault("an old database password", .passwordAge, .warn) { installation in
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -200 * 86400)],
                ofItemAtPath: installation.path("shop.password"))
        },
    ]

    private static let files = [
        PlantedFault("a configuration that everybody may change", .configurationFile, .fail) {
            try $0.chmod("agentd.yaml", 0o646)
        },
        PlantedFault("a token file that others may read", .tokenFile, .fail) { try $0.chmod("tokens.yaml", 0o644) },
        PlantedFault("a user file that others may read", .userFile, .fail) { try $0.chmod("users.yaml", 0o604) },
        PlantedFault("a secret file that others may read", .secretFile, .fail) { try $0.chmod("secret", 0o644) },
        PlantedFault("a missing secret file", .secretFile, .fail) {
            try FileManager.default.removeItem(atPath: $0.path("secret"))
        },
        PlantedFault("an old key", .secretKeyAge, .warn) { $0.now = $0.now + .seconds(400 * 86400) },
        PlantedFault("a private key that others may read", .tlsFiles, .fail) { try $0.chmod("tls.key", 0o644) },
        PlantedFault("an audit log that others may read", .auditFile, .fail) { try $0.chmod("audit.jsonl", 0o644) },
        PlantedFault("a state folder that others may write to", .stateFolder, .fail) { try $0.chmod("state", 0o777) },
        PlantedFault("a state folder that others may look into", .stateFolder, .warn) { try $0.chmod("state", 0o755) },
        PlantedFault("a password file that others may read", .passwordFiles, .fail) {
            try $0.chmod("shop.password", 0o644)
        },
        PlantedFault("a folder in which everybody may exchange files", .tokenFile, .fail) {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: $0.folder)
        },
        PlantedFault("a passfile that others may read", .passfile, .fail) {
            try $0.write(".pgpass", "*:*:*:reader:\(Installation.password)\n", mode: 0o644)
            $0.environment["HOME"] = $0.folder
        },
        PlantedFault("definitions that everybody may change", .definitionFiles, .fail) {
            try $0.write("tools.yaml", "tools: []\n", mode: 0o666)
            $0.configuration.definitions = [$0.path("tools.yaml")]
        },
    ]

    private static let certificates = [
        PlantedFault("an expired certificate", .serverCertificate, .fail) { $0.now = $0.now + .seconds(91 * 86400) },
        PlantedFault("a certificate that expires soon", .serverCertificate, .warn) {
            $0.now = $0.now + .seconds(80 * 86400)
        },
        PlantedFault("another certificate's key", .serverCertificate, .fail) {
            try $0.write("tls.key", try TestAuthority().issue().key)
        },
        PlantedFault("a certificate for another host", .serverCertificate, .fail) {
            $0.configuration.http.allowedHosts = ["other.example.com:8443"]
        },
        PlantedFault("a chain in the wrong order", .serverCertificate, .fail) {
            try $0.write("chain.pem", try TestAuthority(name: "Somebody else").root)
            $0.configuration.http.tls.chainFile = $0.path("chain.pem")
        },
        PlantedFault("a self-signed certificate", .serverCertificate, .warn) {
            let issued = try TestAuthority.selfSigned()
            try $0.write("tls.pem", issued.certificate)
            try $0.write("tls.key", issued.key)
        },
        PlantedFault("an expired client certificate", .databaseCertificates, .fail) {
            var request = TestAuthority.Request()
            request.ends = -60
            request.isForServers = false
            let issued = try TestAuthority().issue(request)
            try $0.write("client.pem", issued.certificate)
            try $0.write("client.key", issued.key)
            $0.configuration.databases[0].sslcert = $0.path("client.pem")
            $0.configuration.databases[0].sslkey = $0.path("client.key")
        },
        PlantedFault("an authority that does not exist", .databaseCertificates, .fail) {
            $0.configuration.databases[0].sslrootcert = $0.path("nowhere.pem")
        },
    ]

    private static let accounts = [
        PlantedFault("a damaged token file", .tokensReadable, .fail) { try $0.write("tokens.yaml", "tokens: [1, 2\n") },
        PlantedFault("nobody who can call", .tokensPresent, .warn) {
            try FileManager.default.removeItem(atPath: $0.path("tokens.yaml"))
            try FileManager.default.removeItem(atPath: $0.path("users.yaml"))
        },
        PlantedFault("an expired token", .tokensExpired, .warn) {
            let past = $0.now - .seconds(10 * 86400)
            _ = try $0.tokens.create(TokenRequest(expires: past + .seconds(86400)), at: past)
        },
        PlantedFault("a token for ever", .tokensNeverExpire, .warn) {
            _ = try $0.tokens.create(TokenRequest(expires: nil))
        },
        PlantedFault("a token for years", .tokensLongLived, .warn) {
            _ = try $0.tokens.create(TokenRequest(expires: $0.now + .seconds(1000 * 86400)))
        },
        PlantedFault("a token that nobody uses", .tokensUnused, .warn) {
            _ = try $0.tokens.create(TokenRequest(expires: nil), at: $0.now - .seconds(91 * 86400))
        },
        PlantedFault("an old token", .tokensOld, .warn) {
            _ = try $0.tokens.create(TokenRequest(expires: nil), at: $0.now - .seconds(100 * 86400))
        },
        PlantedFault("a token of an administrator", .tokensAdmin, .warn) {
            _ = try $0.tokens.create(TokenRequest(scopes: [.admin]))
        },
        PlantedFault("a token that approves its own writes", .tokensApprove, .warn) {
            _ = try $0.tokens.create(TokenRequest(scopes: [.read, .write, .approve]))
        },
        PlantedFault("a token for a database that is gone", .tokensDatabases, .warn) {
            _ = try $0.tokens.create(TokenRequest(databases: ["gone"]))
        },
        PlantedFault("a damaged user file", .usersReadable, .fail) { try $0.write("users.yaml", "users: nobody\n") },
        PlantedFault("a weak password hash", .usersScrypt, .fail) {
            let cost = try #require(PasswordHash.Cost(cost: 10, blockSize: 8, parallelism: 1))
            try UserFile(path: $0.path("users.yaml")).add(
                name: "bob", password: "violet kettle march lantern 8", cost: cost)
        },
        PlantedFault("an old password", .usersPasswordAge, .warn) { $0.now = $0.now + .seconds(400 * 86400) },
        PlantedFault("many administrators", .usersAdmin, .warn) {
            let cost = try #require(PasswordHash.Cost(cost: 10, blockSize: 8, parallelism: 1))
            for name in ["a1", "a2", "a3", "a4"] {
                try UserFile(path: $0.path("users.yaml")).add(
                    name: name, password: "violet kettle march lantern 8", scopes: [.admin], cost: cost)
            }
        },
    ]

    private static let machine = [
        PlantedFault("agentd as root", .processUser, .fail) {
            try FileManager.default.createDirectory(
                atPath: $0.path("proc/4711"), withIntermediateDirectories: false)
            try $0.write("proc/4711/comm", "agentd\n")
            try $0.write("proc/4711/status", "Name:\tagentd\nUid:\t0\t0\t0\t0\n")
        },
        PlantedFault("agentd as root, with another configuration", .processUser, .warn) {
            try FileManager.default.createDirectory(
                atPath: $0.path("proc/4711"), withIntermediateDirectories: false)
            try $0.write("proc/4711/comm", "agentd\n")
            try $0.write("proc/4711/cmdline", "agentd\0--http\0--config\0/elsewhere/agentd.yaml\0")
            try $0.write("proc/4711/status", "Name:\tagentd\nUid:\t0\t0\t0\t0\n")
        },
        PlantedFault("a unit that names no user", .processUser, .fail) {
            try $0.write("units/agentd.service", "[Service]\nExecStart=agentd --http\n", mode: 0o644)
        },
        PlantedFault("nobody who restarts it", .processUnit, .warn) {
            try FileManager.default.removeItem(atPath: $0.path("units/agentd.service"))
        },
        PlantedFault("a lockdown", .lockdown, .warn) { try Lockdown(files: $0.subject.files).begin() },
        PlantedFault("a clock of the past", .clock, .fail) { $0.now = Timestamp(seconds: 1_000_000_000) },
    ]
}
