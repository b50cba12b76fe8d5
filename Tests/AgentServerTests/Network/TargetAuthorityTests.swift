import AgentCore
import Testing

@testable import AgentServer

@Suite("The host that a request is for")
struct TargetAuthorityTests {
    @Test("The host of a target in absolute form counts, and Host does not")
    func absolute() async throws {
        try await RunningServer.with { server in
            for (target, host, status) in [
                ("http://localhost/healthz", "localhost", 200), ("HTTP://LOCALHOST:99/healthz?a=b", "localhost", 200),
                ("http://localhost/healthz", "evil.example", 200), ("https://127.0.0.1/healthz", "localhost", 200),
                ("http://evil.example/healthz", "localhost", 403), ("https://evil.example/mcp", "localhost", 403),
                ("http://evil.example?localhost/healthz", "localhost", 403),
                ("http://evil.example#localhost/healthz", "localhost", 400),
                ("http://evil.example@localhost/healthz", "localhost", 403),
                ("http://localhost@evil.example/healthz", "localhost", 403), ("http://localhost", "localhost", 200),
                ("ftp://localhost/healthz", "localhost", 400), ("//evil.example/healthz", "localhost", 404),
            ] {
                let reply = try await server.get(target, ["Host: \(host)"])
                #expect(reply?.status == status, "\(target) with \(host)")
            }
        }
    }

    @Test("A target in absolute form does not make up for a Host that is missing, or there twice")
    func hosts() async throws {
        try await RunningServer.with { server in
            for fields in ["", "Host: localhost\r\nHost: localhost\r\n"] {
                let reply = try await server.ask("GET http://localhost/healthz HTTP/1.1\r\n\(fields)\r\n")
                #expect(reply?.status == 400)
            }
        }
    }

    @Test("A target that names neither a path nor a page is refused", arguments: ["localhost:80", "evil.example:80"])
    func connect(target: String) async throws {
        try await RunningServer.with { server in
            let reply = try await server.ask(RunningServer.request("CONNECT", target))
            #expect(reply == nil || reply?.status == 400)
        }
    }

    @Test("A request of HTTP/1.1 with names in lower case hears of the end of its connection")
    func lowerCase() async throws {
        try await RunningServer.with { server in
            let parts = RunningServer.query("SELECT pg_sleep(2)").split(separator: "\r\n\r\n", maxSplits: 1)
            var lines = parts[0].split(separator: "\r\n").map { String($0) }
            for index in lines.indices.dropFirst() {
                let end = lines[index].firstIndex(of: ":") ?? lines[index].endIndex
                lines[index] = lines[index][..<end].lowercased() + String(lines[index][end...])
            }
            #expect(lines.contains("host: localhost"))
            let reply = try await server.ask(lines.joined(separator: "\r\n") + "\r\n\r\n" + String(parts[1]))
            #expect(reply?.status == 200)
            #expect(reply?.fields["connection"] == "close")
        }
    }

    @Test("Over HTTP/2 a Host may repeat the authority or stand for it, and not say something else")
    func host2() async throws {
        try await TLSTests.withServer { server, certificate in
            // The first byte of the answer's head: 200 and 400 have places in HPACK's table.
            let (fine, refused): (UInt8, UInt8) = (0x88, 0x8C)
            for (authority, hosts, answer) in [
                ("localhost", [], fine), ("localhost", ["LocalHost"], fine), (nil, ["localhost"], fine),
                ("localhost", ["evil.example"], refused), ("evil.example", ["localhost"], refused),
                ("localhost", ["localhost", "localhost"], refused), (nil, [], refused),
            ] as [(String?, [String], UInt8)] {
                let context = try certificate.clientContext(alpn: ["h2"])
                let client = try await RawClient.connect(server.port, tls: context)
                // :method GET, :scheme https, :path /healthz, :authority and Host, as HPACK has them.
                var head: [UInt8] = [0x82, 0x87, 0x04, 8] + Array("/healthz".utf8)
                if let authority { head += [0x01, UInt8(authority.utf8.count)] + Array(authority.utf8) }
                for host in hosts { head += [0x0F, 0x17, UInt8(host.utf8.count)] + Array(host.utf8) }
                try await client.send(
                    Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
                        + [0, 0, UInt8(head.count), 1, 5, 0, 0, 0, 1] + head)
                #expect(await Self.firstOfHead(client) == answer, "\(authority ?? "") \(hosts)")
                await client.close()
            }
        }
    }

    /// The first byte of what the first `HEADERS` frame that comes holds.
    private static func firstOfHead(_ client: RawClient) async -> UInt8? {
        var start = 0
        while let bytes = await client.bytes(start + 10) {
            if bytes[start + 3] == 1 { return bytes[start + 9] }
            start += 9 + Int(bytes[start]) << 16 + Int(bytes[start + 1]) << 8 + Int(bytes[start + 2])
        }
        return nil
    }
}
