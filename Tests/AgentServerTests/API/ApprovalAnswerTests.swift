import AgentCore
import MCPProtocol
import Testing

@testable import AgentServer

@Suite("Writes over the API", .timeLimit(.minutes(2)))
struct ApprovalAnswerTests {
    /// Asks for a write, and returns the approval of the answer.
    private func ask(
        _ api: APIFixture, _ sql: String, as caller: String = "writer", _ members: JSONObject = [:]
    ) async throws -> JSONValue {
        var body: JSONObject = ["sql": .string(sql), "database": "stock"]
        for (name, value) in members { body[name] = value }
        let reply = try await api.post("/query", .object(body), as: caller)
        #expect(reply.status == 409 && reply.code == "approval-needed", "\(reply.json)")
        return try #require(reply["approval"])
    }

    private func answer(
        _ api: APIFixture, _ approval: JSONValue, _ decision: String, as caller: String
    ) async throws -> APIReplyRead {
        let href = try #require(approval["href"]?.string)
        return try await api.send("POST", href, body: #"{"decision":"\#(decision)"}"#, as: caller)
    }

    private func count(_ api: APIFixture, _ id: Int) async throws -> String {
        try await api.psql("SELECT count(*) FROM notes WHERE id = \(id)")
    }

    @Test("A write is asked about, with all that a person has to see, and runs once it is approved")
    func accepted() async throws {
        try await APIFixture.with { api in
            let sql = "INSERT INTO notes VALUES (100, 'a\u{202E}b') RETURNING id, text"
            let approval = try await ask(api, sql)
            #expect(approval["sql"] == "INSERT INTO notes VALUES (100, 'a⟨U+202E⟩b') RETURNING id, text")
            #expect(approval["kinds"] == ["INSERT"] && approval["database"] == "stock" && approval["statements"] == 1)
            #expect(approval["estimatedRows"] == 1 && approval["dryRun"] == false && approval["transaction"] == true)
            #expect(approval["warnings"]?.array?.isEmpty == false)
            #expect(approval["expires"]?.string?.hasSuffix("Z") == true)
            #expect(try await count(api, 100) == "0")
            let done = try await answer(api, approval, "approve", as: "approver")
            #expect(done.status == 200, "\(done.json)")
            #expect(done["decision"] == "approve" && done["committed"] == true && done["dryRun"] == false)
            #expect(done["statements"]?[0]?["command"] == "INSERT" && done["statements"]?[0]?["rows"] == 1)
            #expect(done["statements"]?[0]?["result"]?["rows"] == [[100, "a\u{202E}b"]])
            #expect(try await count(api, 100) == "1")
        }
    }

    @Test("A signed-in person answers for what this person asked")
    func person() async throws {
        try await APIFixture.with { api in
            let approval = try await ask(api, "INSERT INTO notes VALUES (101, 'x')", as: "anna")
            #expect(try await answer(api, approval, "approve", as: "eve").code == "approval-not-found")
            #expect(try await answer(api, approval, "decline", as: "eve").code == "approval-not-found")
            #expect(try await answer(api, approval, "approve", as: "elsewhere").code == "approval-not-found")
            #expect(try await answer(api, approval, "approve", as: "writer").code == "insufficient-scope")
            #expect(try await count(api, 101) == "0")
            #expect(try await answer(api, approval, "approve", as: "anna").status == 200)
            #expect(try await count(api, 101) == "1")
        }
    }

    @Test("An approval is used once, by whoever comes first")
    func once() async throws {
        try await APIFixture.with { api in
            // Of an id that no other test has, and of another one the second time.
            let sql = "INSERT INTO notes SELECT 1001 + count(*), 'once' FROM notes WHERE text = 'once'"
            let approval = try await ask(api, sql)
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await answer(api, approval, "approve", as: "approver").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(answers.count { $0 == 200 } == 1)
            #expect(answers.allSatisfy { [200, 404, 410].contains($0) })
            #expect(try await answer(api, approval, "approve", as: "approver").code == "approval-not-found")
            #expect(try await api.psql("SELECT count(*) FROM notes WHERE text = 'once'") == "1")
        }
    }

    @Test("What was declined never runs")
    func declined() async throws {
        try await APIFixture.with { api in
            let approval = try await ask(api, "INSERT INTO notes VALUES (103, 'x')")
            let said = try await answer(api, approval, "decline", as: "approver")
            #expect(said.status == 200 && said["decision"] == "decline" && said["database"] == "stock")
            #expect(try await answer(api, approval, "approve", as: "approver").status == 404)
            #expect(try await count(api, 103) == "0")
        }
    }

    @Test("A changed id, and that of nobody's approval, is none")
    func changed() async throws {
        try await APIFixture.with { api in
            let approval = try await ask(api, "INSERT INTO notes VALUES (104, 'x')")
            let id = try #require(approval["id"]?.string)
            let other = (id.hasPrefix("0") ? "1" : "0") + id.dropFirst()
            for wrong in [other, String(id.dropLast()), id + "0", id.uppercased() + "x", "%00", "a%2F..%2Fb"] {
                let reply = try await api.send(
                    "POST", "/api/v1/approvals/\(wrong)", body: #"{"decision":"approve"}"#, as: "approver")
                #expect(reply.status == 404, "\(wrong)")
            }
            #expect(try await count(api, 104) == "0")
        }
    }

    @Test("A dry run is asked about, says what it would do, and keeps nothing")
    func dryRun() async throws {
        try await APIFixture.with { api in
            let approval = try await ask(api, "INSERT INTO notes VALUES (105, 'x')", ["dry_run": true])
            #expect(approval["dryRun"] == true)
            let done = try await answer(api, approval, "approve", as: "approver")
            #expect(done["committed"] == false && done["dryRun"] == true && done["statements"]?[0]?["rows"] == 1)
            #expect(try await count(api, 105) == "0")
        }
    }

    @Test("A write that fails says where, and that nothing was changed")
    func failing() async throws {
        try await APIFixture.with { api in
            let approval = try await ask(
                api, "INSERT INTO notes VALUES (106, 'x'); INSERT INTO notes VALUES (106, 'y')")
            #expect(approval["statements"] == 2)
            let failed = try await answer(api, approval, "approve", as: "approver")
            #expect(failed.status == 422 && failed.code == "sql-error" && failed["sqlState"] == "23505")
            #expect(failed["detail"]?.string?.contains("rolled back") == true)
            #expect(try await count(api, 106) == "0")
        }
    }

    @Test("A token that was given the scope approve may approve what it asked for")
    func own() async throws {
        try await APIFixture.with { api in
            let approval = try await ask(api, "INSERT INTO notes VALUES (107, 'x')", as: "both")
            #expect(try await answer(api, approval, "approve", as: "both").status == 200)
            #expect(try await count(api, 107) == "1")
        }
    }

    @Test("A write has no pages, and its rows are limited")
    func limits() async throws {
        try await APIFixture.with { api in
            let page = try await api.post(
                "/query", ["sql": "DELETE FROM notes", "database": "stock", "offset": 1], as: "writer")
            #expect(page.status == 422 && page.code == "invalid-argument")
            let approval = try await ask(
                api, "WITH x AS (DELETE FROM notes WHERE id < 0 RETURNING id) SELECT n FROM generate_series(1, 2000) n")
            let done = try await answer(api, approval, "approve", as: "approver")
            #expect(done["statements"]?[0]?["result"]?["rowCount"] == 1000)
            #expect(done["statements"]?[0]?["result"]?["truncated"] == true)
        }
    }
}
