@testable import AgentCore
@testable import AgentServer
import AsyncHTTPClient
import AuthTokens
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import MCPHTTP
import MCPProtocol
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

/// What was logged and counted, for tests that look for causes and for secrets.
final class Witness: Sendable {
    private let lines = Mutex<[String]>([])
    private let counted = Mutex<[String]>([])

    /// Every line, with its metadata.
    var log: String { lines.withLock { $0.joined(separator: "\n") } }
    /// The causes of failures, in their order.
    var causes: [String] { counted.withLock { $0 } }

    func count(_ cause: String) { counted.withLock { $0.append(cause) } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(witness: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let witness: Witness
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            witness.lines.withLock { $0.append("\(event.level) \(event.message) \(all)") }
        }
    }
}

/// A server with accounts on a free port of this machine.
struct AccessServer: Sendable {
    /// The password of the user `ada`.
    static let password = "rainy-tuesday-lamp"

    let port: Int
    let accounts: Accounts
    let files: AccountFiles
    let folder: String
    let witness: Witness

    struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let text: String

        var json: JSONValue? { try? JSONValue.parse(text) }
        var code: String? {
            json?["code"]?.string ?? json?["type"]?.string.map { String($0.dropFirst("/problems/".count)) }
        }
        var challenge: String? { fields[.wwwAuthenticate] }
        /// The cookie to send back.
        var cookie: String? { fields[.setCookie].map { String($0.prefix { $0 != ";" }) } }
    }

    /// Sends a request and waits for the answer.
    func send(
        _ method: String, _ path: String, _ fields: [(String, String)] = [], body: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        if let body {
            if !fields.contains(where: { $0.0 == "Content-Type" }) {
                request.headers.add(name: "Content-Type", value: "application/json")
            }
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        var answered = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { answered.append(HTTPField(name: name, value: value)) }
        }
        let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
        return Answer(status: Int(response.status.code), fields: answered, text: text)
    }

    func get(_ path: String, _ fields: (String, String)...) async throws -> Answer {
        try await send("GET", path, fields)
    }

    func post(_ path: String, _ body: String? = nil, _ fields: (String, String)...) async throws -> Answer {
        try await send("POST", path, fields, body: body)
    }

    /// `tools/list` of MCP, as a client of 2026-07-28 sends it.
    func listTools(_ fields: [(String, String)]) async throws -> Answer {
        try await call("tools/list", [:], fields)
    }

    /// A request of MCP, as a client of 2026-07-28 sends it.
    func call(_ method: String, _ params: JSONObject, _ fields: [(String, String)]) async throws -> Answer {
        var params = params
        params["_meta"] = [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
        ]
        var all =
            fields + [
                ("Accept", "application/json, text/event-stream"), ("MCP-Protocol-Version", "2026-07-28"),
                ("Mcp-Method", method),
            ]
        if let name = params["name"]?.string { all.append(("Mcp-Name", name)) }
        let message: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(params)]
        return try await send("POST", "/mcp", all, body: message.description)
    }

    /// Makes a token that holds at once.
    func token(_ request: TokenRequest = TokenRequest()) throws -> (id: String, text: String) {
        let (record, token) = try accounts.tokens.file.create(request)
        try accounts.tokens.refresh()
        Evidence.secret(token.text)
        return (record.id, token.text)
    }

    /// Signs in.
    func signIn(_ name: String = "ada", password: String = password, _ fields: (String, String)...) async throws
        -> Answer
    {
        try await send(
            "POST", "/api/v1/login", fields,
            body: JSONValue.object(["name": .string(name), "password": .string(password)]).description)
    }

    /// Signs `ada` in with a further field.
    func signIn(sending field: (String, String)) async throws -> Answer {
        try await signIn("ada", password: Self.password, field)
    }

    /// A session of `ada`: the cookie, and the proof for requests that change something.
    func session() async throws -> (cookie: (String, String), csrf: (String, String)) {
        let answer = try await signIn()
        guard let cookie = answer.cookie, let token = answer.json?["csrfToken"]?.string else {
            throw TransportError("not signed in: \(answer.text)")
        }
        return (("Cookie", cookie), ("X-CSRF-Token", token))
    }
}

func bearer(_ token: String) -> (String, String) { ("Authorization", "Bearer \(token)") }

/// Stands for what finds out address and encryption in front of the accounts.
private struct TestPlace: RouterMiddleware {
    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let name = HTTPField.Name("X-Test-Address"), let address = request.headers[name] {
            context.clientAddress = address
        }
        if let name = HTTPField.Name("X-Test-Secure") { context.isSecure = request.headers[name] != nil }
        context.requestID = "test-request"
        return try await next(request, context)
    }
}

/// Runs a server while `body` runs. It has one user, `ada`, who may read and administer.
func withAccessServer<Value: Sendable>(
    _ configure: (inout AgentConfiguration) -> Void = { _ in }, policy: (inout Accounts.Policy) -> Void = { _ in },
    _ body: @escaping @Sendable (AccessServer) async throws -> Value
) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("access-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
        atPath: folder + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var configuration = AgentConfiguration()
    configuration.http.auth.tokenFile = folder + "/tokens.yaml"
    configuration.http.auth.userFile = folder + "/users.yaml"
    configuration.state.directory = folder + "/state"
    configuration.audit.file = folder + "/audit.jsonl"
    configure(&configuration)
    let files = AccountFiles(configuration)
    let cheap = try #require(PasswordHash.Cost(cost: 10, blockSize: 1, parallelism: 1))
    try UserFile(path: files.users).add(
        name: "ada", password: AccessServer.password, scopes: [.read, .admin], cost: cheap)
    var limits = Accounts.Policy(configuration.http.auth)
    policy(&limits)
    let accounts = try Accounts(files: files, policy: limits)
    let witness = Witness()
    let metrics = ServerMetrics()
    let agent = try Agent(configuration: configuration, logger: witness.logger, observers: [metrics])
    metrics.watch(agent)
    metrics.watch(accounts)
    let authentication = CallerAuthentication(
        configuration: configuration.http, accounts: configuration.http.auth.enabled ? accounts : nil,
        logger: witness.logger,
        onFailure: {
            witness.count($0)
            metrics.authenticationFailed($0)
        })
    let router = Router(context: AgentRequestContext.self)
    router.add(middleware: TestPlace())
    let endpoint = MCPEndpoint(server: MCPServer(service: agent.service))
    endpoint.mount(on: router) { head, context in await authentication.endpointDecision(head, context) }
    let access = AccessRoutes(authentication, agent: agent, metrics: metrics)
    access.add(beforeAuthentication: router.group("api/v1"), root: router)
    let closed = router.group("api/v1").add(middleware: AuthenticationMiddleware(authentication))
    access.add(to: closed)
    closed.group().add(middleware: RequiredScope(.write, authentication: authentication))
        .get("writers") { _, _ in "written" }
    let value = try await LocalServer.run(router) { port, _ in
        defer { endpoint.endSessions() }
        return try await body(
            AccessServer(port: port, accounts: accounts, files: files, folder: folder, witness: witness))
    }
    await agent.shutdown()
    Evidence.secret(AccessServer.password)
    Evidence.log(witness.log, from: "access")
    return value
}
