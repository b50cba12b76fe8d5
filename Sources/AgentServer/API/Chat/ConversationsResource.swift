import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol
import NIOCore

/// `/conversations`: what was said in the chat, each caller's own.
struct ConversationsResource: APIResource {
    let door: DatabaseDoor
    let turns: ChatTurns

    private var store: any ConversationStore { door.agent.conversations }

    private static let id = APIField(
        name: "id", kind: .text(atLeast: 1, atMost: 64), description: "The `id` of the conversation.", isRequired: true)
    private static let listParameters = [
        APIField(
            name: "search", kind: .text(atLeast: 0, atMost: 200),
            description: "Only those with this text in the title or in what was said, upper and lower case alike."),
        APIField(name: "limit", kind: .integer(1...100), description: "How many at the most; default: 50."),
        APIField(
            name: "before", kind: .text(atLeast: 1, atMost: 64), description: "The `next` of the page before."),
    ]
    private static let readParameters = [
        APIField(
            name: "limit", kind: .integer(1...mostMessages), description: "How many messages at the most; default: 200."
        ),
        APIField(
            name: "before", kind: .integer(0...1_000_000),
            description: "Only messages with a smaller `index`: the `next` of the page before."),
    ]
    /// The most messages of one answer, and their most bytes as they are kept.
    private static let mostMessages = 200
    private static let mostBytes = 2 << 20
    private static let titleMembers = [
        APIField(
            name: "title", kind: .text(atLeast: 1, atMost: ConversationTitle.maximumLength),
            description: "The title. What would hide or reorder text is left out.", isRequired: true,
            example: "Orders of May")
    ]
    private static let exportParameters = [
        APIField(
            name: "format", kind: .choice(ConversationExport.Format.allCases.map(\.rawValue)),
            description: "Markdown for people, which is the default, or JSON for programs.")
    ]

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .get, path: "/conversations", id: "listConversations", tag: "chat",
                summary: "The caller's conversations, the last changed first", access: .caller([.read]),
                query: Self.listParameters,
                answers: [APIAnswer(description: "A page of them.", schema: Self.listSchema)],
                problems: [.conversationNotFound, .storeUnavailable], handler: list),
            APIOperation(
                method: .get, path: "/conversations/{id}", id: "readConversation", tag: "chat",
                summary: "A conversation with its newest messages, or a page of earlier ones",
                description: Self.reading, access: .caller([.read]), pathParameters: [Self.id],
                query: Self.readParameters,
                answers: [APIAnswer(description: "The conversation.", schema: Self.conversationSchema(.page))],
                problems: [.conversationNotFound, .storeUnavailable], handler: read),
            APIOperation(
                method: .patch, path: "/conversations/{id}", id: "renameConversation", tag: "chat",
                summary: "Rename a conversation", access: .caller([.read]), pathParameters: [Self.id],
                body: Self.titleMembers,
                answers: [
                    APIAnswer(
                        description: "The conversation, without its messages.",
                        schema: Self.conversationSchema(.listed))
                ],
                problems: [.conversationNotFound, .storeUnavailable], handler: rename),
            APIOperation(
                method: .delete, path: "/conversations/{id}", id: "deleteConversation", tag: "chat",
                summary: "Delete a conversation for good", access: .caller([.read]), pathParameters: [Self.id],
                answers: [APIAnswer(status: .noContent, description: "It is gone.")],
                problems: [.conversationNotFound, .storeUnavailable], handler: delete),
            APIOperation(
                method: .get, path: "/conversations/{id}/export", id: "exportConversation", tag: "chat",
                summary: "A conversation as a file", access: .caller([.read]), pathParameters: [Self.id],
                query: Self.exportParameters,
                answers: [
                    APIAnswer(
                        description: "The file.", schema: Self.conversationSchema(.whole),
                        other: [("text/markdown; charset=utf-8", ["type": "string"])])
                ],
                problems: [.conversationNotFound, .storeUnavailable], handler: export),
        ]
    }

    private static let reading = """
        At most 200 messages, and about 2 MiB of them, in order; `next` tells of earlier ones. A page begins with a message of the \
        person where it has one, so that it holds whole turns. `turn` is there while a turn of the conversation runs in this \
        process: how to come back to it.
        """

    // MARK: - Answers

    @Sendable
    private func list(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        let values = try APIValues(query: request.uri.query ?? "", Self.listParameters)
        let limit = values.integer("limit") ?? 50
        return try await calling(context) {
            // One more than is shown tells whether there are others.
            var found = try await store.list(
                owner: caller.principal.id, search: values.text("search"), limit: limit + 1,
                before: values.text("before"))
            let hasMore = found.count > limit
            if hasMore { found.removeLast() }
            return APIReply.json([
                "conversations": .array(found.map { .object($0.json) }),
                "next": hasMore ? found.last.map { .string($0.id) } ?? .null : .null,
            ])
        }
    }

    @Sendable
    private func read(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        let values = try APIValues(query: request.uri.query ?? "", Self.readParameters)
        return try await calling(context) {
            let id = context.parameters.get("id") ?? ""
            // Looked at before the messages are read: what the turn adds meanwhile is told twice rather than never.
            let turn = turns.running(in: id)?.rejoining
            let conversation = try await found(context, caller)
            let page = Self.page(
                try await store.messages(
                    of: id, owner: caller.principal.id,
                    MessageSelection(
                        before: values.integer("before"), limit: values.integer("limit") ?? Self.mostMessages,
                        bytes: Self.mostBytes)))
            var object = conversation.json
            object["messages"] = .array(page.map { .object($0.shownJSON) })
            // The first message of all has the index 0.
            object["next"] = page.first.flatMap { $0.index > 0 ? .integer(Int64($0.index)) : nil } ?? .null
            object["turn"] = turn.map { .object($0) }
            return APIReply.json(.object(object))
        }
    }

    /// A page begins with something that the person said, where there is such a message in it: who shows it shows whole turns.
    private static func page(_ messages: [StoredMessage]) -> [StoredMessage] {
        guard let first = messages.first, first.index > 0 else { return messages }
        return Array(messages[(messages.firstIndex(where: \.isSaidByPerson) ?? messages.startIndex)...])
    }

    @Sendable
    private func rename(_ original: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        var request = original
        let values = try await APIBody.read(&request, Self.titleMembers, upTo: door.bodyLimit)
        let title = try values.required("title")
        return try await calling(context) {
            let id = context.parameters.get("id") ?? ""
            try await store.rename(id, owner: caller.principal.id, title: title)
            guard let conversation = try await store.conversation(id, owner: caller.principal.id) else {
                throw ConversationFailure.absent
            }
            return APIReply.json(.object(conversation.json))
        }
    }

    @Sendable
    private func delete(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        return try await calling(context) {
            guard try await store.delete(context.parameters.get("id") ?? "", owner: caller.principal.id) else {
                throw ConversationFailure.absent
            }
            return Response(status: .noContent, headers: [.cacheControl: "no-store"])
        }
    }

    @Sendable
    private func export(_ request: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [.read])
        let values = try APIValues(query: request.uri.query ?? "", Self.exportParameters)
        let format = values.text("format").flatMap { ConversationExport.Format(rawValue: $0) } ?? .markdown
        return try await calling(context) {
            let conversation = try await found(context, caller)
            let export = ConversationExport(conversation)
            let fields: HTTPFields = [
                .contentType: format == .json ? "application/json" : "text/markdown; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(export.fileName(as: format))\"",
                .cacheControl: "no-store",
            ]
            let (store, logger) = (store, context.logger)
            // Message by message: the whole may be 64 MiB.
            let body = ResponseBody { writer in
                do {
                    try await export.write(as: format, from: store) { try await writer.write(ByteBuffer(string: $0)) }
                    try await writer.finish(nil)
                } catch let failure as ConversationFailure {
                    // The head is sent; the client sees that the end is missing.
                    logger.error(
                        "an export was broken off",
                        metadata: ["error": "\(PlainText.escaped(failure.operatorDetail ?? failure.description))"])
                    throw failure
                }
            }
            return Response(status: .ok, headers: fields, body: body)
        }
    }

    private func found(_ context: AgentRequestContext, _ caller: AuthenticatedCaller) async throws -> Conversation {
        let id = context.parameters.get("id") ?? ""
        guard let conversation = try await store.conversation(id, owner: caller.principal.id) else {
            throw ConversationFailure.absent
        }
        return conversation
    }

    /// Runs `body`, and makes problems of its failures.
    private func calling(
        _ context: AgentRequestContext, _ body: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await body()
        } catch let failure as ConversationFailure {
            throw ProblemDetails(failure, logger: context.logger)
        }
    }

    // MARK: - Schemas

    private enum Shown { case listed, page, whole }

    private static func conversationSchema(_ shown: Shown) -> JSONValue {
        let text: JSONValue = ["type": "string"]
        let time: JSONValue = ["type": "string", "format": "date-time"]
        let message: JSONValue = [
            "type": "object",
            "properties": [
                "index": ["type": "integer", "minimum": 0], "role": ["enum": ["user", "assistant"]], "created": time,
                "end": [
                    "type": "string",
                    "description": "Why the answer is not whole; absent where it is. As `reason` of `done`.",
                ],
                "parts": [
                    "type": "array",
                    "items": [
                        "type": "object",
                        "description": .string(
                            "`text` and `thinking` have a text; `tool_call` has id, name and arguments; `tool_result` has "
                                + "call, name, text, isError, for a query elapsedMs and result, as `/query` answers, and "
                                + "decision where a person was asked."
                        ),
                        "properties": [
                            "type": ["enum": ["text", "thinking", "tool_call", "tool_result"]], "text": text,
                            "id": text, "name": text, "arguments": ["type": "object"], "call": text,
                            "isError": ["type": "boolean"], "elapsedMs": ["type": "number"],
                            "decision": ["enum": ["approve", "decline", "expired"]],
                        ],
                        "required": ["type"],
                    ],
                ],
            ],
            "required": ["index", "role", "created", "parts"],
        ]
        var properties: JSONObject = [
            "id": text, "title": text, "database": ["type": ["string", "null"]], "created": time, "updated": time,
            "messages": shown == .listed
                ? ["type": "integer", "minimum": 0, "description": "How many messages it has."]
                : ["type": "array", "items": message],
        ]
        if shown == .page {
            properties["turn"] = turnSchema
            properties["next"] = [
                "type": ["integer", "null"],
                "description": "What `before` of the page with the messages before these is; null when there are none.",
            ]
        }
        var required: [JSONValue] = ["id", "title", "database", "created", "updated", "messages"]
        if shown == .page { required.append("next") }
        return [
            "type": "object",
            "properties": .object(properties),
            "required": .array(required),
        ]
    }

    private static let turnSchema: JSONValue = [
        "type": "object",
        "description": "The turn that runs; absent when none does.",
        "properties": [
            "id": ["type": "string", "description": "As `turn` of its first event; `DELETE /chat/{turn}` stops it."],
            "index": ["type": "integer", "minimum": 0, "description": "The index of its question."],
            "from": [
                "type": ["string", "null"],
                "description": .string(
                    "The `Last-Event-ID` with which `POST /chat` sends the turn from its first event on: show the messages "
                        + "up to `index`, and then its events. null when the beginning is not kept any more."),
            ],
            "last": [
                "type": "string",
                "description": "The id of the last event so far: with it `POST /chat` sends what comes from now on.",
            ],
        ],
        "required": ["id", "index", "from", "last"],
    ]

    private static let listSchema: JSONValue = [
        "type": "object",
        "properties": [
            "conversations": ["type": "array", "items": conversationSchema(.listed)],
            "next": [
                "type": ["string", "null"], "description": "What `before` of the next page is; null at the end.",
            ],
        ],
        "required": ["conversations", "next"],
    ]
}

extension ConversationFailure {
    /// The caller has none of that name.
    fileprivate static let absent = ConversationFailure(.notFound, "There is no such conversation.")
}

extension ProblemDetails {
    /// A failure of the store of conversations.
    init(_ failure: ConversationFailure, logger: Logger) {
        switch failure.code {
        case .notFound: self.init(.conversationNotFound, failure.description)
        case .messageTooLarge, .conversationFull, .tooMany: self.init(.conversationFull, failure.description)
        case .unavailable:
            logger.error(
                "conversations cannot be used",
                metadata: ["error": "\(PlainText.escaped(failure.operatorDetail ?? failure.description))"])
            self.init(.storeUnavailable, failure.description, fields: [.retryAfter: "5"])
        }
    }
}
