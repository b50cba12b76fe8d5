import HTTPTypes
import Hummingbird
public import MCPProtocol
import NIOCore
import Synchronization

/// A model that follows a script: an HTTP server in the test process which speaks Anthropic's Messages API, streamed.
///
/// The wire is the documented one: https://platform.claude.com/docs/build-with-claude/streaming,
/// https://platform.claude.com/docs/api/messages and https://platform.claude.com/docs/api/models-list. Like the service it refuses
/// a conversation whose calls and results do not pair.
public final class ScriptedModel: Sendable {
    /// What the model answers once.
    public struct Step: Sendable {
        /// Its words.
        public var text = ""
        /// Its thinking.
        public var thinking = ""
        /// The tools that it calls.
        public var calls: [(name: String, arguments: JSONObject)] = []
        /// Why it stops; by default `tool_use` when there are calls, else `end_turn`.
        public var stop: String?
        /// The status of the HTTP answer, and for an error its type.
        public var status = 200
        /// The type of an error, such as `overloaded_error`.
        public var error = "api_error"
        /// How many tokens the request is said to have; by default one for four bytes.
        public var inputTokens: Int?
        /// Waited for after the first words of the text.
        public var hold: (@Sendable () async throws -> Void)?

        /// Words, which end the turn.
        public static func text(_ text: String) -> Step {
            var step = Step()
            step.text = text
            return step
        }

        /// Calls of tools, all in one answer.
        public static func calls(_ calls: (name: String, arguments: JSONObject)..., text: String = "") -> Step {
            var step = Step()
            step.calls = calls
            step.text = text
            return step
        }

        /// A call of `query_database`.
        public static func query(_ sql: String, _ more: JSONObject = [:]) -> Step {
            var arguments: JSONObject = ["query": .string(sql)]
            for (key, value) in more { arguments[key] = value }
            return calls((name: "query_database", arguments: arguments))
        }

        /// An HTTP error.
        public static func fails(_ status: Int, _ error: String = "api_error") -> Step {
            var step = Step()
            step.status = status
            step.error = error
            return step
        }
    }

    /// A request that came.
    public struct Request: Sendable {
        /// The body.
        public let body: JSONValue
        /// How many bytes it has.
        public let bytes: Int

        /// The conversation.
        public var messages: [JSONValue] { body["messages"]?.array ?? [] }
        /// The instructions: a string, or blocks of text.
        public var system: String { Self.text(of: body["system"]) }
        /// The words of the last message.
        public var lastText: String { Self.text(of: messages.last?["content"]) }
        /// The results of tools in the last message.
        public var results: [(text: String, isError: Bool)] {
            (messages.last?["content"]?.array ?? []).filter { $0["type"] == "tool_result" }.map {
                (Self.text(of: $0["content"]), $0["is_error"]?.bool ?? false)
            }
        }

        private static func text(of content: JSONValue?) -> String {
            if let text = content?.string { return text }
            return (content?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
        }
    }

    private struct State {
        var steps: [@Sendable (Request) throws -> Step]
        var requests: [Request] = []
        var made = 0
    }

    private let state: Mutex<State>
    /// The key that is taken.
    public static let key = "sk-ant-test-key-0123456789"

    private init(_ steps: [@Sendable (Request) throws -> Step]) {
        state = Mutex(State(steps: steps))
    }

    /// The requests so far.
    public var requests: [Request] { state.withLock { $0.requests } }
    /// How many steps of the script were not asked for.
    public var stepsLeft: Int { state.withLock { $0.steps.count } }

    /// Adds to the script.
    public func then(_ steps: Step...) {
        state.withLock { $0.steps += steps.map(Self.fixed) }
    }

    /// Takes another script instead of what is left of this one.
    public func replaceScript(_ steps: Step...) {
        state.withLock { $0.steps = steps.map(Self.fixed) }
    }

    /// Runs a server with a script while `body` runs.
    ///
    /// - Parameters:
    ///   - steps: What is answered to each request, in order.
    ///   - body: Is given the model, and the address for `llm.base_url`.
    public static func serving<Value: Sendable>(
        _ steps: [Step], _ body: @escaping @Sendable (ScriptedModel, String) async throws -> Value
    ) async throws -> Value {
        try await following(steps.map(fixed), body)
    }

    /// Runs a server that decides each answer by the request.
    ///
    /// - Parameters:
    ///   - steps: What is answered to each request, in order; the last one goes on answering when `repeating`.
    ///   - repeating: Whether the last step is kept.
    ///   - body: Is given the model, and the address for `llm.base_url`.
    public static func following<Value: Sendable>(
        _ steps: [@Sendable (Request) throws -> Step], repeating: Bool = false,
        _ body: @escaping @Sendable (ScriptedModel, String) async throws -> Value
    ) async throws -> Value {
        let model = ScriptedModel(steps)
        let router = Router()
        router.post("v1/messages") { request, _ in try await model.answer(request, repeating: repeating) }
        router.get("v1/models") { request, _ in
            guard Self.mayEnter(request) else { return Self.failure(401, "authentication_error", "invalid x-api-key") }
            return Self.reply(
                200,
                [
                    "data": [
                        [
                            "type": "model", "id": "scripted", "display_name": "Scripted",
                            "created_at": "2026-01-01T00:00:00Z",
                        ]
                    ], "has_more": false, "first_id": "scripted", "last_id": "scripted",
                ])
        }
        return try await LocalServer.run(router) { port, _ in try await body(model, "http://127.0.0.1:\(port)") }
    }

    private static func fixed(_ step: Step) -> @Sendable (Request) throws -> Step { { _ in step } }

    private func answer(_ original: Hummingbird.Request, repeating: Bool) async throws -> Response {
        var request = original
        let body = try await request.collectBody(upTo: 64 << 20)
        guard Self.mayEnter(request) else { return Self.failure(401, "authentication_error", "invalid x-api-key") }
        let asked = Request(body: try JSONValue.parse(Array(body.readableBytesView)), bytes: body.readableBytes)
        if let problem = Self.problem(of: asked.messages) {
            state.withLock { $0.requests.append(asked) }
            return Self.failure(400, "invalid_request_error", problem)
        }
        let next = state.withLock { state -> (@Sendable (Request) throws -> Step)? in
            state.requests.append(asked)
            guard let first = state.steps.first else { return nil }
            if !repeating || state.steps.count > 1 { state.steps.removeFirst() }
            return first
        }
        guard let step = try next?(asked) else {
            return Self.failure(400, "invalid_request_error", "the script of the test has ended")
        }
        guard step.status == 200 else { return Self.failure(step.status, step.error, "scripted") }
        let number = state.withLock { state in
            state.made += 1 + step.calls.count
            return state.made
        }
        let events = Self.events(step, asked, number)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
            body: ResponseBody { writer in
                for (name, data) in events {
                    let line = JSONValue.object(data).description
                    try await writer.write(ByteBuffer(string: "event: \(name)\ndata: \(line)\n\n"))
                    if data["delta"]?["type"] == "text_delta", let hold = step.hold { try await hold() }
                }
                try await writer.finish(nil)
            })
    }

    // MARK: - The wire

    private static func events(_ step: Step, _ asked: Request, _ number: Int) -> [(String, JSONObject)] {
        var events: [(String, JSONObject)] = []
        func add(_ name: String, _ members: JSONObject = [:]) {
            var data: JSONObject = ["type": .string(name)]
            for (key, value) in members { data[key] = value }
            events.append((name, data))
        }
        var index = 0
        func block(_ start: JSONValue, _ deltas: [JSONValue]) {
            add("content_block_start", ["index": .integer(Int64(index)), "content_block": start])
            if index == 0 { add("ping") }
            for delta in deltas { add("content_block_delta", ["index": .integer(Int64(index)), "delta": delta]) }
            add("content_block_stop", ["index": .integer(Int64(index))])
            index += 1
        }
        add(
            "message_start",
            [
                "message": [
                    "id": .string("msg_\(number)"), "type": "message", "role": "assistant",
                    "model": asked.body["model"] ?? .null, "content": [], "stop_reason": .null, "stop_sequence": .null,
                    "usage": [
                        "input_tokens": .integer(Int64(step.inputTokens ?? asked.bytes / 4)),
                        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1,
                    ],
                ]
            ])
        if !step.thinking.isEmpty {
            block(
                ["type": "thinking", "thinking": "", "signature": ""],
                [
                    ["type": "thinking_delta", "thinking": .string(step.thinking)],
                    ["type": "signature_delta", "signature": "c2lnbmF0dXJl"],
                ])
        }
        if !step.text.isEmpty {
            block(
                ["type": "text", "text": ""],
                pieces(step.text, 12).map { ["type": "text_delta", "text": .string($0)] })
        }
        for (place, call) in step.calls.enumerated() {
            block(
                [
                    "type": "tool_use", "id": .string("toolu_\(number - place)"), "name": .string(call.name),
                    "input": [:],
                ],
                ([""] + pieces(JSONValue.object(call.arguments).description, 24)).map {
                    ["type": "input_json_delta", "partial_json": .string($0)]
                })
        }
        add(
            "message_delta",
            [
                "delta": [
                    "stop_reason": .string(step.stop ?? (step.calls.isEmpty ? "end_turn" : "tool_use")),
                    "stop_sequence": .null,
                ], "usage": ["output_tokens": .integer(Int64(max(1, step.text.count / 4 + 20 * step.calls.count)))],
            ])
        add("message_stop")
        return events
    }

    private static func pieces(_ text: String, _ size: Int) -> [String] {
        var rest = text[...]
        var pieces: [String] = []
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    private static func mayEnter(_ request: Hummingbird.Request) -> Bool {
        HTTPField.Name("x-api-key").flatMap { request.headers[$0] } == key
    }

    private static func failure(_ status: Int, _ type: String, _ message: String) -> Response {
        reply(status, ["type": "error", "error": ["type": .string(type), "message": .string(message)]])
    }

    private static func reply(_ status: Int, _ body: JSONValue) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body.description)))
    }

    /// What the service says of calls and results that do not pair.
    private static func problem(of messages: [JSONValue]) -> String? {
        guard messages.first?["role"] == "user" else { return "messages: first message must use the \"user\" role" }
        var open: Set<String> = []
        for (index, message) in messages.enumerated() {
            let content = message["content"]?.array ?? []
            let answered = Set(content.filter { $0["type"] == "tool_result" }.compactMap { $0["tool_use_id"]?.string })
            guard answered == open else {
                return "messages.\(index): `tool_use` and `tool_result` blocks do not pair: \(open) and \(answered)"
            }
            open = Set(content.filter { $0["type"] == "tool_use" }.compactMap { $0["id"]?.string })
        }
        return open.isEmpty ? nil : "messages: the last `tool_use` has no `tool_result`"
    }
}
