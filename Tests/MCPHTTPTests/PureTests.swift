@testable import MCPHTTP
import MCPProtocol
import TestSupport
import Testing

@Suite("Events on the wire")
struct ServerSentEventTests {
    private func parse(_ pieces: [[UInt8]]) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser(maximumEventBytes: 10_000)
        var events: [ServerSentEvent] = []
        for piece in pieces { try parser.feed(piece) { events.append($0) } }
        return events
    }

    private func parse(_ text: String) throws -> [ServerSentEvent] { try parse([Array(text.utf8)]) }

    @Test(
        "Follows the parsing rules of HTML",
        arguments: [
            ("data: a\n\n", [ServerSentEvent(data: Array("a".utf8))]),
            ("data:a\r\n\r\n", [ServerSentEvent(data: Array("a".utf8))]),
            ("data:  a\r\r", [ServerSentEvent(data: Array(" a".utf8))]),
            ("\u{FEFF}data: a\n\n", [ServerSentEvent(data: Array("a".utf8))]),
            ("data: a\ndata: b\ndata\n\n", [ServerSentEvent(data: Array("a\nb\n".utf8))]),
            (": comment\n\n\ndata: a\n\n", [ServerSentEvent(data: Array("a".utf8))]),
            ("id: 7\nretry: 250\ndata: \n\n", [ServerSentEvent(id: "7", data: [], retry: 250)]),
            ("id: 7\n\n", [ServerSentEvent(id: "7")]),
            ("id: a\0b\ndata: x\n\n", [ServerSentEvent(data: Array("x".utf8))]),
            ("retry: 1s\ndata: x\n\n", [ServerSentEvent(data: Array("x".utf8))]),
            ("event: ping\nfoo: bar\ndata: x\n\n", [ServerSentEvent(name: "ping", data: Array("x".utf8))]),
            ("data: not complete\n", []), ("data: not complete", []), ("", []),
        ])
    func rules(text: String, expected: [ServerSentEvent]) throws {
        #expect(try parse(text) == expected)
    }

    @Test("What is written is read back, however the pieces are cut", arguments: 0..<200)
    func splits(seed: UInt64) throws {
        var random = SeededNumbers(seed)
        let alphabet = ["a", "é", "💬", "\"", ":", " ", "\\", "{", "data", "id", "\u{2028}", "\t"]
        func text(_ maximum: Int) -> String {
            (0..<Int.random(in: 0...maximum, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }
                .joined()
        }
        let events = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            ServerSentEvent(
                id: Bool.random(using: &random) ? text(5) : nil, name: Bool.random(using: &random) ? "message" : nil,
                data: Array((text(30) + (Bool.random(using: &random) ? "\n" + text(9) : "")).utf8),
                retry: Bool.random(using: &random) ? Int.random(in: 0...99_999, using: &random) : nil)
        }
        var bytes: [UInt8] = []
        for event in events {
            if Bool.random(using: &random) { bytes += ServerSentEvent.keepAlive }
            event.encode(into: &bytes)
        }
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...max(1, min(rest.count, 20)), using: &random)
            pieces.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        #expect(try parse(pieces) == events)
        // All three line ends mean the same, wherever they are cut.
        for end in ["\r\n", "\r"] {
            let other = Array(
                String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
                    .joined(separator: end).utf8)
            let cut = Int.random(in: 0...other.count, using: &random)
            #expect(try parse([Array(other[..<cut]), Array(other[cut...])]) == events)
        }
    }

    @Test("An event without an end does not fill the memory")
    func limit() throws {
        var parser = ServerSentEventParser(maximumEventBytes: 100)
        let line = Array("data: 0123456789\n".utf8)
        #expect(throws: ServerSentEventParser.TooLarge.self) {
            for _ in 0..<20 { try parser.feed(line) { _ in } }
        }
        var other = ServerSentEventParser(maximumEventBytes: 100)
        #expect(throws: ServerSentEventParser.TooLarge.self) {
            try other.feed([UInt8](repeating: 0x61, count: 101)) { _ in }
        }
        var third = ServerSentEventParser(maximumEventBytes: 100)
        for _ in 0..<100 { try third.feed(line + [10]) { _ in } }
    }
}

@Suite("Values of headers")
struct HeaderValueTests {
    @Test(
        "Any text survives the way",
        arguments: ["", "plain", " edges ", "tab\there", "Zürich", "東京", "=?base64?aGk=?=", "a\r\nX-Evil: 1", "~ !"])
    func roundTrip(text: String) {
        let value = HeaderValue.encode(text)
        #expect(HeaderValue.decode(value) == text)
        #expect(value.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test(
        "What says it is encoded and is not, is refused",
        arguments: ["=?base64?!!!?=", "=?base64?aGk?=", "=?base64?aGl=?=", "=?base64?/w==?=", "=?base64?aG k=?="])
    func malformed(value: String) {
        #expect(HeaderValue.decode(value) == nil)
    }

    @Test("White space around a value is not part of it")
    func trimming() {
        #expect(HeaderValue.decode(" \t plain \t") == "plain")
        #expect(HeaderValue.decode(" =?base64?IGhpIA==?= ") == " hi ")
    }
}

@Suite("Item 18: arguments in headers")
struct ParameterHeadersTests {
    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "region": ["type": "string", "x-mcp-header": "Region"],
            "limit": ["type": "integer", "x-mcp-header": "Limit"],
            "deep": ["type": "object", "properties": ["flag": ["type": "boolean", "x-mcp-header": "Flag"]]],
            "other": ["type": "string", "default": ["x-mcp-header": "is data here"]],
        ],
    ]

    @Test("A client writes them, and a server reads them back")
    func agreement() throws {
        let headers = try #require(ParameterHeaders(schema: Self.schema))
        let arguments: JSONObject = ["region": "Zürich", "limit": 42, "deep": ["flag": true], "other": "x"]
        let written = Dictionary(
            uniqueKeysWithValues: headers.headers(for: arguments).map { ($0.name.lowercased(), $0.value) })
        #expect(
            written == [
                "mcp-param-region": HeaderValue.encode("Zürich"), "mcp-param-limit": "42", "mcp-param-flag": "true",
            ])
        #expect(headers.mismatch(arguments) { written[$0.lowercased()].map { [$0] } ?? [] } == nil)
        #expect(headers.headers(for: ["region": .null]).isEmpty)
    }

    @Test(
        "Numbers are compared as numbers, exactly",
        arguments: [
            ("42", "42", true), ("42.0", "42", true), ("042", "42", true), ("42", "42.0", true), ("-0", "0", true),
            ("43", "42", false), ("42.5", "42", false), ("4.2e1", "42", false), ("", "42", false),
            ("9007199254740993", "9007199254740993", true), ("9007199254740992", "9007199254740993", false),
            ("123456789012345678901234567890.0", "123456789012345678901234567890", true), ("forty-two", "42", false),
        ])
    func numbers(header: String, argument: String, agrees: Bool) throws {
        let headers = try #require(ParameterHeaders(schema: Self.schema))
        let arguments: JSONObject = ["limit": try JSONValue.parse(argument)]
        let why = headers.mismatch(arguments) { $0 == "Mcp-Param-Limit" ? [header] : [] }
        #expect((why == nil) == agrees)
    }

    @Test("Missing, superfluous, doubled and unreadable headers are mismatches")
    func mismatches() throws {
        let headers = try #require(ParameterHeaders(schema: Self.schema))
        func why(_ arguments: JSONObject, _ values: [String]) -> String? {
            headers.mismatch(arguments) { $0 == "Mcp-Param-Region" ? values : [] }
        }
        #expect(why(["region": "eu"], ["eu"]) == nil)
        #expect(why([:], []) == nil)
        #expect(why(["region": .null], []) == nil)
        #expect(why(["region": "eu"], []) != nil)
        #expect(why([:], ["eu"]) != nil)
        #expect(why(["region": "eu"], ["eu", "eu"]) != nil)
        #expect(why(["region": "eu"], ["EU"]) != nil)
        #expect(why(["region": "eu"], ["=?base64?!?="]) != nil)
        #expect(why(["region": ["eu"]], ["eu"]) != nil)
    }

    @Test(
        "An annotation that is not valid makes none of them count",
        arguments: [
            #"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":"A b"}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":7}}}"#,
            #"{"properties":{"a":{"x-mcp-header":"A"}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#,
            #"{"properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}}"#,
            #"{"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#,
            #"{"type":"string","x-mcp-header":"A"}"#,
            #"{"properties":{"a":{"type":"string","format":"password","x-mcp-header":"A"}}}"#,
            #"{"properties":{"a":{"type":"string","writeOnly":true,"x-mcp-header":"A"}}}"#,
        ])
    func invalid(schema: String) throws {
        #expect(ParameterHeaders(schema: try JSONValue.parse(schema)) == nil)
    }
}

@Suite("Item 16: hosts and origins")
struct AddressPolicyTests {
    private let policy = AddressPolicy(
        hosts: ["agent.example.com", "other.example.com:8443"], origins: ["https://app.example.com"])

    @Test(
        "Hosts",
        arguments: [
            ("localhost", true), ("LOCALHOST:80", true), ("127.0.0.1:1", true), ("127.9.9.9", true),
            ("[::1]:8080", true),
            ("app.localhost", true), ("agent.example.com", true), ("agent.example.com:9", true),
            ("Agent.Example.Com", true),
            ("other.example.com:8443", true), ("other.example.com", false), ("other.example.com:1", false),
            ("evil.example.com", false), ("127.0.0.1.evil.example.com", false), ("localhost.evil.example.com", false),
            ("", false), ("agent.example.com:x", false), ("user@localhost", false),
            ("127.0.0.1@evil.example.com", false), ("[::1", false), ("0.0.0.0", false), ("2130706433", false),
        ])
    func hosts(host: String, allowed: Bool) {
        #expect(policy.allows(host: host) == allowed)
    }

    @Test("That a host was allowed says nothing of another one")
    func lastHost() {
        #expect(policy.allows(host: "agent.example.com"))
        #expect(!policy.allows(host: "evil.example.com"))
        #expect(policy.allows(host: "agent.example.com"))
        #expect(!policy.allows(host: ""))
    }

    @Test(
        "Origins",
        arguments: [
            ("http://localhost", true), ("http://localhost:3000", true), ("https://127.0.0.1:3000", true),
            ("http://[::1]:3000", true), ("https://app.example.com", true), ("https://APP.example.com", true),
            ("http://app.example.com", false), ("https://app.example.com:8443", false),
            ("https://evil.example.com", false), ("null", false), ("", false), ("file://localhost", false),
            ("http://localhost.evil.example.com", false), ("http://localhost@evil.example.com", false),
            ("http://evil.example.com/localhost", false), ("http://localhost/x", false),
        ])
    func origins(origin: String, allowed: Bool) {
        #expect(policy.allows(origin: origin) == allowed)
    }

    @Test("Types of content are read with their parameters")
    func types() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\""] {
            #expect(MediaTypes.isJSON(good), "\(good)")
        }
        for bad in ["", "text/plain", "application/json; charset=latin1", "application/jsonp", "application/x-json"] {
            #expect(!MediaTypes.isJSON(bad), "\(bad)")
        }
        #expect(MediaTypes.accepts(MediaTypes.json, []))
        #expect(MediaTypes.accepts(MediaTypes.json, ["text/html", "application/*;q=0.5"]))
        #expect(MediaTypes.accepts(MediaTypes.json, ["*/*"]))
        #expect(!MediaTypes.accepts(MediaTypes.json, ["text/html"]))
        #expect(!MediaTypes.accepts(MediaTypes.json, ["application/json;q=0, text/event-stream"]))
    }

    @Test("Ids of sessions are visible ASCII and never the same")
    func sessionIDs() {
        let ids = (0..<1000).map { _ in SessionStore.newID() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } })
    }
}
