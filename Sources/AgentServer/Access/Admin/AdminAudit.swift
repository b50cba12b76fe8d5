import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPProtocol

/// `GET /admin/audit`: the newest lines of the audit log that meet every condition, read as `agentctl audit tail` reads them.
/// Nothing is verified here: who verifies a log on the machine that wrote it trusts that machine.
struct AdminAudit: Sendable {
    let desk: AdminDesk
    /// The file of the log; nil when none is kept.
    let file: String?

    /// Reads a few at a time: a log may be as large as the disk.
    private let reading = BlockingWork(limit: 2, maximumWaiting: 8)
    private static let mostLines = 1000
    private static let mostBytesRead = 256 << 20
    private static let mostBytesShown = 4 << 20
    private static let parameters = [
        "limit", "database", "principal", "verdict", "outcome", "since", "until", "text",
    ]

    init(desk: AdminDesk, file: String?) {
        self.desk = desk
        self.file = file
    }

    /// Registers the route.
    ///
    /// - Parameter routes: Below `/api/v1`, behind authentication.
    func add(to routes: RouterGroup<AgentRequestContext>) {
        routes.get("admin/audit", use: list)
    }

    @Sendable
    func list(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        _ = try desk.administrator(request, context)
        guard let file else {
            throw ProblemDetails(
                .notFound, code: "no-audit-log", title: "There is no audit log", detail: "audit.file is not configured."
            )
        }
        let query = request.uri.queryParameters
        if let unknown = query.first(where: { !Self.parameters.contains(String($0.key)) }) {
            throw AccountBody.invalid(
                "There is no parameter \(PlainText.excerpt(String(unknown.key))); there are "
                    + Self.parameters.joined(separator: ", ") + ".")
        }
        let limit = try Self.limit(query.get("limit"))
        let filter = AuditFilter(
            database: query.get("database"), principal: query.get("principal"), verdict: query.get("verdict"),
            outcome: query.get("outcome"), since: try Self.time(query.get("since"), "since"),
            until: try Self.time(query.get("until"), "until"), text: query.get("text"))
        let result = await reading.run {
            Result { try AuditRecords.last(limit, of: file, matching: filter, mostBytes: Self.mostBytesRead) }
        }
        guard let outcome = result else {
            throw ProblemDetails(
                .serviceUnavailable, code: "busy", title: "Too many read the audit log", fields: [.retryAfter: "1"])
        }
        guard case .success(let tail) = outcome else {
            throw ProblemDetails(
                .serviceUnavailable, code: "audit-unreadable", title: "The audit log cannot be read",
                detail: "The server's log says more.")
        }
        return AccountJSON.response(Self.json(tail))
    }

    /// The newest lines that fit into an answer.
    private static func json(_ tail: AuditRecords.Tail) -> JSONValue {
        var records: [JSONValue] = []
        var bytes = 0
        for record in tail.records.reversed() {
            bytes += record.text.utf8.count
            guard bytes <= mostBytesShown else { break }
            records.append(record.object.map { .object($0) } ?? .object(["damaged": .string(record.text)]))
        }
        let isCut = tail.isCut || records.count < tail.records.count
        return ["records": .array(records.reversed()), "cut": .bool(isCut)]
    }

    private static func limit(_ text: String?) throws(ProblemDetails) -> Int {
        guard let text else { return 100 }
        guard let number = Int(text), (1...mostLines).contains(number) else {
            throw AccountBody.invalid("limit must be from 1 to \(mostLines).")
        }
        return number
    }

    private static func time(_ text: String?, _ name: String) throws(ProblemDetails) -> UTCTime? {
        guard let text else { return nil }
        guard let time = UTCTime(text) else {
            throw AccountBody.invalid(
                "\(name) must be a time such as 2026-11-22T17:00:00Z, or a day such as 2026-11-22.")
        }
        return time
    }
}
