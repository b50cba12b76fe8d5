import MCPProtocol
import Synchronization

/// A service whose tools wait, talk, ask and fail on demand.
struct WorkshopService: MCPService {
    /// What happened in the tools, and the ways to make them go on.
    final class Log: Sendable {
        private struct State {
            var events: [String] = []
            var waiting: [CheckedContinuation<Void, Never>] = []
        }
        private let state = Mutex(State())
        let server = Mutex<MCPServer?>(nil)

        func add(_ event: String) {
            let waiting = state.withLock { state in
                state.events.append(event)
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        var events: [String] { state.withLock { $0.events } }

        /// Waits until something happened.
        func wait(for event: String, count: Int = 1) async {
            while true {
                await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                    let ready = state.withLock { state in
                        if state.events.count(where: { $0 == event }) >= count { return true }
                        state.waiting.append(continuation)
                        return false
                    }
                    if ready { continuation.resume() }
                }
                if events.count(where: { $0 == event }) >= count { return }
            }
        }
    }

    struct Secret: Error {}

    let log = Log()
    let implementation = Implementation(name: "workshop", version: "1")
    let capabilities = ServerCapabilities(
        tools: .init(listChanged: true), resources: .init(listChanged: true, subscribe: true), prompts: .init(),
        completions: true, logging: true)

    static let hints = ToolAnnotations(
        title: "Tool", readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false)

    func tools(_ context: RequestContext) async throws -> Listing<Tool> {
        let plain: JSONValue = ["type": "object"]
        let routed: JSONValue = [
            "type": "object",
            "properties": [
                "region": ["type": "string", "x-mcp-header": "Region"],
                "count": ["type": "integer", "x-mcp-header": "Count"],
            ],
        ]
        let names = ["echo", "wait", "talk", "flood", "ask", "release", "sample", "secret", "who", "big"]
        return Listing(
            names.map { Tool(name: $0, inputSchema: plain, annotations: Self.hints) }
                + [Tool(name: "routed", inputSchema: routed, annotations: Self.hints)])
    }

    func callTool(_ name: String, arguments: JSONObject, context: RequestContext) async throws -> ToolOutcome {
        switch name {
        case "echo", "routed": return .text(JSONValue.object(arguments).description)
        case "who": return .text(context.caller as? String ?? "nobody")
        case "wait":
            log.add("started")
            do {
                // Ends by cancellation, or when the test says so.
                if arguments["seconds"] == nil {
                    try await Task.sleep(for: .seconds(60))
                } else {
                    try await Task.sleep(for: .milliseconds(Int64((arguments["seconds"]?.double ?? 0) * 1000)))
                }
            } catch {
                log.add("cancelled")
                throw error
            }
            log.add("ended")
            return .text("waited")
        case "talk":
            for step in 1...(arguments["steps"]?.int ?? 3) {
                await context.reportProgress(Double(step), total: 3, message: "step \(step)")
            }
            if let pause = arguments["pause"]?.double {
                log.add("pausing")
                do {
                    try await Task.sleep(for: .milliseconds(Int64(pause * 1000)))
                } catch {
                    log.add("cancelled")
                    throw error
                }
            }
            log.add("talked")
            return .text("talked")
        case "flood":
            // As many log messages as asked for; a slow reader slows it.
            let text = JSONValue.string(String(repeating: "x", count: 10_000))
            for number in 0..<(arguments["messages"]?.int ?? 1000) {
                if Task.isCancelled { break }
                await context.log(.error, text)
                if number % 10 == 0 { log.add("flooded") }
            }
            log.add(Task.isCancelled ? "cancelled" : "done")
            return .text("flooded")
        case "big": return .text(String(repeating: "y", count: arguments["bytes"]?.int ?? 100_000))
        case "ask":
            let form = ElicitationForm(message: "Who?", fields: [.init("name", .string(), required: true)])
            switch try await context.elicit("who", form) {
            case .accept(let content): return .text("Hello \(content["name"]?.string ?? "?")")
            case .decline: return .text("declined")
            case .cancel: return .text("cancelled")
            }
        case "release":
            await context.releaseConnection()
            if let event = arguments["until"]?.string {
                await log.wait(for: event)
            } else {
                try await Task.sleep(for: .milliseconds(50))
            }
            return .text("released")
        case "sample":
            throw RPCError.missingCapability(ClientCapabilities(sampling: .init()), message: "Sampling is needed")
        case "secret": throw Secret()
        default: throw RPCError.unknownTool(name)
        }
    }

    func resources(_ context: RequestContext) async throws -> Listing<Resource> {
        Listing([Resource(uri: "shop://0", name: "zero")])
    }

    func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading {
        guard uri == "shop://0" else { throw RPCError.resourceNotFound(uri) }
        return ResourceReading([.text("zero", uri: uri)])
    }

    func prompts(_ context: RequestContext) async throws -> Listing<Prompt> {
        Listing([Prompt(name: "greet")])
    }

    func prompt(_ name: String, arguments: [String: String], context: RequestContext) async throws -> PromptResult {
        PromptResult(messages: [PromptMessage(role: .user, content: .text("Greet"))])
    }
}

/// A sealer for the tests: it notices changes, but hides nothing.
struct PlainSealer: RequestStateSealer {
    struct Refused: Error {}

    func seal(_ state: [UInt8], caller: (any Sendable)?) throws -> String { "s." + Base64.encode(state) }

    func unseal(_ text: String, caller: (any Sendable)?) throws -> [UInt8] {
        guard text.hasPrefix("s."), let state = Base64.decode(String(text.dropFirst(2))) else { throw Refused() }
        return state
    }

    func digest(_ bytes: [UInt8]) -> [UInt8] { bytes }
}
