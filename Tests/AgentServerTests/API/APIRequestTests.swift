import Dispatch
import MCPProtocol
import Testing

@testable import AgentCore
@testable import AgentServer

/// A request and what it is answered with.
struct RequestCase: Sendable, CustomTestStringConvertible {
    var request: String
    var body: String?
    var caller: String?
    var status: Int
    var code: String?
    var fields: [(String, String)]

    init(
        _ request: String, body: String? = nil, as caller: String? = "reader", _ status: Int, _ code: String? = nil,
        fields: [(String, String)] = []
    ) {
        self.request = request
        self.body = body
        self.caller = caller
        self.status = status
        self.code = code
        self.fields = fields
    }

    var testDescription: String { "\(request) \(body?.prefix(80) ?? "") as \(caller ?? "nobody")" }
}

@Suite("Requests of the API and their statuses", .timeLimit(.minutes(2)))
struct APIRequestTests {
    static let deep = "{\"sql\":" + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000) + "}"
    static let cases: [RequestCase] = [
        // Who asks.
        RequestCase("GET /api/v1/databases", as: nil, 401, "unauthenticated"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, as: nil, 401, "unauthenticated"),
        RequestCase("GET /api/v1/databases", as: "powerless", 403, "insufficient-scope"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, as: "powerless", 403, "insufficient-scope"),
        RequestCase("POST /api/v1/approvals/00", body: #"{"decision":"approve"}"#, as: nil, 401, "unauthenticated"),
        RequestCase(
            "POST /api/v1/approvals/00", body: #"{"decision":"approve"}"#, as: "writer", 403, "insufficient-scope"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, as: "elsewhere", 404, "database-not-found"),
        // What is there.
        RequestCase("GET /api/v1/nothing", 404, "not-found"),
        RequestCase("GET /nothing", 404, "not-found"),
        RequestCase("GET /api/v1/query", 405, "method-not-allowed"),
        RequestCase("DELETE /api/v1/databases", 405, "method-not-allowed"),
        RequestCase("HEAD /openapi.json", 405),
        RequestCase("PUT /openapi.json", body: "{}", 405, "method-not-allowed"),
        RequestCase("TRACE /api/v1/approvals/00", 405, "method-not-allowed"),
        RequestCase("QUERY /api/v1/query", 405, "method-not-allowed"),
        RequestCase("GET /api/v1/schema?database=shopp", 404, "database-not-found"),
        RequestCase("GET /api/v1/schema?table=customer", 404, "relation-not-found"),
        RequestCase("GET /api/v1/schema?schema=sale", 404, "relation-not-found"),
        RequestCase("POST /api/v1/classify", body: #"{"sql":"SELECT 1","database":"x"}"#, 404, "database-not-found"),
        RequestCase(
            "POST /api/v1/approvals/00", body: #"{"decision":"approve"}"#, as: "anna", 404, "approval-not-found"),
        // How it is asked.
        RequestCase("GET /api/v1/databases?stat=true", 400, "invalid-request"),
        RequestCase("GET /api/v1/databases?state=maybe", 400, "invalid-request"),
        RequestCase("GET /api/v1/databases?state=true&state=true", 400, "invalid-request"),
        RequestCase("GET /api/v1/schema?table=%FF", 400, "invalid-request"),
        RequestCase("GET /api/v1/schema?table=", 400, "invalid-request"),
        RequestCase("GET /api/v1/schema?table=customers&pattern=c", 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: "", 400, "malformed-json"),
        RequestCase("POST /api/v1/query", body: "{", 400, "malformed-json"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"a","sql":"b"}"#, 400, "malformed-json"),
        RequestCase("POST /api/v1/query", body: deep, 400, "malformed-json"),
        RequestCase("POST /api/v1/query", body: "[]", 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: "{}", 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":""}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":null}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":1}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","limit":0}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","limit":1.5}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","limit":1e400}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","offset":-1}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","dryRun":true}"#, 400, "invalid-request"),
        RequestCase("POST /api/v1/approvals/00", body: #"{"decision":"maybe"}"#, as: "anna", 400, "invalid-request"),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, 415, "unsupported-media-type",
            fields: [("Content-Type", "text/plain")]),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, 415, "unsupported-media-type",
            fields: [("Content-Type", "")]),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, 415, "unsupported-media-type",
            fields: [("Content-Type", "application/json"), ("Content-Encoding", "gzip")]),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"\#(String(repeating: "x", count: 100_000))"}"#, 413, "body-too-large"),
        // The statement.
        RequestCase("POST /api/v1/query", body: #"{"sql":"DELETE FROM notes"}"#, 422, "not-a-read"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1; SELECT 2"}"#, 422, "not-a-read"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 'a"}"#, 422, "not-a-read"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT risky()"}"#, 422, "refused-function"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT * FROM pg_authid"}"#, 422, "refused-relation"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SHOW primary_conninfo"}"#, 422, "refused-setting"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT FROM WHERE"}"#, 422, "syntax-error"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT * FROM nowhere"}"#, 422, "sql-error"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1/0"}"#, 422, "sql-error"),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"DELETE FROM notes","database":"stock"}"#, 403, "insufficient-scope"),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"DELETE FROM notes","database":"stock"}"#, as: "guest", 403,
            "insufficient-scope"),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"DELETE FROM nowhere","database":"stock"}"#, as: "writer", 422,
            "sql-error"),
        RequestCase("POST /api/v1/query", body: #"{"sql":"DELETE FROM notes"}"#, as: "writer", 422, "not-a-read"),
        // The database.
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","database":"down"}"#, 503, "database-unavailable"),
        RequestCase("GET /api/v1/schema?database=down", 503, "database-unavailable"),
        // What is right.
        RequestCase("GET /api/v1/databases", 200),
        RequestCase("GET /api/v1/databases", as: "elsewhere", 200),
        RequestCase("GET /api/v1/schema", 200),
        RequestCase("GET /api/v1/schema?database=shop&schema=sales", 200),
        RequestCase("GET /api/v1/schema?pattern=order*", 200),
        RequestCase("GET /api/v1/schema?pattern=nothing+like+it", 200),
        RequestCase("GET /api/v1/schema?table=sales.orders", 200),
        RequestCase("POST /api/v1/classify", body: #"{"sql":"DELETE FROM t"}"#, 200),
        RequestCase("POST /api/v1/query", body: #"{"sql":"SELECT 1","limit":1.0,"offset":0,"dry_run":false}"#, 200),
        RequestCase(
            "POST /api/v1/query", body: #"{"sql":"SELECT 1"}"#, 200,
            fields: [("Content-Type", "application/json; charset=utf-8")]),
    ]

    @Test("Each request has its status and its code, and the document describes the answer")
    func statuses() async throws {
        try await APIFixture.with { api in
            for one in Self.cases {
                let words = one.request.split(separator: " ").map(String.init)
                let reply = try await api.send(words[0], words[1], body: one.body, as: one.caller, fields: one.fields)
                #expect(reply.status == one.status, "\(one.testDescription): \(reply.json)")
                #expect(reply.code == one.code, "\(one.testDescription): \(reply.json)")
            }
        }
    }

    @Test("A text to classify has a bound, and a caller's third long text is turned away while short ones go on")
    func longTexts() async throws {
        try await APIFixture.with({ $0.http.maxBodyBytes = 1 << 20 }) { api in
            let over = try await api.post("/classify", ["sql": .string(String(repeating: "(", count: 100_001))])
            #expect(over.status == 400)
            #expect(over["errors"]?[0]?["detail"] == "must have at most 100000 characters, and has 100001")
            let long = "SELECT 1 /*" + String(repeating: "x", count: LongTexts.longestInPlace) + "*/"
            let (caller, gate) = (CallerKey(principal: "", token: "reader"), DispatchSemaphore(value: 0))
            let held = (0..<2).map { _ in
                Task {
                    try await LongTexts.shared.read(long, for: caller) {
                        gate.wait()
                        gate.signal()
                    }
                }
            }
            defer { gate.signal() }
            while LongTexts.shared.count(of: caller) < held.count { await Task.yield() }
            for path in ["/query", "/classify"] {
                let refused = try await api.post(path, ["sql": .string(long)])
                #expect(refused.status == 429 && refused.code == "too-many-at-once")
                #expect(refused.field("Retry-After") == ["1"])
                let short = try await api.post(path, ["sql": "SELECT 1"])
                #expect(short.status == 200)
            }
        }
        try await APIFixture.with { api in
            let long = "SELECT 1 /*" + String(repeating: "x", count: LongTexts.longestInPlace) + "*/"
            let reply = try await api.post("/query", ["sql": .string(long)])
            #expect(reply.status == 200)
        }
    }

    @Test("What is wrong with a request is named, with the nearest spelling")
    func names() async throws {
        try await APIFixture.with { api in
            let reply = try await api.post("/query", ["sqll": "SELECT 1", "limit": "many"])
            let errors = try #require(reply["errors"]?.array)
            #expect(errors.map { $0["name"]?.string } == ["sqll", "limit", "sql"])
            #expect(errors[0]["suggestion"] == "sql")
            #expect(errors.allSatisfy { $0["in"] == "body" })
            let query = try await api.get("/schema?tabel=x")
            #expect(query["errors"]?[0]?["suggestion"] == "table")
            #expect(query["errors"]?[0]?["in"] == "query")
        }
    }

    @Test("A body of many unknown members is not repeated whole")
    func bounded() async throws {
        try await APIFixture.with { api in
            let members = (0..<5000).map { "\"member\($0)\":1" }.joined(separator: ",")
            let reply = try await api.send("POST", "/api/v1/query", body: "{\(members)}")
            #expect(reply.status == 400)
            #expect(reply.bytes.count < 8000)
        }
    }

    @Test("JSON that is none is answered with its place")
    func place() async throws {
        try await APIFixture.with { api in
            let reply = try await api.send("POST", "/api/v1/query", body: "{\n  \"sql\": SELECT\n}")
            #expect(reply["line"] == 2 && reply["column"] == 10)
        }
    }

    @Test("405 says what the path takes, 401 and 403 how to go on, 503 when")
    func fields() async throws {
        try await APIFixture.with { api in
            #expect(try await api.send("GET", "/api/v1/query").field("Allow") == ["POST"])
            #expect(try await api.send("POST", "/openapi.json").field("Allow") == ["GET"])
            #expect(try await api.get("/databases", as: nil).field("WWW-Authenticate") == ["Bearer"])
            let refused = try await api.post("/query", ["sql": "DELETE FROM notes", "database": "stock"])
            #expect(
                refused.field("WWW-Authenticate") == ["Bearer error=\"insufficient_scope\", scope=\"read write\""])
            let down = try await api.post("/query", ["sql": "SELECT 1", "database": "down"])
            #expect(down.field("Retry-After") == ["1"])
            #expect(down.field("Cache-Control") == ["no-store"])
        }
    }

    @Test("A refusal says what, where, why, and what would allow it")
    func refusals() async throws {
        try await APIFixture.with { api in
            let function = try await api.post("/query", ["sql": "SELECT 1,\n  risky()"])
            #expect(function["name"] == "public.risky()" && function["line"] == 2 && function["column"] == 3)
            #expect(function["offset"] == 12)
            #expect(function["allowedBy"]?.string?.hasPrefix("allow_functions: [public.risky") == true)
            let write = try await api.post("/query", ["sql": "DELETE FROM notes"])
            #expect(write["reason"] == "writes" && write["line"] == 1 && write["column"] == 1)
            #expect(write["allowedBy"] == .null)
            let syntax = try await api.post("/query", ["sql": "SELECT é,\n  FROM WHERE"])
            #expect(syntax["sqlState"] == "42601" && syntax["line"] == 2)
            // A page is read through a cursor, whose text is none of the caller's.
            let page = try await api.post("/query", ["sql": "SELECT * FROM nowhere", "offset": 1])
            #expect(page["sqlState"] == "42P01" && page["line"] == 1 && page["column"] == 15)
        }
    }

    @Test("A statement that takes too long is ended")
    func timeout() async throws {
        try await APIFixture.with {
            $0.databases[0].limits.statementTimeout = .milliseconds(200)
        } _: { api in
            let reply = try await api.post("/query", ["sql": "SELECT pg_sleep(30)"])
            #expect(reply.status == 504 && reply.code == "timeout" && reply["sqlState"] == "57014")
        }
    }
}
