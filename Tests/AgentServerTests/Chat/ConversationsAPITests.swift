import AgentCore
import AgentModels
import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1
import Testing

@testable import AgentServer

@Suite("Conversations and models over the API", .timeLimit(.minutes(2)))
struct ConversationsAPITests {
    private func made(_ api: APIFixture, _ titles: [String], owner: String = "token:reader") async throws -> [String] {
        var ids: [String] = []
        for title in titles {
            let one = try await api.agent.conversations.create(owner: owner, title: title, database: "shop")
            try await api.agent.conversations.append(
                [
                    StoredMessage(message: ModelMessage(role: .user, parts: [.text("About \(title) | <b>")])),
                    StoredMessage(message: ModelMessage(role: .assistant, parts: [.text("I see.")])),
                ], to: one.id, owner: owner)
            ids.append(one.id)
        }
        return ids
    }

    @Test("are listed page by page, and searched")
    func list() async throws {
        try await APIFixture.with { api in
            let ids = try await made(api, ["one", "two", "three"])
            let first = try await api.get("/conversations?limit=2")
            #expect(first["conversations"]?.array?.map { $0["title"] } == ["three", "two"])
            #expect(first["next"] == .string(ids[1]))
            let second = try await api.get("/conversations?limit=2&before=\(ids[1])")
            #expect(second["conversations"]?.array?.map { $0["title"] } == ["one"] && second["next"] == .null)
            let found = try await api.get("/conversations?search=ABOUT+TWO")
            #expect(found["conversations"]?.array?.map { $0["id"] } == [.string(ids[1])])
            #expect(try await api.get("/conversations?search=%25").json["conversations"] == [])
            #expect(try await api.get("/conversations?before=none").code == "conversation-not-found")
            #expect(try await api.get("/conversations?limit=0").code == "invalid-request")
            #expect(try await api.get("/conversations", as: "writer").json["conversations"] == [])
            #expect(try await api.get("/conversations", as: "powerless").code == "insufficient-scope")
        }
    }

    @Test("are read, renamed and deleted by their owner alone")
    func owner() async throws {
        try await APIFixture.with { api in
            let path = "/api/v1/conversations/" + (try await made(api, ["one"]))[0]
            for (method, body) in [("GET", nil), ("PATCH", #"{"title":"x"}"#), ("DELETE", nil)] as [(String, String?)] {
                #expect(try await api.send(method, path, body: body, as: "eve").code == "conversation-not-found")
            }
            #expect(try await api.send("GET", path + "/export", as: "eve").code == "conversation-not-found")
            let read = try await api.send("GET", path)
            #expect(read["messages"]?.array?.map { $0["role"] } == ["user", "assistant"])
            let renamed = try await api.send("PATCH", path, body: #"{"title":"a\u202e\nb"}"#)
            #expect(renamed["title"] == "a b" && renamed["messages"] == 2)
            #expect(try await api.send("PATCH", path, body: #"{"title":""}"#).code == "invalid-request")
            #expect(try await api.send("DELETE", path).status == 204)
            #expect(try await api.send("DELETE", path).code == "conversation-not-found")
            #expect(try await api.send("GET", path).code == "conversation-not-found")
        }
    }

    @Test("are read page by page, from the newest turn back, and never more than so much at once")
    func pages() async throws {
        try await APIFixture.with { api in
            let row = StoredResult(elapsedMs: 1, result: .string(String(repeating: "x", count: 60_000)))
            let turn = [
                StoredMessage(message: ModelMessage(role: .user, parts: [.text("Why?")])),
                StoredMessage(message: ModelMessage(role: .assistant, parts: [.text("Wait.")])),
                StoredMessage(message: ModelMessage(role: .assistant, parts: [.text("So.")]), details: ["a": row]),
            ]
            let one = try await api.agent.conversations.begin(
                owner: "token:reader", title: "long", database: nil,
                with: Array(repeating: turn, count: 100).flatMap { $0 })
            func indexes(_ reply: APIReplyRead) -> [Int] {
                reply["messages"]?.array?.compactMap { $0["index"]?.int } ?? []
            }
            var found: [Int] = []
            var reply = try await api.get("/conversations/\(one.id)")
            #expect(indexes(reply).count < 120 && indexes(reply).last == 299)
            while true {
                // Each page holds whole turns.
                #expect((indexes(reply).first ?? 1) % 3 == 0)
                found = indexes(reply) + found
                guard let next = reply["next"]?.int else { break }
                #expect(next == found.first)
                reply = try await api.get("/conversations/\(one.id)?before=\(next)")
            }
            #expect(found == Array(0..<300) && reply["next"] == .null)
            #expect(indexes(try await api.get("/conversations/\(one.id)?limit=4&before=9")) == [6, 7, 8])
            // A turn that is longer than the page comes in parts.
            #expect(indexes(try await api.get("/conversations/\(one.id)?limit=1&before=9")) == [8])
            #expect(indexes(try await api.get("/conversations/\(one.id)?before=0")) == [])
            #expect(try await api.get("/conversations/\(one.id)?limit=0").code == "invalid-request")
            #expect(try await api.get("/conversations/\(one.id)?limit=201").code == "invalid-request")
            let whole = try await api.send("GET", "/api/v1/conversations/\(one.id)/export?format=json")
            #expect(whole["messages"]?.array?.count == 300)
        }
    }

    @Test("are exported as files")
    func export() async throws {
        try await APIFixture.with { api in
            let id = (try await made(api, ["Bücher \"x\""]))[0]
            let json = try await api.send("GET", "/api/v1/conversations/\(id)/export?format=json")
            #expect(json["format"] == "postgres-agent/conversation" && json["messages"]?.array?.count == 2)
            #expect(json.field("Content-Disposition") == ["attachment; filename=\"b-cher-x.json\""])
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(api.port)/api/v1/conversations/\(id)/export")
            request.headers.add(name: "Authorization", value: "Bearer reader")
            let response = try await api.client.execute(request, timeout: .seconds(60))
            let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
            #expect(response.headers.first(name: "Content-Type") == "text/markdown; charset=utf-8")
            #expect(response.headers.first(name: "Content-Disposition") == "attachment; filename=\"b-cher-x.md\"")
            #expect(text.contains("> About Bücher \"x\" | &lt;b>"))
            #expect(try await api.get("/conversations/\(id)/export?format=pdf").code == "invalid-request")
        }
    }

    @Test("The models of the service are listed, and asked for once in a while")
    func models() async throws {
        let model = ScriptedProvider()
        try await APIFixture.with(model: model) { api in
            for _ in 0..<3 {
                let reply = try await api.get("/models")
                #expect(
                    reply.json == [
                        "provider": "scripted", "model": "scripted",
                        "models": [["id": "scripted", "name": "Scripted", "contextTokens": 1000]],
                    ])
            }
            #expect(model.listings == 1)
        }
    }

    @Test("Why there are no models is told")
    func noModels() async throws {
        let model = ScriptedProvider()
        model.refuseList(ModelFailure(.authentication, "The key is wrong.\u{1B}"))
        try await APIFixture.with(model: model) { api in
            let reply = try await api.get("/models")
            #expect(reply["models"] == [] && reply["problem"] == "The key is wrong.\\u001b")
        }
        try await APIFixture.with { api in
            let reply = try await api.get("/models")
            #expect(reply["provider"] == .null && reply["problem"]?.string?.contains("llm.provider") == true)
        }
    }
}
