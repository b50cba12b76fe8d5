import AgentCore
import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore

/// `GET /healthz`: the process answers. `GET /readyz`: it can serve, and what is wrong.
struct HealthRoutes {
    let readiness: Readiness
    /// Whether the server is ending.
    let isEnding: @Sendable () -> Bool
    /// What could not be reloaded, a sentence each without secrets.
    let problems: @Sendable () -> [String]

    func add(to routes: some RouterMethods<AgentRequestContext>) {
        routes.get("healthz") { _, _ in Self.alive }
        routes.head("healthz") { _, _ in Self.alive.createHeadResponse() }
        routes.get("readyz") { _, _ in await ready() }
        routes.head("readyz") { _, _ in await ready().createHeadResponse() }
    }

    private static var alive: Response { answer(.ok, ["status": "ok"]) }

    /// 503 when no database answers, or the server is ending. One of several that is down is told and is no reason to send
    /// everybody away who needs the others.
    private func ready() async -> Response {
        let report = await readiness.report()
        let problems = problems()
        var databases = JSONObject()
        for (name, answer) in report.databases { databases[name] = .string(answer.rawValue) }
        let isReady = report.isServing && !isEnding()
        let status =
            if isEnding() {
                "ending"
            } else if !report.isServing {
                "unavailable"
            } else {
                report.isComplete && problems.isEmpty ? "ready" : "degraded"
            }
        var object = JSONObject()
        object["status"] = .string(status)
        object["databases"] = .object(databases)
        if !problems.isEmpty { object["problems"] = .array(problems.map { .string($0) }) }
        return Self.answer(isReady ? .ok : .serviceUnavailable, object)
    }

    private static func answer(_ status: HTTPResponse.Status, _ object: JSONObject) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONValue.object(object).serialized())))
    }
}
