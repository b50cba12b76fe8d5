import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import AgentServer

/// An answer of the API.
struct APIReplyRead: Sendable {
    var status: Int
    var fields: [(name: String, value: String)]
    var bytes: [UInt8]
    /// The body; null when there is none.
    var json: JSONValue

    subscript(key: String) -> JSONValue? { json[key] }
    /// The values of a field.
    func field(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The code of a problem.
    var code: String? { json["code"]?.string }
}

extension APIFixture {
    /// Sends a request and holds the answer against the document.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path with its query.
    ///   - body: The body, sent as it is.
    ///   - caller: A key of ``callers``; nil sends no token.
    ///   - fields: Further fields.
    func send(
        _ method: String, _ path: String, body: String? = nil, as caller: String? = "reader",
        fields: [(String, String)] = []
    ) async throws -> APIReplyRead {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method)
        if let caller { request.headers.add(name: "Authorization", value: "Bearer \(caller)") }
        if let body {
            request.body = .bytes(ByteBuffer(string: body))
            if !fields.contains(where: { $0.0 == "Content-Type" }) {
                request.headers.add(name: "Content-Type", value: "application/json")
            }
        }
        for (name, value) in fields where !value.isEmpty { request.headers.add(name: name, value: value) }
        let response = try await client.execute(request, timeout: .seconds(120))
        let bytes = Array((try await response.body.collect(upTo: 64 << 20)).readableBytesView)
        let json = bytes.isEmpty ? JSONValue.null : try JSONValue.parse(bytes)
        let reply = APIReplyRead(
            status: Int(response.status.code), fields: response.headers.map { (name: $0.name, value: $0.value) },
            bytes: bytes, json: json)
        for problem in method == "HEAD" ? [] : mismatches(method, path, reply) {
            Issue.record("\(method) \(path): \(problem)")
        }
        return reply
    }

    /// Posts JSON.
    func post(_ path: String, _ body: JSONValue, as caller: String? = "reader") async throws -> APIReplyRead {
        try await send("POST", APIPath.root + path, body: "\(body)", as: caller)
    }

    /// Gets what is below the API's path.
    func get(_ path: String, as caller: String? = "reader") async throws -> APIReplyRead {
        try await send("GET", APIPath.root + path, as: caller)
    }

    /// What of an answer the document does not say.
    private func mismatches(_ method: String, _ path: String, _ reply: APIReplyRead) -> [String] {
        let type = reply.field("Content-Type").first
        if reply.status >= 400 {
            var problems = type == "application/problem+json" ? [] : ["the problem is \(type ?? "of no type")"]
            if reply["status"]?.int != reply.status { problems.append("the status is not repeated") }
            if reply["type"]?.string != "/problems/\(reply.code ?? "")" { problems.append("no type") }
            if reply["title"]?.string?.isEmpty != false { problems.append("no title") }
            guard problems.isEmpty else { return problems }
        }
        let document = api.document.json
        guard let operation = operation(method, path, in: document) else { return [] }
        guard let response = operation["responses"]?[String(reply.status)] else {
            return ["the document has no \(reply.status): \(reply.json)"]
        }
        if response["content"] == nil, reply.bytes.isEmpty { return [] }
        let media = response["content"]?[type ?? ""]
        guard let schema = media?["schema"] else { return ["the document has no \(type ?? "nothing")"] }
        var root = document.object ?? [:]
        root["$defs"] = ["answer": schema]
        return JSONSchema(.object(root)).problems(with: reply.json, definition: "answer")
    }

    private func operation(_ method: String, _ path: String, in document: JSONValue) -> JSONValue? {
        let parts = path.prefix { $0 != "?" }.split(separator: "/")
        for (template, item) in document["paths"]?.object ?? [:] {
            let pattern = template.split(separator: "/")
            if pattern.count == parts.count, zip(pattern, parts).allSatisfy({ $0 == $1 || $0.first == "{" }) {
                return item[method.lowercased()]
            }
        }
        return nil
    }
}
