import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1

/// One request to a service.
struct ServiceCall: Sendable {
    /// What follows the address, already encoded.
    var path: String
    /// What follows the path.
    var query: [(String, String)] = []
    /// Further header fields.
    var fields: [(String, String)] = []
    /// The body; nil for a GET.
    var body: JSONValue?
    /// The media type that is waited for.
    var accept = "application/json"
}

/// The fields of a response by their names in lower case; of several with one name the first.
struct ServiceHeaders: Sendable {
    private var values: [String: String] = [:]

    init() {}

    init(_ headers: some Sequence<(name: String, value: String)>) {
        for (name, value) in headers where values[name.lowercased()] == nil { values[name.lowercased()] = value }
    }

    subscript(name: String) -> String? { values[name] }
}

/// Sends requests to one service, again where that may help.
struct ServiceConnection: Sendable {
    /// How the key is sent.
    enum KeyScheme: Sendable {
        /// In a field of its own.
        case header(String)
        /// `Authorization: Bearer`
        case bearer
    }

    /// The service's name for people.
    let service: String
    let address: ServiceAddress
    let key: ModelService.Key?
    let scheme: KeyScheme
    let silence: Duration
    let retries: RetryPolicy
    let limits: AnswerLimits

    /// Has the service answer.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - format: How the stream is cut.
    ///   - onEvent: As in ``ModelProvider/answer(_:onEvent:)``.
    ///   - reader: Makes what reads the stream, for each try anew.
    func answer(
        _ call: ServiceCall, _ format: StreamFormat, onEvent: @Sendable (ModelEvent) async throws -> Void,
        reader: @Sendable (WireContext) -> any AnswerReader
    ) async throws -> ModelAnswer {
        var call = call
        call.accept = format.mediaType
        return try await trying(onEvent) { context, key in
            let request = try request(call, key: key)
            return try await ServiceExchange(context: context, request: request, silence: silence)
                .answer(format, reader: reader(context), onEvent: onEvent)
        }
    }

    /// Fetches a JSON object.
    func object(_ call: ServiceCall) async throws -> JSONValue {
        try await trying({ _ in }) { context, key in
            let request = try request(call, key: key)
            let body = try await ServiceExchange(context: context, request: request, silence: silence)
                .body(limit: limits.listBytes)
            let bounds = JSONLimits(
                maximumBytes: limits.listBytes, maximumDepth: 64, maximumStringBytes: limits.listBytes)
            guard let value = try? JSONValue.parse(body, limits: bounds), value.object != nil else {
                throw AttemptFailure(context.malformed("a list of models that is no JSON object", body))
            }
            return value
        }
    }

    /// Tries, and tries again as long as it may help and nothing of an answer was given out.
    private func trying<Result: Sendable>(
        _ onEvent: (ModelEvent) async throws -> Void, _ attempt: (WireContext, String?) async throws -> Result
    ) async throws -> Result {
        var failures = 0
        while true {
            let key = try await currentKey()
            let context = WireContext(service: service, redaction: Redaction(key), limits: limits)
            do {
                return try await attempt(context, key)
            } catch let error as AttemptFailure {
                try Task.checkCancellation()
                failures += 1
                let delay = retries.delay(
                    after: failures, asked: error.after, random: Double.random(in: 0...1))
                guard error.passes, let delay else { throw error.failure }
                try await onEvent(
                    .retry(
                        ModelRetry(attempt: failures + 1, delay: delay, reason: error.failure.description)))
                try await Task.sleep(for: delay)
            }
        }
    }

    private func currentKey() async throws -> String? {
        guard let key else { return nil }
        let value: String
        do {
            value = try await key()
        } catch {
            try Task.checkCancellation()
            throw ModelFailure(
                .authentication, "The key to \(service) cannot be had; whoever runs this finds the reason in the log.",
                operatorDetail: Redaction().excerpt("\(error)"))
        }
        // Anything else could end the header field and start another one.
        guard !value.isEmpty, value.utf8.count <= 16_384, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ModelFailure(
                .authentication, "The key to \(service) is empty or has characters that no key has.")
        }
        return value
    }

    private func request(_ call: ServiceCall, key: String?) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.url(call.path, query: call.query))
        request.headers.add(name: "User-Agent", value: "postgres-agent")
        request.headers.add(name: "Accept", value: call.accept)
        for (name, value) in call.fields { request.headers.add(name: name, value: value) }
        switch (key, scheme) {
        case (let key?, .header(let name)): request.headers.add(name: name, value: key)
        case (let key?, .bearer): request.headers.add(name: "Authorization", value: "Bearer \(key)")
        case (nil, _): break
        }
        if let body = call.body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        return request
    }
}
