internal import AgentModels
internal import AuthTokens
internal import Logging
internal import MCPProtocol
internal import Synchronization

/// Runs the calls of a model through the agent's service, as every client does.
struct ToolRunner: Sendable {
    let chat: Chat
    let service: any MCPService
    let caller: Principal
    let tokenID: String?
    let tools: ChatTools
    let audience: ChatAudience

    /// What a call came to.
    struct Outcome: Sendable {
        /// What the model is told.
        var result: ModelToolResult
        /// The rows, for a page.
        var rows: JSONObject?
        /// How long it took.
        var elapsed: Duration = .zero
        /// What a person answered; nil where nobody was asked.
        var decision: ChatDecision?
        /// Whether a person was asked and did not approve.
        var isDeclined: Bool { decision == .decline || decision == .expired }
    }

    /// Whether a person may be asked.
    enum Asking: Sendable {
        /// Now.
        case allowed
        /// Not while other calls run: the call is put off.
        case later
        /// Not any more in this turn.
        case over
    }

    private struct PutOff: Error {}
    private struct Over: Error {}

    /// The answer of a person, where one was asked.
    private final class Reply: Sendable {
        private let decision = Mutex<ChatDecision?>(nil)
        var value: ChatDecision? {
            get { decision.withLock { $0 } }
            set { decision.withLock { $0 = newValue } }
        }
    }

    /// Runs a call.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - asking: Whether a person may be asked about it.
    /// - Returns: What it came to, also when the task was cancelled; nil when it was put off.
    /// - Throws: ``ChatAudience/Gone``.
    func run(_ call: ModelToolCall, asking: Asking) async throws -> Outcome? {
        let witness = CallWitness()
        let reply = Reply()
        let start = ContinuousClock.now
        // The id of the token is on record with the call, as with every other client's.
        let identity: any Sendable =
            tokenID.map { AuthenticatedCaller(principal: caller, credential: .token(id: $0)) } ?? caller as any Sendable
        let context = RequestContext.local(
            caller: identity, clientCapabilities: ClientCapabilities(elicitation: .init()),
            ask: { [audience] _ in
                switch asking {
                case .allowed: break
                case .later: throw PutOff()
                case .over: throw Over()
                }
                // What is asked about is the witness's question, never a text that came some other way.
                guard let question = witness.question else { return .elicitation(.decline) }
                let decision = try await audience.decide(question, call: call.id, witness: witness)
                reply.value = decision
                switch decision {
                case .approve: return .elicitation(.accept([:]))
                case .decline: return .elicitation(.decline)
                case .expired: return .elicitation(.cancel)
                }
            })
        var outcome: Outcome
        do {
            let answer = try await CallWitness.$current.withValue(witness) {
                try await service.callTool(call.name, arguments: tools.arguments(of: call), context: context)
            }
            outcome = self.outcome(of: call, answer, rows: witness.result)
        } catch is PutOff {
            return nil
        } catch is Over {
            outcome = failure(call, ChatLoop.declinedOften)
        } catch let gone as ChatAudience.Gone {
            throw gone
        } catch let error as RPCError {
            outcome = failure(call, PlainText.escaped(error.message))
        } catch {
            outcome = failure(call, text(of: error, call, witness, reply.value))
        }
        outcome.elapsed = ContinuousClock.now - start
        outcome.decision = reply.value
        if reply.value == .approve, let database = tools.database(of: call) { chat.forgetSchema(of: database) }
        return outcome
    }

    /// Whether a call provably only reads.
    func isRead(_ call: ModelToolCall) async -> Bool {
        if tools.onlyReads(call.name) { return true }
        guard call.name == ChatTools.query, let sql = tools.sql(of: call) else { return false }
        let databases = VisibleDatabases(chat.agent.databases.databases, for: caller)
        guard let database = try? databases.database(named: tools.database(of: call)) else { return true }
        guard database.allowsWrites(of: caller) else { return true }
        return await database.vet(sql).isAllowed
    }

    /// How many calls may run at once: no more than each of their databases lets one caller run.
    func width(of calls: some Sequence<ModelToolCall>) -> Int {
        let databases = VisibleDatabases(chat.agent.databases.databases, for: caller)
        return calls.reduce(Self.mostAtOnce) { width, call in
            guard let name = tools.database(of: call), let database = try? databases.database(named: name) else {
                return width
            }
            return min(width, max(1, CallerLimiter.effectiveLimit(database.configuration)))
        }
    }

    private static let mostAtOnce = 4

    // MARK: - Texts

    private func outcome(of call: ModelToolCall, _ answer: ToolOutcome, rows: JSONObject?) -> Outcome {
        guard case .result(let result) = answer else {
            return failure(call, "The tool asks for something that nobody here can answer.")
        }
        var text = result.text
        if let cut = ResultCut.cut(text, to: chat.limits.resultBytes) {
            text = lead(of: cut, call, rows) + cut.text
        }
        return Outcome(
            result: ModelToolResult(callID: call.id, name: call.name, text: text, isError: result.isError), rows: rows)
    }

    /// What the model has to know of an answer that it sees a part of.
    private func lead(of cut: ResultCut.Cut, _ call: ModelToolCall, _ rows: JSONObject?) -> String {
        guard let rows, rows["statements"] == nil, let lines = cut.framedLines, lines > 1,
            let count = rows["rowCount"]?.int
        else { return "NOT ALL: this answer is too long to be shown to you whole; ask for less.\n" }
        // The first line within the frame is the header; a row is one line.
        let next = (call.arguments["offset"]?.int ?? 0) + lines - 1
        return
            "NOT ALL: you are shown the first \(lines - 1) of these \(count) rows; the person sees all of them. Aggregate, "
            + "select fewer columns, or call again with offset \(next) for the next.\n"
    }

    private func text(
        of error: any Error, _ call: ModelToolCall, _ witness: CallWitness, _ decision: ChatDecision?
    ) -> String {
        guard error is CancellationError || Task.isCancelled else {
            chat.agent.logger.error(
                "a tool of the chat failed",
                metadata: ["tool": "\(PlainText.escaped(call.name))", "error": "\(type(of: error))"])
            return "The tool failed within the agent; its log says more."
        }
        if decision == .approve { return Transcript.interrupted }
        if witness.question != nil { return "Stopped before the person answered: nothing was run." }
        return Task.isCancelled ? "Stopped before its end." : "The statement was cancelled on the server."
    }

    func failure(_ call: ModelToolCall, _ text: String) -> Outcome {
        Outcome(result: ModelToolResult(callID: call.id, name: call.name, text: text, isError: true))
    }
}
