internal import AgentModels
internal import AuthTokens
internal import Logging
internal import MCPProtocol

/// One turn while it runs: does what the ``ChatLoop`` decides, stores each message before anything follows from it, and tells the
/// audience.
struct ChatTurn {
    let chat: Chat
    let caller: Principal
    let tokenID: String?
    let conversation: Conversation
    let model: String
    let database: Database?
    let audience: ChatAudience
    /// How many messages the conversation has.
    private var count = 0
    private var history: [ModelMessage] = []
    private let start = ContinuousClock.now

    init(
        chat: Chat, caller: Principal, tokenID: String?, conversation: Conversation, model: String, database: Database?,
        audience: ChatAudience
    ) {
        self.chat = chat
        self.caller = caller
        self.tokenID = tokenID
        self.conversation = conversation
        self.model = model
        self.database = database
        self.audience = audience
    }

    // MARK: - The beginning

    /// Takes what the person said, which a new conversation has already.
    mutating func adopt(_ request: ChatRequest) {
        count = 1
        history = [request.question]
    }

    /// Stores what the person said, after what a crash left undone was mended.
    ///
    /// - Throws: ``ChatFailure``; ``ConversationFailure``; `CancellationError`.
    mutating func begin(_ request: ChatRequest) async throws {
        let (store, id, owner) = (chat.conversations, conversation.id, caller.id)
        count = conversation.messageCount
        if let index = request.replacingFrom {
            let one = try await store.messages(
                of: id, owner: owner, MessageSelection(before: index + 1, limit: 1, includesDetails: false))
            guard let replaced = one.first, replaced.index == index, replaced.message.isQuestion,
                replaced.message.results.isEmpty
            else { throw ChatFailure(.badRequest, "There is nothing of yours to replace at index \(index).") }
            try await store.truncate(id, owner: owner, from: index)
            count = index
        }
        guard count < chat.limits.messages else {
            throw ChatFailure(
                .full, "The conversation has as many messages as one may have (\(chat.limits.messages)): begin another."
            )
        }
        history = try await History.read(
            of: id, owner: owner, in: store, count: count,
            most: TokenEstimate.mostBytes(of: chat.limits.contextTokens))
        if let mending = Transcript.mending(history) { try await self.store(mending) }
        if let name = database?.name, name != conversation.database {
            try await store.setDatabase(id, owner: owner, name)
        }
        try await self.store(request.question)
    }

    /// Stores a message, also when the turn is cancelled meanwhile: what has happened is not to be lost.
    private mutating func store(
        _ message: ModelMessage, usage: ModelUsage? = nil, details: [String: StoredResult] = [:],
        end: ChatEnd.Reason? = nil
    ) async throws {
        let stored = StoredMessage(
            message: ConversationMask.masked(message), usage: usage, details: details, end: end)
        let (store, id, owner) = (chat.conversations, conversation.id, caller.id)
        try await Task { try await store.append([stored], to: id, owner: owner) }.value
        history.append(message)
        count += 1
    }

    // MARK: - The steps

    /// Answers.
    ///
    /// - Throws: What the audience threw.
    mutating func run() async throws -> ChatEnd {
        let reason: ChatEnd.Reason
        do {
            try await audience.tell(
                .turn(
                    ChatTurnStart(
                        conversation: conversation.id, turn: Conversation.newID(), title: conversation.title,
                        index: count - 1, database: database?.name,
                        allowWrites: database?.allowsWrites(of: caller) ?? false, provider: chat.provider.name,
                        model: model)))
            reason = try await steps()
        } catch {
            reason = try await ending(after: error)
        }
        let end = ChatEnd(reason: reason, index: count - 1)
        if Task.isCancelled {
            try? await audience.tell(.done(end))
        } else {
            do {
                try await audience.tell(.done(end))
            } catch let gone as ChatAudience.Gone {
                throw gone.reason
            }
        }
        return end
    }

    private mutating func steps() async throws -> ChatEnd.Reason {
        let databases = VisibleDatabases(chat.agent.databases.databases, for: caller)
        let service = chat.agent.service(for: caller)
        let tools = ChatTools(try await service.tools(.local(caller: caller)).items, chosen: database?.name)
        let runner = ToolRunner(
            chat: chat, service: service, caller: caller, tokenID: tokenID, tools: tools, audience: audience)
        let schema: SchemaDigest? = if let database { try await chat.schema(of: database, for: caller) } else { nil }
        let system = SystemPrompt.text(
            databases: databases, tools: chat.agent.tools.catalog, chosen: database, schema: schema,
            conversation: conversation.id)
        var loop = ChatLoop(
            messages: history, limits: chat.limits, fixedBytes: system.utf8.count + tools.byteCount)
        while true {
            try Task.checkCancellation()
            switch loop.next(elapsed: elapsed) {
            case .end(let reason): return reason
            case .ask(let asked):
                if let compacted = asked.compacted {
                    try await audience.tell(
                        .compacted(tokensBefore: compacted.before, tokensAfter: compacted.after))
                }
                let request = ModelRequest(
                    model: model, system: system, messages: asked.messages, tools: tools.definitions,
                    maxTokens: chat.maxTokens)
                let answer: ModelAnswer?
                do {
                    answer = try await ask(request)
                } catch let failure as ModelFailure where failure.code == .contextFull && loop.contextWasFull() {
                    continue
                }
                guard let answer else { return .timeLimit }
                try await follow(answer, &loop, runner)
            }
        }
    }

    /// How long the turn has taken, but for the waits for a person.
    private var elapsed: Duration { ContinuousClock.now - start - audience.timeWaited }

    /// The model's answer; nil when the time of the turn was over first.
    private func ask(_ request: ModelRequest) async throws -> ModelAnswer? {
        let (audience, provider) = (audience, chat.provider)
        return try await Deadline.run(within: max(.zero, chat.limits.time - elapsed)) {
            try await provider.answer(request) { event in
                switch event {
                case .text(let text): try await audience.tell(.text(text))
                case .thinking(let text): try await audience.tell(.thinking(text))
                case .retry(let retry):
                    try await audience.tell(
                        .retry(
                            attempt: retry.attempt, delayMs: Int(retry.delay.milliseconds.rounded()),
                            reason: retry.reason))
                // Calls are told of when they are run, after they were stored.
                case .toolCall: break
                }
            }
        }
    }

    /// Stores an answer, and then does what it asks for.
    private mutating func follow(_ answer: ModelAnswer, _ loop: inout ChatLoop, _ runner: ToolRunner) async throws {
        let answered = loop.take(answer)
        // The order is what a crash depends on: a call that is not stored was not run.
        try await store(
            answered.message, usage: answer.usage, end: answered.end == .answered ? nil : answered.end)
        if let results = answered.results { try await store(results) }
        try await audience.tell(.usage(loop.usage, steps: loop.steps))
        guard !answered.calls.isEmpty else { return }
        var batch = CallBatch(calls: answered.calls, runner: runner, audience: audience)
        await batch.run(&loop)
        var details: [String: StoredResult] = [:]
        for (call, outcome) in zip(answered.calls, batch.outcomes) {
            details[call.id] = StoredResult(
                elapsedMs: outcome.elapsed.milliseconds,
                result: outcome.rows.map { StoredRows.kept($0, offset: call.arguments["offset"]?.int ?? 0) },
                decision: outcome.decision)
        }
        try await store(loop.take(batch.outcomes.map(\.result)), details: details)
        if let failure = batch.failure { throw failure }
    }

    // MARK: - The end

    /// What an error makes of the turn.
    ///
    /// - Throws: What the audience threw.
    private func ending(after error: any Error) async throws -> ChatEnd.Reason {
        if Task.isCancelled { return .cancelled }
        switch error {
        case let gone as ChatAudience.Gone: throw gone.reason
        case is CancellationError: return .cancelled
        case let failure as ModelFailure:
            chat.note(failure)
            try await tellFailure(failure.code.rawValue, failure.description, detail: failure.operatorDetail)
            return failure.code == .contextFull ? .contextFull : .failed
        case let failure as ConversationFailure:
            chat.agent.logger.error(
                "a conversation cannot be kept",
                metadata: ["error": "\(PlainText.escaped(failure.operatorDetail ?? failure.description))"])
            try await tellFailure("storage", failure.description, detail: failure.operatorDetail)
        default:
            chat.agent.logger.error("a turn of the chat failed", metadata: ["error": "\(type(of: error))"])
            try await tellFailure(
                "internal", "The turn failed within the agent; its log says more.", detail: "\(type(of: error))")
        }
        return .failed
    }

    /// Whoever runs the chat in a process of their own is its operator, and has no other log.
    private func tellFailure(_ code: String, _ message: String, detail: String?) async throws {
        var message = message
        if caller.id == Principal.local.id, let detail { message += " (\(PlainText.escaped(detail)))" }
        do {
            try await audience.tell(.error(code: code, message: message))
        } catch let gone as ChatAudience.Gone {
            throw gone.reason
        }
    }
}
