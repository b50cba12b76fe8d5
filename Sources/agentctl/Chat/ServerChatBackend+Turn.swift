import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1

/// The turn over a stream that may be cut.
extension ServerChatBackend {
    /// How often a stream that was cut is taken up again without anything coming of it.
    private static let mostAttempts = 6
    private static let largestEvent = 16 << 20

    func turn(
        _ question: ChatQuestion, confirm: @escaping @Sendable (WriteQuestion) async throws -> Bool,
        onEvent: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws {
        var reading = StreamReading()
        do {
            try await read(&reading, question, confirm, onEvent)
        } catch is CancellationError {
            if let turn = reading.turn { await stop(turn) }
            throw CancellationError()
        } catch let refusal as ServerConnection.Refusal {
            throw Self.problem(refusal)
        } catch let stopped as Stopped {
            throw stopped.problem
        }
    }

    /// The turn was stopped from here: its stream is not taken up again, which would ask the same question once more.
    private struct Stopped: Error {
        var problem: ChatProblem
    }

    private struct StreamReading {
        var last: String?
        var isDone = false
        var attempts = 0
        /// Whether the last event was a question, while which nobody reads: the stream may then be taken for silent.
        var hasAsked = false
        /// The id of the turn, which the ids of its events begin with.
        var turn: String? { last.map(Self.turn) }

        static func turn(_ id: String) -> String { String(id.prefix { $0 != "." }) }
    }

    private func read(
        _ reading: inout StreamReading, _ question: ChatQuestion,
        _ confirm: @Sendable (WriteQuestion) async throws -> Bool,
        _ onEvent: @Sendable (TurnEvent) async throws -> Void
    ) async throws {
        var body: JSONObject = ["message": .string(question.text)]
        body["conversation"] = question.conversation.map { .string($0) }
        body["database"] = question.database.map { .string($0) }
        body["model"] = question.model.map { .string($0) }
        while !reading.isDone {
            let why: String
            do {
                let response = try await connection.stream(
                    reading.last == nil ? .object(body) : [:], after: reading.last)
                why = try await follow(response, &reading, confirm, onEvent)
            } catch let problem as ChatProblem where reading.last != nil {
                why = problem.description
            }
            if reading.isDone { return }
            reading.attempts += 1
            // Without an id nothing says where to go on: to ask again could run everything twice.
            guard reading.last != nil, reading.attempts <= Self.mostAttempts else {
                throw ChatProblem("the answer is not whole, the connection to \(connection.base) broke off: \(why)")
            }
            if reading.attempts == 1, !reading.hasAsked {
                try await onEvent(
                    TurnEvent(
                        name: "notice",
                        data: ["message": .string("The connection broke off (\(why)); it is taken up again.")]))
            }
            try await Task.sleep(for: .milliseconds(250 << min(reading.attempts, 5)))
        }
    }

    /// Reads one stream to its end; returns how it ended.
    private func follow(
        _ response: HTTPClientResponse, _ reading: inout StreamReading,
        _ confirm: @Sendable (WriteQuestion) async throws -> Bool,
        _ onEvent: @Sendable (TurnEvent) async throws -> Void
    ) async throws -> String {
        var parser = ServerSentEventParser(maximumEventBytes: Self.largestEvent)
        var pieces = response.body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch {
                try Task.checkCancellation()
                return ServerConnection.reason(error)
            }
            guard let piece else { return "the server ended it" }
            var events: [ServerSentEvent] = []
            do {
                try parser.feed(piece.readableBytesView) { events.append($0) }
            } catch {
                throw ChatProblem("the server sent an event of more than \(error.limit) bytes")
            }
            for event in events {
                guard let name = event.name, let data = event.data, let json = try? JSONValue.parse(data) else {
                    continue
                }
                try await onEvent(TurnEvent(name: name, data: json))
                // The answer goes its own way; the stream then says what came of it.
                if name == "approval", let approval = json["approval"] {
                    do {
                        // Nobody is asked whose yes would not be taken.
                        let mayApprove = approval["mayApprove"]?.bool != false
                        if !mayApprove {
                            try await onEvent(TurnEvent(name: "notice", data: ["message": .string(Self.mayNotApprove)]))
                        }
                        let isApproved = mayApprove ? try await confirm(Self.question(approval)) : false
                        _ = try await decide(approval, isApproved)
                    } catch let refusal as ServerConnection.Refusal where refusal.status == 403 {
                        // The answer is not taken: the turn would wait until the question expires.
                        if let turn = (event.id ?? reading.last).map(StreamReading.turn) { await stop(turn) }
                        throw Stopped(
                            problem: ChatProblem(
                                Self.mayNotApprove + " The turn was stopped. The server says: " + refusal.detail))
                    } catch let refusal as ServerConnection.Refusal {
                        try await onEvent(
                            TurnEvent(name: "notice", data: ["message": .string(refusal.detail)]))
                    }
                }
                if let id = event.id { reading.last = id }
                reading.attempts = 0
                reading.hasAsked = name == "approval"
                if name == "done" {
                    reading.isDone = true
                    return "done"
                }
            }
        }
    }

    private static let mayNotApprove =
        "This token may not approve writes, so this one is declined. One that may: agentctl token create --scope read --scope write "
        + "--scope approve"

    /// Stops a turn, whether or not this task was cancelled.
    private func stop(_ turn: String) async {
        let path = "/api/v1/chat/" + Self.encoded(turn)
        let connection = connection
        _ = await Task { try? await connection.call(.DELETE, path) }.value
    }
}
