import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import MCPProtocol
import NIOCore
import NIOHTTPCompression
import Testing

@testable import AgentServer

@Suite("Compression where it is asked for", .timeLimit(.minutes(2)))
struct CompressionTests {
    @Test(
        "gzip is used when it is asked for, and not when it is ruled out",
        arguments: [
            ("gzip", true), ("gzip, deflate, br", true), ("br;q=1.0, gzip;q=0.8, *;q=0.1", true), ("*", true),
            ("GZIP", true), (" deflate ,\tgzip ; q=0.5", true), ("", false), ("br", false), ("gzip;q=0", false),
            ("gzip;q=0.0, *", false), ("*;q=0", false), ("identity", false), ("gzip;q=x", false), ("gzip;q=2", false),
            ("xgzip", false), (String(repeating: "br,", count: 10_000) + "gzip", false),
        ])
    func accepts(field: String, isAccepted: Bool) {
        #expect(AcceptedEncodings([field]).accept("gzip") == isAccepted)
    }

    @Test(
        "Only paths without secrets of the server are compressed",
        arguments: [
            ("/mcp", true), ("/openapi.json", true), ("/", true), ("/assets/{file}", true), ("/api/v1/query", true),
            ("/api/v1/schema", true), ("/api/v1/databases", true), ("/api/v1/conversations/{id}", true),
            ("/api/v1/login", false), ("/api/v1/me", false), ("/api/v1/admin/tokens", false),
            ("/api/v1/admin/tokens/{id}/rotate", false), ("/api/v1/admin/users", false),
            ("/api/v1/approvals/{id}", false), ("/api/v1/queryx", false), ("/agent/api/v1/login", false),
            ("NotFound", false), ("", false),
        ])
    func routes(route: String, isOpen: Bool) {
        let response = Self.response()
        #expect(Compression.mayCompress(response, to: Self.head(), route: route) == isOpen)
    }

    @Test("What is short, no text, changed already, or sets a cookie is left as it is")
    func others() {
        let ordinary = Self.response()
        #expect(Compression.mayCompress(ordinary, to: Self.head(), route: "/mcp"))
        #expect(!Compression.mayCompress(ordinary, to: Self.head(.head), route: "/mcp"))
        #expect(!Compression.mayCompress(Self.response(length: 1399), to: Self.head(), route: "/mcp"))
        let fields: [(HTTPField.Name, String)] = [
            (.contentType, "text/event-stream"), (.contentType, "image/png"), (.contentEncoding, "br"),
            (.setCookie, "a=b"), (.cacheControl, "no-store, no-transform"),
        ]
        for (name, value) in fields {
            var response = ordinary
            response.headers[name] = value
            #expect(!Compression.mayCompress(response, to: Self.head(), route: "/mcp"), "\(name): \(value)")
        }
        var created = ordinary
        created.status = .created
        #expect(!Compression.mayCompress(created, to: Self.head(), route: "/mcp"))
        let stream = Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody { _ in })
        #expect(!Compression.mayCompress(stream, to: Self.head(), route: "/mcp"))
    }

    private static func response(length: Int = 5000) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x20, count: length)))
    }

    private static func head(_ method: HTTPRequest.Method = .post) -> HTTPRequest {
        HTTPRequest(method: method, scheme: "http", authority: "localhost", path: "/")
    }

    @Test("What is compressed is the same once it is read, and says so to caches")
    func openAPI() async throws {
        try await RunningServer.with { server in
            let plain = try #require(try await server.get("/openapi.json"))
            #expect(plain.fields["content-encoding"] == nil && plain.fields["vary"] == "Accept-Encoding")
            var lengths: Set<Int> = []
            var tag = ""
            for _ in 0..<12 {
                let reply = try #require(try await server.get("/openapi.json", ["Accept-Encoding: gzip"]))
                #expect(reply.fields["content-encoding"] == "gzip" && reply.fields["vary"] == "Accept-Encoding")
                #expect(reply.body.prefix(2) == [0x1F, 0x8B] && reply.body.count < plain.body.count / 3)
                lengths.insert(reply.body.count)
                tag = try #require(reply.fields["etag"])
            }
            #expect(lengths.count > 1, "the length tells the length of the text")
            #expect(tag == "W/" + (plain.fields["etag"] ?? ""))
            let known = try await server.get("/openapi.json", ["Accept-Encoding: gzip", "If-None-Match: \(tag)"])
            #expect(known?.status == 304)
            #expect(try await Self.read("http://127.0.0.1:\(server.port)/openapi.json") == plain.body)
        }
    }

    /// The body as a client reads it that asks for gzip.
    private static func read(_ url: String) async throws -> [UInt8] {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: .init(decompression: .enabled(limit: .size(1 << 24))))
        let result: Result<[UInt8], any Error>
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
            result = .success(Array(try await response.body.collect(upTo: 1 << 24).readableBytesView))
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    @Test("A large answer over MCP is compressed, a small one and a stream of events are not")
    func mcp() async throws {
        try await RunningServer.with { server in
            let gzip = "Accept-Encoding: gzip"
            let large = try await server.ask(RunningServer.query("SELECT repeat('text ', 3000)", [gzip]))
            #expect(large?.status == 200 && large?.fields["content-encoding"] == "gzip")
            #expect(large.map { $0.body.count < 3000 } == true)
            let small = try await server.ask(RunningServer.query("SELECT 1", [gzip]))
            #expect(small?.fields["content-encoding"] == nil && small?.text.contains("\"result\"") == true)
            let unasked = try await server.ask(RunningServer.query("SELECT repeat('text ', 3000)"))
            #expect(unasked?.fields["content-encoding"] == nil)
        }
    }

    @Test("An answer that carries sealed state beside a caller's text is not compressed")
    func sealed() async throws {
        let filler = String(repeating: "text ", count: 1000)
        try await withObservedServer(metrics: ServerMetrics(), logger: LoggedLines().logger()) { router in
            router.add(middleware: Compression())
            for (path, member) in [("sealed", "requestState"), ("open", "requestStates")] {
                router.get(RouterPath(path)) { _, _ in
                    APIReply.json([member: "abc", "text": .string(filler)])
                }
            }
        } _: { port in
            for (path, encoding) in [("sealed", nil), ("open", "gzip")] {
                let client = try await RawClient.connect(port)
                try await client.send(RunningServer.request("GET", "/\(path)", ["Accept-Encoding: gzip"]))
                let reply = await client.reply()
                #expect(reply?.status == 200 && reply?.fields["content-encoding"] == encoding)
                await client.close()
            }
        }
    }
}
