import MCPProtocol
import Synchronization
import Testing

@testable import AgentModels

/// What a provider gave out.
final class EventLog: Sendable {
    private let kept = Mutex<[ModelEvent]>([])
    var events: [ModelEvent] { kept.withLock { $0 } }
    /// Those of the answer.
    var answer: [ModelEvent] { events.filter { if case .retry = $0 { false } else { true } } }
    var retries: [ModelRetry] { events.compactMap { if case .retry(let retry) = $0 { retry } else { nil } } }
    func add(_ event: ModelEvent) { kept.withLock { $0.append(event) } }
}

/// Gives another key each time.
final class KeyRing: Sendable {
    private let count = Mutex(0)
    func next() -> String {
        count.withLock {
            $0 += 1
            return "key-\($0)"
        }
    }
}

let testKey = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz"

extension ModelServer {
    func provider(
        _ kind: ModelService.Kind, silence: Duration = .seconds(20), attempts: Int = 4,
        key: @escaping ModelService.Key = { testKey }
    ) throws -> any ModelProvider {
        var service = ModelService(kind: kind, key: key, baseURL: url, silence: silence)
        service.retries.attempts = attempts
        service.retries.base = .milliseconds(1)
        service.retries.longest = .milliseconds(5)
        return try service.provider()
    }
}

extension ModelRequest {
    static let weather = ModelRequest(
        model: "m", system: "Be brief.", messages: [ModelMessage(role: .user, parts: [.text("Weather?")])])
}

@Suite("Services on real sockets", .timeLimit(.minutes(2)))
struct ServiceTests {
    private func outcome(
        _ kind: ModelService.Kind, attempts: Int = 4, silence: Duration = .seconds(20), log: EventLog = EventLog(),
        _ script: @escaping ModelServer.Script
    ) async throws -> (failure: ModelFailure, requests: Int) {
        try await ModelServer.with(script) { server in
            let provider = try server.provider(kind, silence: silence, attempts: attempts)
            let failure = await #expect(throws: ModelFailure.self) {
                try await provider.answer(.weather) { log.add($0) }
            }
            return (try #require(failure), server.requests.count)
        }
    }

    @Test("A stream in pieces of any size is the same answer", arguments: WireSample.all, [1, 2, 3, 7, 100_000])
    func pieces(sample: WireSample, size: Int) async throws {
        let log = EventLog()
        let answer = try await ModelServer.with({ exchange in
            try await exchange.head(type: sample.type)
            var rest = Array(sample.whole.utf8)[...]
            while !rest.isEmpty {
                try await exchange.chunk(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            try await exchange.end()
        }) { server in
            try await server.provider(sample.kind).answer(.weather) { log.add($0) }
        }
        #expect(answer == sample.answer)
        #expect(log.events == sample.events)
    }

    @Test("The request is as documented, with the key in a header and nowhere else", arguments: WireSample.all)
    func request(sample: WireSample) async throws {
        let requests = try await ModelServer.with({ try await $0.reply(type: sample.type, sample.whole) }) { server in
            _ = try await server.provider(sample.kind).answer(.weather) { _ in }
            return server.requests
        }
        let request = try #require(requests.first)
        let (path, header, value): (String, String, String) =
            switch sample.kind {
            case .anthropic: ("/v1/messages", "x-api-key", testKey)
            case .openai: ("/responses", "authorization", "Bearer \(testKey)")
            case .openaiCompatible: ("/chat/completions", "authorization", "Bearer \(testKey)")
            case .gemini: ("/v1beta/models/m:streamGenerateContent?alt=sse", "x-goog-api-key", testKey)
            case .ollama: ("/api/chat", "authorization", "Bearer \(testKey)")
            }
        #expect(request.method == "POST")
        #expect(request.target == path)
        #expect(request.fields[header] == value)
        #expect(request.fields["content-type"] == "application/json")
        #expect(request.fields["accept"] == sample.type)
        #expect(request.fields["anthropic-version"] == (sample.kind == .anthropic ? "2023-06-01" : nil))
        #expect(request.json?["model"]?.string == (sample.kind == .gemini ? nil : "m"))
        #expect(!String(decoding: request.body, as: UTF8.self).contains(testKey))
    }

    @Test("429 and overload are tried again, and said", arguments: WireSample.all, [429, 500, 503, 529])
    func retries(sample: WireSample, status: Int) async throws {
        let log = EventLog()
        let answer = try await ModelServer.with({ exchange in
            if exchange.number < 3 {
                try await exchange.reply(status, exchange.number == 1 ? ["Retry-After: 0"] : [], "{}")
            } else {
                try await exchange.reply(type: sample.type, sample.whole)
            }
        }) { server in
            try await server.provider(sample.kind).answer(.weather) { log.add($0) }
        }
        #expect(answer == sample.answer)
        #expect(log.retries.map(\.attempt) == [2, 3])
        #expect(log.retries.first?.delay == .zero)
        #expect(log.answer == sample.events)
    }

    @Test("Trying again has an end, and the last failure is told", arguments: WireSample.all)
    func gaveUp(sample: WireSample) async throws {
        let log = EventLog()
        let (failure, requests) = try await outcome(sample.kind, attempts: 3, log: log) {
            try await $0.reply(503, "{}")
        }
        #expect(failure.code == .overloaded)
        #expect(failure.status == 503)
        #expect(requests == 3)
        #expect(log.retries.count == 2)
    }

    @Test("A service that asks for an hour is not asked again")
    func longWait() async throws {
        let (failure, requests) = try await outcome(.anthropic) { try await $0.reply(429, ["Retry-After: 3600"], "{}") }
        #expect(failure.code == .rateLimited)
        #expect(requests == 1)
    }

    @Test(
        "What the service refuses is not tried again", arguments: WireSample.all, [400, 401, 403, 404, 413, 422, 307])
    func refusals(sample: WireSample, status: Int) async throws {
        let log = EventLog()
        // A redirect would take the key elsewhere.
        let (failure, requests) = try await outcome(sample.kind, log: log) { exchange in
            try await exchange.reply(status, ["Location: http://127.0.0.1:1/"], #"{"error":{"message":"no"}}"#)
        }
        #expect(failure.status == status)
        #expect(requests == 1)
        #expect(log.events.isEmpty)
    }

    @Test("A key that is quoted back is in no error and no reason", arguments: WireSample.all)
    func quotedKey(sample: WireSample) async throws {
        let quote = "Incorrect API key provided: \(testKey). Header was Bearer \(testKey), cut \(testKey.prefix(12))"
        let log = EventLog()
        for body in [#"{"error":{"message":"\#(quote)"}}"#, #"{"error":"\#(quote)"}"#] {
            for status in [401, 500] {
                let (failure, _) = try await outcome(sample.kind, attempts: 2, log: log) {
                    try await $0.reply(status, body)
                }
                #expect(failure.description.contains("Incorrect API key provided: [key]"))
                #expect(!failure.description.contains("sk-test-"))
            }
        }
        #expect(log.retries.count == 2)
        for retry in log.retries { #expect(!retry.reason.contains("sk-test-")) }
        // Within a stream that began well, and in what is no event at all.
        for text in ["data: \(quote)\n\n", "data: {\"error\":{\"message\":\"\(quote)\"}}\n\n"] {
            let line = sample.kind == .ollama ? String(text.dropFirst(6)) : text
            let (failure, _) = try await outcome(sample.kind, attempts: 1) {
                try await $0.reply(type: sample.type, line)
            }
            #expect(!failure.description.contains("sk-test-"))
        }
    }

    @Test("Silence ends the answer, before its head and in its middle", arguments: WireSample.all, [false, true])
    func silence(sample: WireSample, begins: Bool) async throws {
        let (failure, requests) = try await outcome(sample.kind, silence: .milliseconds(200)) { exchange in
            if begins {
                try await exchange.head(type: sample.type)
                try await exchange.chunk(sample.begin)
            }
            await exchange.closed()
        }
        #expect(failure.code == .silence)
        // It is not asked again. On a busy machine the silence may be over before the request has come.
        #expect(requests <= 1)
    }

    @Test("An answer may take longer than the silence that is allowed, and so may who takes it")
    func slow() async throws {
        let sample = WireSample.anthropic
        let answer = try await ModelServer.with({ exchange in
            try await exchange.head(type: sample.type)
            for piece in sample.whole.split(separator: "\n\n").map({ String($0) + "\n\n" }) {
                try await exchange.chunk(piece)
                try await Task.sleep(for: .milliseconds(60))
            }
            try await exchange.end()
        }) { server in
            try await server.provider(.anthropic, silence: .seconds(3)).answer(.weather) { event in
                if event == .text("Zürich ") { try await Task.sleep(for: .milliseconds(3500)) }
            }
        }
        #expect(answer == sample.answer)
    }

    @Test("A connection that breaks in mid-stream is a failure, and nothing is said twice", arguments: WireSample.all)
    func broken(sample: WireSample) async throws {
        let log = EventLog()
        let (failure, requests) = try await outcome(sample.kind, log: log) { exchange in
            try await exchange.head(type: sample.type)
            try await exchange.chunk(sample.begin)
        }
        #expect(failure.code == .connection)
        #expect(requests == 1)
        #expect(log.events == [.text("Hello")])
    }

    @Test("A stream that ends well, but without its final event, is a failure", arguments: WireSample.all)
    func unfinished(sample: WireSample) async throws {
        let (failure, requests) = try await outcome(sample.kind) { try await $0.reply(type: sample.type, sample.begin) }
        #expect(failure.code == .connection)
        #expect(requests == 1)
    }

    @Test("A connection that breaks before anything was said is tried again", arguments: WireSample.all)
    func brokenEarly(sample: WireSample) async throws {
        let log = EventLog()
        let answer = try await ModelServer.with({ exchange in
            switch exchange.number {
            case 1: break
            case 2: try await exchange.head(type: sample.type)
            case 3: try await exchange.reply(type: sample.type, sample.failing)
            default: try await exchange.reply(type: sample.type, sample.whole)
            }
        }) { server in
            try await server.provider(sample.kind, attempts: 5).answer(.weather) { log.add($0) }
        }
        #expect(answer == sample.answer)
        #expect(log.retries.count == 3)
        #expect(log.answer == sample.events)
    }

    @Test("An error after the first words is not tried again", arguments: WireSample.all)
    func failing(sample: WireSample) async throws {
        let (failure, requests) = try await outcome(sample.kind) {
            try await $0.reply(type: sample.type, sample.begin + sample.failing)
        }
        #expect(failure.code == .overloaded)
        #expect(requests == 1)
    }

    @Test("What is against the documentation is not tried again", arguments: WireSample.all)
    func malformed(sample: WireSample) async throws {
        let (failure, requests) = try await outcome(sample.kind) {
            try await $0.reply(type: sample.type, sample.malformed)
        }
        #expect(failure.code == .malformed)
        #expect(requests == 1)
    }

    @Test("A web page is not taken for an answer")
    func webPage() async throws {
        let (failure, _) = try await outcome(.openaiCompatible) { try await $0.reply(type: "text/html", "<html>") }
        #expect(failure.code == .malformed)
        #expect(failure.description.contains("llm.base_url"))
    }

    @Test(
        "Cancelling closes the connection, before the head, and in the middle", arguments: WireSample.all,
        [false, true])
    func cancels(sample: WireSample, begins: Bool) async throws {
        let (arrived, arrive) = AsyncStream<Void>.makeStream()
        let (closed, close) = AsyncStream<Void>.makeStream()
        try await ModelServer.with({ exchange in
            if begins {
                try await exchange.head(type: sample.type)
                try await exchange.chunk(sample.begin)
            } else {
                arrive.yield()
            }
            await exchange.closed()
            close.yield()
        }) { server in
            let provider = try server.provider(sample.kind)
            let task = Task { try await provider.answer(.weather) { _ in arrive.yield() } }
            for await _ in arrived { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            for await _ in closed { break }
            #expect(server.requests.count == 1)
        }
    }

    @Test("What the caller throws ends the answer and the connection")
    func callerThrows() async throws {
        struct Enough: Error {}
        let (closed, close) = AsyncStream<Void>.makeStream()
        try await ModelServer.with({ exchange in
            try await exchange.head(type: WireSample.anthropic.type)
            try await exchange.chunk(WireSample.anthropic.begin)
            await exchange.closed()
            close.yield()
        }) { server in
            let provider = try server.provider(.anthropic)
            await #expect(throws: Enough.self) { try await provider.answer(.weather) { _ in throw Enough() } }
            for await _ in closed { break }
        }
    }

    @Test("A server that keeps a finished stream open holds nobody up", arguments: WireSample.all)
    func staysOpen(sample: WireSample) async throws {
        let answer = try await ModelServer.with({ exchange in
            try await exchange.head(type: sample.type)
            try await exchange.chunk(sample.whole)
            await exchange.closed()
        }) { server in
            try await server.provider(sample.kind).answer(.weather) { _ in }
        }
        #expect(answer == sample.answer)
    }

    @Test("The key is asked for with each request, so that a rotation is seen")
    func rotation() async throws {
        let sample = WireSample.openai
        let keys = KeyRing()
        let requests = try await ModelServer.with({ try await $0.reply(type: sample.type, sample.whole) }) { server in
            let provider = try server.provider(.openai) { keys.next() }
            for _ in 0..<2 { _ = try await provider.answer(.weather) { _ in } }
            return server.requests
        }
        #expect(requests.map { $0.fields["authorization"] } == ["Bearer key-1", "Bearer key-2"])
    }

    @Test("A key that cannot be had, or would end its header, sends nothing", arguments: ["", "a\r\nX: y", "é", "a b"])
    func wrongKey(key: String) async throws {
        try await ModelServer.with({ try await $0.reply(500, "") }) { server in
            let provider = try server.provider(.gemini) { key }
            let failure = await #expect(throws: ModelFailure.self) { try await provider.answer(.weather) { _ in } }
            #expect(failure?.code == .authentication)
            #expect(server.requests.isEmpty)
        }
    }

    @Test("Where a key is kept is for the operator alone")
    func keyFile() async throws {
        struct Unreadable: Error, CustomStringConvertible {
            let description = "/etc/agent/model.key: permission denied"
        }
        try await ModelServer.with({ try await $0.reply(500, "") }) { server in
            let provider = try server.provider(.anthropic) { throw Unreadable() }
            let failure = await #expect(throws: ModelFailure.self) { try await provider.answer(.weather) { _ in } }
            #expect(failure?.code == .authentication && failure?.description.contains("/etc") == false)
            #expect(failure?.operatorDetail?.contains("/etc/agent/model.key") == true)
        }
    }

    @Test("An answer is bounded as a whole")
    func longAnswer() async throws {
        try await ModelServer.with({ exchange in
            try await exchange.head(type: "text/event-stream")
            for _ in 0..<1000 { try await exchange.chunk(": nothing but comments\n") }
        }) { server in
            var service = ModelService(kind: .anthropic, key: { testKey }, baseURL: server.url)
            service.limits.streamBytes = 4096
            let provider = try service.provider()
            let failure = await #expect(throws: ModelFailure.self) { try await provider.answer(.weather) { _ in } }
            #expect(failure?.code == .tooLarge)
        }
    }

    @Test("A service that is not there is a failure of the connection")
    func nobody() async throws {
        let url = try await ModelServer.with({ _ in }) { $0.url }
        var service = ModelService(kind: .ollama, baseURL: url)
        service.retries.attempts = 1
        let provider = try service.provider()
        let failure = await #expect(throws: ModelFailure.self) { try await provider.answer(.weather) { _ in } }
        #expect(failure?.code == .connection)
        // Which host it is, is for the operator alone.
        #expect(failure?.description == "Ollama cannot be reached, or the connection broke.")
        #expect(failure?.operatorDetail?.isEmpty == false)
    }
}
