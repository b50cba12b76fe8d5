import MCPProtocol
import Synchronization

/// A service with a bit of everything, for the tests.
struct ShopService: MCPService {
    /// What the tool `sleep` lived through.
    final class Log: Sendable {
        let events = Mutex<[String]>([])
        func add(_ event: String) { events.withLock { $0.append(event) } }
        func has(_ event: String) -> Bool { events.withLock { $0.contains(event) } }
    }

    struct Secret: Error {}

    let log = Log()
    var implementation: Implementation {
        Implementation(name: "shop", title: "Shop", version: "1", icons: [Icon(source: "data:,x")])
    }
    var instructions: String? { "Ask away." }
    var capabilities = ServerCapabilities(
        tools: .init(listChanged: true), resources: .init(listChanged: true, subscribe: true), prompts: .init(),
        completions: true, logging: true)

    static let tools = ["fail", "form", "state", "progress", "late", "search", "secret", "sleep", "structured"]

    func tools(_ context: RequestContext) async throws -> Listing<Tool> {
        let hints = ToolAnnotations(
            title: "Tool", readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false)
        let schema: JSONValue = [
            "type": "object", "properties": ["query": ["type": "string"], "limit": ["type": "integer"]],
        ]
        return Listing(
            Self.tools.map {
                Tool(
                    name: $0, title: $0, description: "A tool", inputSchema: schema, outputSchema: ["type": "object"],
                    annotations: hints, icons: [Icon(source: "data:,x")], meta: ["a": 1])
            }, ttl: .seconds(5), scope: .public_)
    }

    func callTool(_ name: String, arguments: JSONObject, context: RequestContext) async throws -> ToolOutcome {
        switch name {
        case "search":
            var reader = ArgumentReader(arguments)
            let query = try reader.string("query")
            let limit = try reader.optionalInteger("limit", in: 1...100) ?? 10
            _ = try reader.optionalChoice("order", of: ["ascending", "descending"])
            _ = try reader.optionalBool("exact")
            try reader.finish()
            return .text("\(query) \(limit)")
        case "structured": return .text("[1]", structuredContent: arguments["array"] == nil ? ["n": 1] : [1])
        case "fail": throw ToolError("It failed; try again.")
        case "secret": throw Secret()
        case "sleep":
            log.add("started")
            do {
                try await Task.sleep(for: .seconds(60))
            } catch {
                await context.reportProgress(99)
                log.add("cancelled")
                throw error
            }
            return .text("slept")
        case "progress":
            for step in [1, 2, 2, 1, 3] {
                await context.reportProgress(Double(step), total: 3, message: "step \(step)")
            }
            await context.log(.debug, "fine")
            await context.log(.error, logger: "shop", ["code": 7])
            return .text("done")
        case "late":
            Task {
                for step in 1...100 { await context.reportProgress(Double(step)) }
                log.add("late")
            }
            return .text("early")
        case "form":
            let form = ElicitationForm(
                message: "Who?",
                fields: [
                    .init("name", .string(maxLength: 10), required: true),
                    .init("size", .choice([.init("s", title: "Small"), "l"])),
                ])
            switch try await context.elicit("who", form) {
            case .accept(let content): return .text("Hello \(content["name"]?.string ?? "?")")
            case .decline: return .text("declined")
            case .cancel: return .text("cancelled")
            }
        case "state":
            guard case .elicitation(.accept(let first))? = context.answers["first"] else {
                return .inputRequired(InputRequired([NamedQuestion("first", Self.question)], state: ["step": 1]))
            }
            guard case .elicitation(.accept(let second))? = context.answers["second"] else {
                return .inputRequired(InputRequired([NamedQuestion("second", Self.question)], state: ["step": 2]))
            }
            return .text("\(first["n"] ?? .null) \(second["n"] ?? .null) \(context.state ?? .null)")
        default: throw RPCError.unknownTool(name)
        }
    }

    static let question = Question.form(ElicitationForm(message: "n?", fields: [.init("n", .integer())]))

    func resources(_ context: RequestContext) async throws -> Listing<Resource> {
        Listing((0..<7).map { Resource(uri: "shop://\($0)", name: "r\($0)", title: "R", mimeType: "text/plain") })
    }

    func resourceTemplates(_ context: RequestContext) async throws -> Listing<ResourceTemplate> {
        Listing([ResourceTemplate(uriTemplate: "shop://{id}", name: "item")])
    }

    func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading {
        guard uri == "shop://0" else { throw RPCError.resourceNotFound(uri) }
        return ResourceReading([.text("zero", uri: uri, mimeType: "text/plain"), .blob([0, 1, 255], uri: uri)])
    }

    func prompts(_ context: RequestContext) async throws -> Listing<Prompt> {
        Listing([Prompt(name: "greet", title: "Greet", arguments: [PromptArgument(name: "who", required: true)])])
    }

    func prompt(
        _ name: String, arguments: [String: String], context: RequestContext
    ) async throws -> PromptResult {
        PromptResult(messages: [PromptMessage(role: .user, content: .text("Greet \(arguments["who"] ?? "")"))])
    }

    func complete(_ request: CompletionRequest, context: RequestContext) async throws -> Completion {
        Completion(all: (0..<150).map { "\(request.value)\($0)" })
    }
}

/// A sealer for the tests: it binds to the caller and notices changes, but hides nothing.
struct OpenSealer: RequestStateSealer {
    struct Refused: Error {}

    func seal(_ state: [UInt8], caller: (any Sendable)?) throws -> String {
        let name = caller as? String ?? ""
        return "\(name).\(Base64.encode(state)).\(Base64.encode(digest(state)))"
    }

    func unseal(_ text: String, caller: (any Sendable)?) throws -> [UInt8] {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == caller as? String ?? "", let state = Base64.decode(parts[1]),
            Base64.decode(parts[2]) == digest(state)
        else { throw Refused() }
        return state
    }

    func digest(_ bytes: [UInt8]) -> [UInt8] {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return Array(String(hash).utf8)
    }
}
