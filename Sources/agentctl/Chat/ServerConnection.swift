import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1
import NIOSSL

/// The way to an agent's API: JSON in and out, with a token, over TLS or on this machine.
struct ServerConnection: Sendable {
    /// What the server refuses, as its problem JSON says it.
    struct Refusal: Error {
        var status: Int
        var code: String
        var detail: String
        var body: JSONValue
    }

    /// The largest answer that is not a stream.
    private static let largestAnswer = 64 << 20

    let base: String
    let token: String
    /// How the server's certificate is checked; nil as the system does it.
    let tls: TLSConfiguration?
    let client: HTTPClient
    /// For answers that come bit by bit, of which a silence means that nobody is there.
    private let streams: HTTPClient

    /// Prepares a connection; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - url: `https://…`, or `http://` to this machine.
    ///   - token: The token.
    ///   - tls: How the server's certificate is checked, as ``trusting(_:)`` says; nil as the system does it.
    ///   - silence: How long a stream may say nothing. The server writes a comment every 15 seconds.
    /// - Throws: ``ChatProblem`` for any other address: a token would go over the network for everybody to read.
    init(url: String, token: String, tls: TLSConfiguration? = nil, silence: TimeAmount = .seconds(60)) throws {
        base = try Self.checked(url)
        self.token = token
        self.tls = tls
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        configuration.tlsConfiguration = tls
        // A server that is not there is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        configuration.timeout.read = silence
        streams = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Lets go of the connections.
    func close() async {
        try? await client.shutdown()
        try? await streams.shutdown()
    }

    /// The address without what follows the host.
    static func checked(_ url: String) throws -> String {
        let lowered = url.lowercased()
        let isSecure = lowered.hasPrefix("https://")
        guard isSecure || lowered.hasPrefix("http://"), !url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
            throw ChatProblem("--server takes an address that begins with https:// or http://", status: 2)
        }
        let scheme = isSecure ? 8 : 7
        let authority = lowered.dropFirst(scheme).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@") else {
            throw ChatProblem("--server takes an address with a host and without a user name", status: 2)
        }
        guard lowered.dropFirst(scheme + authority.count).allSatisfy({ $0 == "/" }) else {
            throw ChatProblem("--server takes the address of the server alone, without a path", status: 2)
        }
        guard isSecure || isLoopback(String(authority)) else {
            throw ChatProblem(
                "--server needs https:// for another machine: the token would go over the network in clear text",
                status: 78)
        }
        return String(lowered.prefix(scheme + authority.count))
    }

    private static func isLoopback(_ authority: String) -> Bool {
        if authority == "[::1]" || authority.hasPrefix("[::1]:") { return true }
        let host = authority.prefix { $0 != ":" }
        if host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// A request to the API.
    private func request(_ method: HTTPMethod, _ path: String, _ body: JSONValue?) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Accept", value: "application/json, text/event-stream")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        return request
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Throws: ``Refusal``; ``ChatProblem`` when the server cannot be reached or answers with something else.
    @discardableResult
    func call(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let response = try await send(request(method, path, body), seconds: 330)
        let json = try await Self.json(of: response)
        guard (200..<300).contains(Int(response.status.code)) else { throw Self.refusal(response, json) }
        return json
    }

    /// Reads an answer that is text.
    func text(_ path: String) async throws -> String {
        let response = try await send(request(.GET, path, nil), seconds: 330)
        guard response.status == .ok else { throw Self.refusal(response, try await Self.json(of: response)) }
        return String(decoding: try await Self.body(of: response).readableBytesView, as: UTF8.self)
    }

    /// Begins a stream.
    ///
    /// - Parameters:
    ///   - body: What is asked.
    ///   - last: The id of the last event that was read, to go on behind it.
    func stream(_ body: JSONValue, after last: String?) async throws -> HTTPClientResponse {
        var request = request(.POST, "/api/v1/chat", body)
        if let last { request.headers.add(name: "Last-Event-ID", value: last) }
        // No limit for the whole: a turn takes as long as it takes, and a silent stream has comments.
        let response = try await send(request, seconds: 24 * 3600, by: streams)
        guard response.status == .ok else { throw Self.refusal(response, try await Self.json(of: response)) }
        return response
    }

    private func send(
        _ request: HTTPClientRequest, seconds: Int64, by client: HTTPClient? = nil
    ) async throws -> HTTPClientResponse {
        do {
            return try await (client ?? self.client).execute(request, timeout: .seconds(seconds))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try Task.checkCancellation()
            throw ChatProblem("\(base) cannot be reached: \(Self.reason(error))")
        }
    }

    private static func json(of response: HTTPClientResponse) async throws -> JSONValue {
        let body = try await body(of: response)
        if body.readableBytes == 0 { return .object([:]) }
        return (try? JSONValue.parse(Array(body.readableBytesView))) ?? .null
    }

    private static func body(of response: HTTPClientResponse) async throws -> ByteBuffer {
        do {
            return try await response.body.collect(upTo: largestAnswer)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ChatProblem("the answer of the server broke off: \(reason(error))")
        }
    }

    private static func refusal(_ response: HTTPClientResponse, _ json: JSONValue) -> Refusal {
        let status = Int(response.status.code)
        return Refusal(
            status: status, code: json["code"]?.string ?? "",
            detail: json["detail"]?.string
                ?? json["title"]?.string ?? "the server answered with status \(status)", body: json)
    }
}
