/// What a handler knows of the request it answers, and its ways back to the client.
public struct RequestContext: Sendable {
    /// The id of the request, as the client chose it; nil for a call without a client.
    public let requestID: RequestID?
    /// The revision that the request speaks.
    public let protocolVersion: ProtocolVersion
    /// The name and version of the client, when it told.
    public let clientInfo: Implementation?
    /// What the client can do.
    public let clientCapabilities: ClientCapabilities
    /// Who asks, in the application's own type: what the transport was served with. It decides what may be seen, so
    /// that no list depends on the connection.
    public let caller: (any Sendable)?
    /// The `_meta` of the request.
    public let meta: JSONObject
    /// The answers of earlier rounds, by the keys of their questions.
    public let answers: [String: Answer]
    /// The state of ``InputRequired/state`` from the last round. It was sealed in between.
    public let state: JSONValue?

    /// The ways back to the client.
    let peer: any RequestPeer

    init(
        requestID: RequestID?, protocolVersion: ProtocolVersion, clientInfo: Implementation?,
        clientCapabilities: ClientCapabilities,
        caller: (any Sendable)?, meta: JSONObject, answers: [String: Answer], state: JSONValue?, peer: any RequestPeer
    ) {
        self.requestID = requestID
        self.protocolVersion = protocolVersion
        self.clientInfo = clientInfo
        self.clientCapabilities = clientCapabilities
        self.caller = caller
        self.meta = meta
        self.answers = answers
        self.state = state
        self.peer = peer
    }

    /// A context without a client, for calling a service straight from a program: a command line, an API, a test.
    ///
    /// - Parameters:
    ///   - caller: who asks.
    ///   - clientCapabilities: what `ask` can answer.
    ///   - progress: is told the progress; `nil` when nobody wants it.
    ///   - ask: answers questions; without it questions are refused.
    public static func local(
        caller: (any Sendable)? = nil, clientCapabilities: ClientCapabilities = ClientCapabilities(),
        progress: (@Sendable (Progress) async -> Void)? = nil,
        ask: (@Sendable (NamedQuestion) async throws -> Answer)? = nil
    ) -> RequestContext {
        RequestContext(
            requestID: nil, protocolVersion: .july2026, clientInfo: nil, clientCapabilities: clientCapabilities,
            caller: caller,
            meta: [:], answers: [:], state: nil, peer: LocalPeer(progress: progress, question: ask))
    }

    /// Which way of agreeing on a version the client has.
    public var era: Era { protocolVersion.era }

    /// Whether the client asked to be told the progress. Without, ``reportProgress(_:total:message:)`` does nothing.
    public var wantsProgress: Bool { peer.wantsProgress }

    /// Tells the client how far the request is (item 20). What does not increase, comes too fast or after the end is
    /// left out.
    ///
    /// - Parameters:
    ///   - progress: how much is done, in any unit.
    ///   - total: how much there is to do, when known.
    ///   - message: a sentence for the person.
    public func reportProgress(_ progress: Double, total: Double? = nil, message: String? = nil) async {
        await peer.report(Progress(progress: progress, total: total, message: message))
    }

    /// Sends a log message to the client, where the request (2026-07-28) or the connection (older) asked for messages
    /// of this level (item 21).
    ///
    /// - Parameters:
    ///   - level: the severity.
    ///   - logger: the name of the part that says it.
    ///   - data: what is said.
    public func log(_ level: LogLevel, logger: String? = nil, _ data: JSONValue) async {
        await peer.log(level, logger: logger, data)
    }

    /// Asks the client's side and waits for the answer, in either era.
    ///
    /// Older clients are asked by a request of the server, and the handler goes on where it stands. For 2026-07-28 the
    /// call **throws** ``InputRequired`` unless the answer is there; the server ends the round with the question, and
    /// the handler starts over on the next one with the answer in ``answers``. So what a handler does before it asks
    /// must be harmless to do twice; let the error through.
    ///
    /// - Parameters:
    ///   - key: the name of the question, the same on each round.
    ///   - question: what is asked.
    /// - Returns: the answer, of the kind that the question has, a form's checked against its fields.
    /// - Throws: ``RPCError`` -32021 when the client did not declare that it can answer; ``InputRequired`` (above).
    public func ask(_ key: String, _ question: Question) async throws -> Answer {
        try await ask([NamedQuestion(key, question)])[0]
    }

    /// Asks as ``ask(_:_:)`` does, and keeps something for the next round.
    ///
    /// - Parameters:
    ///   - key: the name of the question, the same on each round.
    ///   - question: what is asked.
    ///   - state: what the handler wants to see again with the answer, as ``state``; sealed in between. An older client's
    ///     answer comes back here, so that nothing has to be kept.
    /// - Returns: the answer.
    /// - Throws: as ``ask(_:_:)``.
    public func ask(_ key: String, _ question: Question, keeping state: JSONValue) async throws -> Answer {
        let context = RequestContext(
            requestID: requestID, protocolVersion: protocolVersion, clientInfo: clientInfo,
            clientCapabilities: clientCapabilities, caller: caller, meta: meta, answers: [:], state: state, peer: peer)
        return try await peer.ask([NamedQuestion(key, question)], of: context)[0]
    }

    /// Asks several questions at once; see ``ask(_:_:)``.
    ///
    /// - Returns: the answers in the order of the questions.
    public func ask(_ questions: [NamedQuestion]) async throws -> [Answer] {
        try await peer.ask(questions, of: self)
    }

    /// Lets go of the connection that the request came by, where the client can come back for the answer: an older client
    /// over HTTP is told to come again, and finds what was said meanwhile. Elsewhere it does nothing.
    public func releaseConnection() async {
        await peer.releaseConnection()
    }

    /// Asks the person with a form; see ``ask(_:_:)``.
    public func elicit(_ key: String, _ form: ElicitationForm) async throws -> ElicitationResult {
        guard case .elicitation(let result) = try await ask(key, .form(form)) else {
            throw RPCError.invalidParams("The answer to '\(key)' is not that of a form")
        }
        return result
    }
}

/// How far a request is.
public struct Progress: Sendable, Hashable {
    /// How much is done, in any unit.
    public var progress: Double
    /// How much there is to do, when known.
    public var total: Double?
    /// A sentence for the person.
    public var message: String?

    /// How far a request is.
    public init(progress: Double, total: Double? = nil, message: String? = nil) {
        self.progress = progress
        self.total = total
        self.message = message
    }
}

/// The ways back to the client of one request.
protocol RequestPeer: Sendable {
    var wantsProgress: Bool { get }
    func report(_ progress: Progress) async
    func log(_ level: LogLevel, logger: String?, _ data: JSONValue) async
    func ask(_ questions: [NamedQuestion], of context: RequestContext) async throws -> [Answer]
    func releaseConnection() async
}

extension RequestPeer {
    func releaseConnection() async {}
}

/// A caller in the same process.
struct LocalPeer: RequestPeer {
    let progress: (@Sendable (Progress) async -> Void)?
    let question: (@Sendable (NamedQuestion) async throws -> Answer)?

    var wantsProgress: Bool { progress != nil }

    func report(_ progress: Progress) async { await self.progress?(progress) }

    func log(_ level: LogLevel, logger: String?, _ data: JSONValue) async {}

    func ask(_ questions: [NamedQuestion], of context: RequestContext) async throws -> [Answer] {
        guard let question else {
            throw RPCError.missingCapability(
                ClientCapabilities(needed: questions.map(\.question)), message: "There is nobody to ask here")
        }
        var answers: [Answer] = []
        for asked in questions { answers.append(try await question(asked)) }
        return answers
    }
}
