import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import MCPHTTP
import MCPProtocol

/// `POST /chat`: a turn of the agent as a stream of events, to which a client that lost it can come back.
struct ChatResource: APIResource {
    let door: DatabaseDoor
    let chat: Chat?
    let turns: ChatTurns
    var configuration = EndpointConfiguration()
    var metrics: ChatMetrics?

    /// The longest message, in characters; the chat bounds its bytes.
    private static let messageLength = 100_000

    private static let members: [APIField] = [
        APIField(
            name: "message", kind: .text(atLeast: 0, atMost: messageLength),
            description: "What is said. Has to be there, unless `Last-Event-ID` asks for the rest of a turn.",
            example: "How many customers are there?"),
        APIField(
            name: "conversation", kind: .text(atLeast: 1, atMost: 64),
            description: "The conversation that it belongs to; default: a new one."),
        .name(
            "database", "The database that is meant from now on; default: the conversation's, or the first."),
        .name(
            "model", "The model, by its `id` in `/models`; default: the configured one."),
        APIField(
            name: "replacing_from", kind: .integer(0...1_000_000),
            description: "Edit and send again: the messages from this index on are deleted first."),
    ]
    private static let turn = APIField(
        name: "turn", kind: .text(atLeast: 1, atMost: 64), description: "The `turn` of the first event.",
        isRequired: true)

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .post, path: "/chat", id: "chat", tag: "chat", summary: "Say something to the agent",
                description: Self.description, access: .caller([.read]),
                // There has to be one, also where it is empty.
                ownBody: APIField.bodySchema(Self.members),
                answers: [
                    APIAnswer(
                        description: "The events of the turn.",
                        other: [("text/event-stream", ["type": "string"])])
                ],
                problems: [
                    .databaseNotFound, .conversationNotFound, .turnNotFound, .turnGone, .turnRunning, .conversationFull,
                    .tooManyAtOnce, .noModel, .storeUnavailable, .serverEnding,
                ], handler: post),
            APIOperation(
                method: .delete, path: "/chat/{turn}", id: "stopTurn", tag: "chat", summary: "Stop a turn",
                description:
                    "The question, whole answers and what was run until then stay in the conversation; what the model was in "
                    + "the middle of saying does not. A turn that has ended is left as it is.",
                access: .caller([.read]), pathParameters: [Self.turn],
                answers: [APIAnswer(status: .noContent, description: "It is stopped.")],
                problems: [.turnNotFound], handler: stop),
        ]
    }

    private static let description = """
        Each event has an `id` (`turn.number`), a name, and an object as its data: `turn` (conversation, turn, title, index, \
        database, allowWrites, provider, model), `text` and `thinking` (text), `tool_call` (id, name, arguments, sql, database), \
        `approval` (call, approval: the question about a write, to be answered at `/approvals/{id}`; its `mayApprove` says whether \
        whoever asked may approve it, who may decline it in any case), `approval_answer` (call, \
        id, decision), `result` (call, isError, text, elapsedMs, result), `usage`, `retry`, `compacted`, `error` (code, \
        message), and last of all `done` (reason, index).

        A client that lost the stream sends `Last-Event-ID` with the id of the last event that it has, and the body `{}`: it is \
        sent what came after. A turn goes on for a minute without a reader, and its events are kept for ten minutes after its \
        end.

        A request that may have to be sent again, since nothing was heard of the first, has an `Idempotency-Key` (1 to 64 visible \
        ASCII characters, such as a UUID): the second one is sent the same turn from its first event on, and asks nothing anew.
        """

    // MARK: - Answers

    @Sendable
    private func post(_ original: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        var request = original
        let values = try await APIBody.read(&request, Self.members, upTo: door.bodyLimit)
        if let last = request.headers[.lastEventID] { return try resume(HeaderValue.trim(last), caller, request) }
        guard let chat else { throw ProblemDetails(.noModel, ModelsResource.howToAddOne) }
        let message = values.text("message") ?? ""
        guard !message.allSatisfy(\.isWhitespace) else {
            throw APIValues.problem([.init(field: "message", text: "is missing or empty")], in: .body)
        }
        let asked = ChatRequest(
            message: message, conversation: values.text("conversation"), database: values.text("database"),
            model: values.text("model"), caller: caller.principal, tokenID: caller.tokenID,
            replacingFrom: values.integer("replacing_from"))
        let key = try Self.key(of: request, for: asked)
        let (door, metrics, begin) = (door, metrics, ContinuousClock.now)
        let holds = { @Sendable in
            door.stillHolds(caller, since: begin) && door.current(asked.caller)?.may(.read) == true
        }
        do {
            let (turn, generation) = try await turns.start(
                for: caller.principal, key: key, asker: Approver(caller), holds: holds
            ) { approve, onEvent in
                let meter = metrics?.meter()
                defer { meter?.finish() }
                _ = try await chat.turn(asked) { approval in
                    let decision = try await approve(approval)
                    guard decision == .approve, door.stillHolds(caller, since: begin),
                        door.current(asked.caller)?.may(.write) == true
                    else { return .decline }
                    return .approve
                } onEvent: { event in
                    meter?.note(event)
                    switch event {
                    case .toolCall, .result, .usage:
                        // Who has signed out or lost a right since the turn began, or is locked out, has nothing more run.
                        guard holds() else { throw CancellationError() }
                    default: break
                    }
                    try await onEvent(event)
                }
            }
            return stream(turn, generation, request)
        } catch {
            throw problem(error, context.logger)
        }
    }

    /// What tells a request that is sent again from another one.
    private static func key(of request: Request, for asked: ChatRequest) throws -> ChatTurns.RequestKey? {
        guard let value = request.headers[.idempotencyKey] else { return nil }
        let text = HeaderValue.trim(value)
        guard 1...64 ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw ProblemDetails(
                .invalidRequest, "The Idempotency-Key has to be 1 to 64 visible ASCII characters, once.")
        }
        var hasher = Hasher()
        hasher.combine(asked.message)
        hasher.combine(asked.conversation)
        hasher.combine(asked.database)
        hasher.combine(asked.model)
        hasher.combine(asked.replacingFrom)
        return ChatTurns.RequestKey(text: text, digest: hasher.finalize())
    }

    private func resume(_ last: String, _ caller: AuthenticatedCaller, _ request: Request) throws -> Response {
        let parts = last.split(separator: ".", omittingEmptySubsequences: false)
        guard last.utf8.count <= 100, parts.count == 2, let number = UInt32(parts[1]),
            let turn = turns.turn(String(parts[0]), of: caller.principal)
        else { throw Self.noTurn }
        guard let generation = turn.stream.attach(after: Int(number)) else {
            throw ProblemDetails(
                .turnGone, "What came after this event is not kept any more: read the conversation instead.")
        }
        return stream(turn, generation, request)
    }

    private func stream(_ turn: RunningTurn, _ generation: Int, _ request: Request) -> Response {
        let stream = turn.stream
        // The client waits for the headers to know that it is heard, and then for as long as the turn takes.
        let watch = DisconnectWatch(request) { stream.detach(generation) }
        watch.start()
        return StreamBody(
            stream: stream, generation: generation, encoding: { entry, bytes in bytes += entry.bytes }, priming: nil,
            configuration: configuration, watch: watch, lease: StreamBody.Lease { stream.detach(generation) },
            onShutdown: { [turns] in turns.end() }
        ).response(closesConnection: request.headers.areCertainlyHTTP1)
    }

    @Sendable
    private func stop(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        guard let turn = turns.turn(context.parameters.get("turn") ?? "", of: caller.principal) else {
            throw Self.noTurn
        }
        turn.stop()
        return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    }

    private static let noTurn = ProblemDetails(
        .turnNotFound, "There is no such turn of this caller, or it ended long ago.")

    /// Why a turn did not begin.
    private func problem(_ error: any Error, _ logger: Logger) -> any Error {
        switch error {
        case let failure as ChatFailure:
            let kind: ProblemKind
            switch failure.code {
            case .unknownConversation: kind = .conversationNotFound
            case .unknownDatabase: kind = .databaseNotFound
            case .noModel: kind = .noModel
            case .badRequest: kind = .invalidRequest
            case .busy: kind = .turnRunning
            case .full: kind = .conversationFull
            }
            return ProblemDetails(kind, failure.description)
        case let failure as ConversationFailure: return ProblemDetails(failure, logger: logger)
        case ChatTurns.Refusal.tooManyOfCaller(let most):
            return ProblemDetails(
                .tooManyAtOnce, "\(most) turns of this caller run already: stop one, or wait.",
                fields: [.retryAfter: "5"])
        case ChatTurns.Refusal.tooMany(let most):
            return ProblemDetails(
                .tooManyAtOnce, "\(most) turns run already, as many as may: wait a little.", fields: [.retryAfter: "5"])
        case ChatTurns.Refusal.beginning:
            return ProblemDetails(
                .turnRunning, "The turn of the same request is about to begin: send it again in a moment.",
                fields: [.retryAfter: "1"])
        case ChatTurns.Refusal.gone:
            return ProblemDetails(
                .turnGone,
                "The same request was sent before, and the first events of its turn are not kept any more: "
                    + "read the conversation instead.")
        case ChatTurns.Refusal.otherRequest:
            return ProblemDetails(.invalidRequest, "The Idempotency-Key was used for another request.")
        case ChatTurns.Refusal.ending:
            return ProblemDetails(.serverEnding, "The server is about to end.", fields: [.retryAfter: "5"])
        default: return error
        }
    }
}
