import Synchronization

/// One request while it is answered: its notifications, and the guarantee that none comes after the answer or after a
/// cancellation.
final class RequestExchange: RequestPeer {
    private struct State {
        var isOpen = true
        var sending = 0
        var drained: CheckedContinuation<Void, Never>?
        var lastProgress = -Double.infinity
        var credit = RequestExchange.burst
        var lastRefill = ContinuousClock.now
    }

    /// So many progress notifications may follow each other at once …
    private static let burst = 20.0
    /// … and so many a second over time (item 20).
    private static let perSecond = 10.0

    let server: MCPServer
    let link: any ClientLink
    let metadata: RequestMetadata
    /// The session, when the client has one.
    let session: ServerSession?
    private let state = Mutex(State())

    init(server: MCPServer, link: any ClientLink, metadata: RequestMetadata, session: ServerSession?) {
        self.server = server
        self.link = link
        self.metadata = metadata
        self.session = session
    }

    var wantsProgress: Bool { metadata.progressToken != nil }

    func report(_ progress: Progress) async {
        guard let token = metadata.progressToken, progress.progress.isFinite else { return }
        let now = ContinuousClock.now
        let allowed = state.withLock { state in
            guard state.isOpen, progress.progress > state.lastProgress else { return false }
            let elapsed = state.lastRefill.duration(to: now) / .seconds(1)
            state.credit = min(Self.burst, state.credit + elapsed * Self.perSecond)
            state.lastRefill = now
            guard state.credit >= 1 else { return false }
            state.credit -= 1
            state.lastProgress = progress.progress
            return true
        }
        guard allowed else { return }
        var params: JSONObject = ["progressToken": token, "progress": JSONValue(progress.progress)]
        params.set("total", progress.total.map { JSONValue($0) })
        params.set("message", progress.message, if: metadata.version.hasToolAnnotations)
        await notify("notifications/progress", params)
    }

    func log(_ level: LogLevel, logger: String?, _ data: JSONValue) async {
        guard server.service.capabilities.logging else { return }
        // An older connection may change its mind while the request runs.
        guard let wanted = session?.facts.logLevel ?? metadata.logLevel, level >= wanted else { return }
        var params: JSONObject = ["level": .string(level.rawValue)]
        params.set("logger", logger)
        params["data"] = data
        await notify("notifications/message", params)
    }

    func releaseConnection() async { await link.release() }

    func ask(_ questions: [NamedQuestion], of context: RequestContext) async throws -> [Answer] {
        try checkCapabilities(questions)
        if let session { return try await ask(questions, session: session) }
        let answers = questions.map { context.answers[$0.key] }
        let missing = zip(questions, answers).filter { $0.1 == nil }.map(\.0)
        guard missing.isEmpty else { throw InputRequired(missing, state: context.state) }
        return try zip(questions, answers).map { asked, answer in
            guard let answer else { throw InputRequired([asked], state: context.state) }
            // What came back is checked against what is asked now: the client decides what it sends.
            do throws(WireError) {
                return try asked.question.answer(answer.json(for: metadata.version), key: asked.key)
            } catch {
                throw RPCError.invalidParams(error.description)
            }
        }
    }

    func checkCapabilities(_ questions: [NamedQuestion]) throws {
        let needed = ClientCapabilities(needed: questions.map(\.question))
        if let missing = metadata.clientCapabilities.missing(of: needed) {
            throw RPCError.missingCapability(
                missing, message: "The request needs a capability that the client did not declare")
        }
    }

    /// Asks an older client, question by question: a person answers one form at a time.
    func ask(_ questions: [NamedQuestion], session: ServerSession) async throws -> [Answer] {
        var answers: [Answer] = []
        for asked in questions {
            let value = try await session.ask(
                asked.question.method, params: asked.question.params(for: metadata.version), link: link,
                timeout: server.options.questionTimeout)
            do throws(WireError) {
                answers.append(try asked.question.answer(value, key: asked.key))
            } catch {
                throw RPCError.invalidParams(error.description)
            }
        }
        return answers
    }

    /// Sends a notification of the request, unless it ended.
    func notify(_ method: String, _ params: JSONObject) async {
        let isOpen = state.withLock { state in
            if state.isOpen { state.sending += 1 }
            return state.isOpen
        }
        guard isOpen else { return }
        // A client that is gone is noticed by the reader.
        try? await link.send(RPCMessage.notification(RPCNotification(method: method, params: params)).bytes)
        let drained = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.sending -= 1
            guard state.sending == 0 else { return nil }
            defer { state.drained = nil }
            return state.drained
        }
        drained?.resume()
    }

    /// From here on nothing is sent for the request.
    func close() {
        state.withLock { $0.isOpen = false }
    }

    /// As ``close()``; returns when the notifications that are on their way are out, so that the answer comes last.
    func drain() async {
        let isQuiet = state.withLock { state in
            state.isOpen = false
            return state.sending == 0
        }
        if isQuiet { return }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isQuiet = state.withLock { state in
                if state.sending > 0 { state.drained = continuation }
                return state.sending == 0
            }
            if isQuiet { continuation.resume() }
        }
    }
}
