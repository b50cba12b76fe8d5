import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import AgentServer
@testable import MCPProtocol

/// An event of `POST /chat`.
struct ChatStreamEvent: Sendable, Equatable {
    var id: String
    var name: String
    var data: JSONValue
}

/// The answer to `POST /chat` while it comes.
struct ChatStream: AsyncSequence, Sendable {
    let response: HTTPClientResponse

    struct Iterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        var parser = ServerSentEventParser(maximumEventBytes: 64 << 20)
        var ready: ArraySlice<ChatStreamEvent> = []

        mutating func next() async throws -> ChatStreamEvent? {
            while ready.isEmpty {
                guard let piece = try await body.next() else { return nil }
                var found: [ChatStreamEvent] = []
                try parser.feed(piece.readableBytesView) { event in
                    guard let data = event.data else { return }
                    found.append(
                        ChatStreamEvent(
                            id: event.id ?? "", name: event.name ?? "", data: (try? JSONValue.parse(data)) ?? .null))
                }
                ready = found[...]
            }
            return ready.popFirst()
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(body: response.body.makeAsyncIterator()) }

    /// All events until the end of the stream.
    func all() async throws -> [ChatStreamEvent] {
        var events: [ChatStreamEvent] = []
        for try await event in self { events.append(event) }
        return events
    }

    /// The events until one of a name; the connection is given up then.
    func until(_ name: String) async throws -> [ChatStreamEvent] {
        var events: [ChatStreamEvent] = []
        for try await event in self {
            events.append(event)
            if event.name == name { break }
        }
        return events
    }
}

extension APIFixture {
    /// Says something to the agent.
    func say(
        _ message: String, as caller: String = "reader", _ members: JSONObject = [:], key: String? = nil
    ) async throws -> ChatStream {
        var body = members
        body["message"] = .string(message)
        return try await chat(.object(body), as: caller, key: key)
    }

    /// Goes on behind an event.
    func resume(after id: String, as caller: String = "reader") async throws -> ChatStream {
        try await chat([:], as: caller, last: id)
    }

    private func chat(
        _ body: JSONValue, as caller: String, last: String? = nil, key: String? = nil
    ) async throws -> ChatStream {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/v1/chat")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(caller)")
        request.headers.add(name: "Content-Type", value: "application/json")
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let last { request.headers.add(name: "Last-Event-ID", value: last) }
        request.body = .bytes(ByteBuffer(string: "\(body)"))
        return ChatStream(response: try await client.execute(request, timeout: .seconds(120)))
    }
}

extension [ChatStreamEvent] {
    var names: [String] { map(\.name) }
    var text: String { filter { $0.name == "text" }.compactMap { $0.data["text"]?.string }.joined() }
    func first(_ name: String) -> ChatStreamEvent? { first { $0.name == name } }
}
