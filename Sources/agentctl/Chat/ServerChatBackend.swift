import AsyncHTTPClient
import MCPHTTP
import MCPProtocol
import NIOCore
import NIOHTTP1

/// An agent on a server.
struct ServerChatBackend: ChatBackend {
    let connection: ServerConnection

    var place: String { connection.base }

    func databases() async throws -> [ChatDatabase] {
        let json = try await asking { try await connection.call(.GET, "/api/v1/databases?state=true") }
        return (json["databases"]?.array ?? []).compactMap { database in
            guard let name = database["name"]?.string else { return nil }
            let problem = database["available"]?.bool == false ? database["problem"]?.string ?? "no answer" : nil
            return ChatDatabase(
                name: name, allowsWrites: database["mayWrite"]?.bool ?? false, problem: problem,
                version: database["version"]?.string.map { "PostgreSQL \($0)" })
        }
    }

    func model() async throws -> ChatModel {
        do {
            let json = try await connection.call(.GET, "/api/v1/models")
            guard let provider = json["provider"]?.string else {
                return ChatModel(problem: json["problem"]?.string ?? "This server has no model.")
            }
            // Why the list of models cannot be had now is told by who asks for it; the model may answer all the same.
            return ChatModel(provider: provider, model: json["model"]?.string)
        } catch let refusal as ServerConnection.Refusal where refusal.status == 404 {
            return ChatModel(problem: "This server has no chat.")
        } catch let refusal as ServerConnection.Refusal {
            throw Self.problem(refusal)
        }
    }

    func models() async throws -> [String] {
        let json = try await asking { try await connection.call(.GET, "/api/v1/models") }
        let names = (json["models"]?.array ?? []).compactMap { $0["id"]?.string }
        if names.isEmpty, let problem = json["problem"]?.string { throw ChatProblem(problem) }
        return names
    }

    func query(
        _ sql: String, database: String?, offset: Int,
        confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool
    ) async throws -> SQLAnswer {
        var body: JSONObject = ["sql": .string(sql)]
        if let database { body["database"] = .string(database) }
        if offset > 0 { body["offset"] = .integer(Int64(offset)) }
        do {
            return SQLAnswer(apiRows: try await connection.call(.POST, "/api/v1/query", .object(body)))
        } catch let refusal as ServerConnection.Refusal where refusal.code == "approval-needed" {
            guard let approval = refusal.body["approval"] else { throw Self.problem(refusal) }
            let isApproved = try await confirm(Self.question(approval))
            let answer = try await asking { try await decide(approval, isApproved) }
            guard isApproved else { throw ChatProblem("declined: nothing was run", status: 3) }
            return SQLAnswer(apiWrite: answer)
        } catch let refusal as ServerConnection.Refusal {
            throw Self.problem(refusal)
        }
    }

    /// The question of an approval: the server's words, which end with the SQL.
    static func question(_ approval: JSONValue) -> WriteQuestion {
        WriteQuestion(text: approval["question"]?.string ?? approval["sql"]?.string ?? "")
    }

    /// Sends the person's answer. The address is made of the id: what a server says of addresses is not followed.
    func decide(_ approval: JSONValue, _ isApproved: Bool) async throws -> JSONValue {
        guard let id = approval["id"]?.string, !id.isEmpty, id.utf8.count <= 128,
            id.unicodeScalars.allSatisfy({ $0.properties.isASCIIHexDigit })
        else { throw ChatProblem("the server asks about a write without saying which") }
        return try await connection.call(
            .POST, "/api/v1/approvals/\(id)", ["decision": .string(isApproved ? "approve" : "decline")])
    }

    func prompts() async throws -> [Prompt] { try await withMCP { try await $0.listPrompts() } }

    func prompt(_ name: String, _ arguments: [String: String]) async throws -> String {
        try await withMCP { PromptText.of(try await $0.prompt(name, arguments)) }
    }

    private func withMCP<Value: Sendable>(_ body: (MCPClient) async throws -> Value) async throws -> Value {
        var options = HTTPTransportOptions(token: connection.token)
        options.client.tlsConfiguration = connection.tls
        let transport = try HTTPTransport(url: connection.base + "/mcp", options: options)
        let client = MCPClient(transport: transport, options: ClientOptions(implementation: PromptText.client))
        do {
            _ = try await client.connect()
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            try Task.checkCancellation()
            if let refusal = error as? RPCError { throw ChatProblem(refusal.message) }
            throw ChatProblem("\(connection.base) does not answer: \(ServerConnection.reason(error))")
        }
    }

    func conversations(matching search: String?) async throws -> [ChatListing] {
        let query = search.map { "&search=" + Self.encoded($0) } ?? ""
        let json = try await asking { try await connection.call(.GET, "/api/v1/conversations?limit=20" + query) }
        return (json["conversations"]?.array ?? []).compactMap { item in
            guard let id = item["id"]?.string else { return nil }
            return ChatListing(
                id: id, title: item["title"]?.string ?? "", updated: item["updated"]?.string ?? "",
                messages: item["messages"]?.int ?? 0)
        }
    }

    func conversation(_ id: String) async throws -> EarlierConversation {
        let path = "/api/v1/conversations/\(Self.encoded(id))?limit=\(EarlierConversation.mostMessages)"
        do {
            let json = try await connection.call(.GET, path)
            return EarlierConversation(
                title: json["title"]?.string ?? "", database: json["database"]?.string,
                messages: json["messages"]?.array ?? [], isRunning: json["turn"]?.object != nil)
        } catch let refusal as ServerConnection.Refusal where refusal.status == 404 {
            throw ChatProblem("There is no such conversation.", status: 2)
        } catch let refusal as ServerConnection.Refusal {
            throw Self.problem(refusal)
        }
    }

    func export(_ id: String, isJSON: Bool) async throws -> String {
        let path = "/api/v1/conversations/\(Self.encoded(id))/export?format=\(isJSON ? "json" : "markdown")"
        return try await asking { try await connection.text(path) }
    }

    func rename(_ id: String, to title: String) async throws {
        _ = try await asking {
            try await connection.call(.PATCH, "/api/v1/conversations/" + Self.encoded(id), ["title": .string(title)])
        }
    }

    func delete(_ id: String) async throws {
        _ = try await asking { try await connection.call(.DELETE, "/api/v1/conversations/" + Self.encoded(id)) }
    }

    func takeLog() -> [String] { [] }

    func close() async { await connection.close() }

    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
            {
                result.unicodeScalars.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count < 2 ? "0" + hex : hex)
            }
        }
        return result
    }

    private func asking<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let refusal as ServerConnection.Refusal {
            throw Self.problem(refusal)
        }
    }

    static func problem(_ refusal: ServerConnection.Refusal) -> ChatProblem {
        switch refusal.status {
        case 401: ChatProblem("the server does not take the token: \(refusal.detail)", status: 78)
        default: ChatProblem(refusal.detail)
        }
    }
}

/// Prompts as text.
enum PromptText {
    static let client = Implementation(name: "agentctl", version: "chat")

    /// The words of a prompt.
    static func of(_ result: PromptResult) -> String {
        result.messages.compactMap { message in
            if case .text(let text) = message.content.kind { text } else { nil }
        }.joined(separator: "\n\n")
    }
}
