import Hummingbird
@testable import MCPHTTP
import MCPProtocol
import TestSupport
import Testing

@Suite("Clients that go away, or do not read", .timeLimit(.minutes(2)))
struct DisconnectTests {
    @Test(
        "Item 19: on the newest revision a disconnect cancels, before the answer began and in the middle of its stream")
    func cancels() async throws {
        try await withServer { server async throws in
            for round in 1...3 {
                let waiting = try await server.connect()
                try await waiting.send(.call("wait"))
                await server.service.log.wait(for: "started", count: round)
                await waiting.close()
                await server.service.log.wait(for: "cancelled", count: round * 2 - 1)

                let streaming = try await server.connect()
                try await streaming.send(.call("talk", ["pause": 60], meta: ["progressToken": 1]))
                #expect(await streamStarts(streaming))
                await server.service.log.wait(for: "pausing", count: round)
                await streaming.close()
                await server.service.log.wait(for: "cancelled", count: round * 2)
            }
            try await settle(server)
            #expect(try await server.exchange(.call("echo")).status == 200)
        }
    }

    private func streamStarts(_ connection: RawConnection) async -> Bool {
        guard (try? await connection.head())?.status == 200 else { return false }
        return await connection.message() != nil
    }

    /// Waits until nothing runs.
    private func settle(_ server: TestServer) async throws {
        while server.endpoint.requestCount > 0 || server.endpoint.streamCount > 0 {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("A subscription ends with its connection")
    func subscriptions() async throws {
        try await withServer { server async throws in
            for _ in 0..<3 {
                let connection = try await server.connect()
                try await connection.send(
                    .modern("subscriptions/listen", ["notifications": ["toolsListChanged": true]]))
                #expect(await streamStarts(connection))
                await connection.close()
                try await settle(server)
            }
        }
    }

    @Test("Item 34: in a session a disconnect is no cancellation, and its connection is given back")
    func sessions() async throws {
        try await withServer { server async throws in
            let session = try await Session.open(server)
            let waiting = try await server.connect()
            try await waiting.send(session.request(Session.call("wait", ["seconds": 0.5])))
            await server.service.log.wait(for: "started")
            await waiting.close()
            await server.service.log.wait(for: "ended")
            #expect(!server.service.log.events.contains("cancelled"))
            let (stream, _) = try await session.get()
            await stream.close()
            try await settle(server)
            #expect(try await session.send(Session.call("echo")).status == 200)
        }
    }

    @Test("A client may go at any moment without harm to the others", arguments: 0..<12)
    func anyMoment(step: Int) async throws {
        try await withServer { server async throws in
            let requests = [
                WireRequest.call("wait", ["seconds": 0.2]).bytes,
                WireRequest.call("talk", ["pause": 0.2], meta: ["progressToken": 1]).bytes,
                WireRequest.call("flood", ["messages": 50], meta: ["io.modelcontextprotocol/logLevel": "debug"]).bytes,
                WireRequest.modern("tools/list").bytes,
            ]
            for request in requests {
                let connection = try await server.connect()
                // In the middle of the line, the head, the body; after all of it at once or a little later.
                let cut = step < 6 ? request.count * step / 6 : request.count
                try await connection.send(Array(request[..<cut]))
                if step > 6 { try await Task.sleep(for: .milliseconds((step - 6) * 25)) }
                await connection.close()
            }
            try await settle(server)
            #expect(try await server.exchange(.call("echo")).status == 200)
        }
    }

    @Test("A reader that takes nothing slows the writer down, and is dropped after a while")
    func slowReader() async throws {
        try await withServer(configuration: {
            $0.streamBufferBytes = 200_000
            $0.writeTimeout = .seconds(1)
        }) { server async throws in
            let connection = try await server.connect(reads: false)
            let arguments: JSONObject = ["messages": 100_000]
            try await connection.send(.call("flood", arguments, meta: ["io.modelcontextprotocol/logLevel": "debug"]))
            // Dropped is disconnected, and disconnected is cancelled.
            await server.service.log.wait(for: "cancelled")
            // A gigabyte was to be written. The sockets of both ends hold a few megabytes, the stream its buffer.
            let written = server.service.log.events.count { $0 == "flooded" } * 10 * 10_000
            #expect(written < 50_000_000, "\(written) bytes were made")
            try await settle(server)
            #expect(try await server.exchange(.call("echo")).status == 200)
            await connection.close()
        }
    }

    @Test("A large answer waits for a slow reader, and is dropped with it")
    func largeAnswer() async throws {
        try await withServer(configuration: { $0.writeTimeout = .seconds(1) }) { server async throws in
            let session = try await Session.open(server)
            let connection = try await server.connect(reads: false)
            try await connection.send(
                session.request(Session.call("flood", ["messages": 2000], meta: ["progressToken": 1])))
            // In a session the handler is not cancelled: once the reader is dropped it goes on, into a bounded memory.
            await server.service.log.wait(for: "done")
            await connection.close()
            try await settle(server)
        }
    }

    @Test("Connections of streams are closed when they end")
    func connectionsClose() async throws {
        try await withServer { server async throws in
            for _ in 0..<5 {
                let connection = try await server.connect()
                try await connection.send(.call("talk", meta: ["progressToken": 1]))
                let reply = try await connection.reply()
                #expect(reply.fields["connection"] == "close")
                #expect(reply.messages.count == 4)
                await connection.untilClosed()
            }
            let slow = try await server.connect()
            try await slow.send(.call("wait", ["seconds": 0.2]))
            let reply = try await slow.reply()
            #expect(reply.status == 200 && reply.fields["connection"] == "close")
            await slow.untilClosed()
        }
    }

    @Test("More than is allowed at a time is 429, and room comes back")
    func limits() async throws {
        try await withServer(
            configuration: {
                $0.maximumRequestsPerCaller = 3
                $0.maximumStreamsPerCaller = 2
            }, caller: tokenCaller
        ) { server async throws in
            var held: [RawConnection] = []
            for number in 1...3 {
                let connection = try await server.connect()
                try await connection.send(.call("wait").adding("Authorization", "Bearer anna"))
                await server.service.log.wait(for: "started", count: number)
                held.append(connection)
            }
            let full = try await server.exchange(.call("echo").adding("Authorization", "Bearer anna"))
            #expect(full.status == 429 && full.fields["retry-after"] == "1")
            #expect(try await server.exchange(.call("echo").adding("Authorization", "Bearer bob")).status == 200)
            let listen = WireRequest.modern("subscriptions/listen", ["notifications": [:]])
                .adding("Authorization", "Bearer anna")
            for _ in 0..<2 {
                let connection = try await server.connect()
                try await connection.send(listen)
                #expect(await streamStarts(connection))
                held.append(connection)
            }
            #expect(try await server.exchange(listen).status == 429)
            for connection in held { await connection.close() }
            try await settle(server)
            #expect(try await server.exchange(.call("echo").adding("Authorization", "Bearer anna")).status == 200)
        }
    }

    @Test("A client at its limit can ask again as soon as it has its answer")
    func roomAtOnce() async throws {
        try await withServer(configuration: {
            $0.maximumRequestsPerCaller = 1
            $0.maximumStreamsPerCaller = 1
        }) { server async throws in
            for _ in 0..<100 {
                let reply = try await server.exchange(.call("echo"))
                #expect(reply.status == 200)
            }
            for _ in 0..<20 {
                let session = try await Session.open(server)
                let (stream, head) = try await session.get()
                #expect(head.status == 200)
                _ = try await server.exchange(.bare("DELETE", [("Mcp-Session-Id", session.id)]))
                while await stream.event() != nil {}
            }
        }
    }

    /// Names a watch without keeping it.
    private struct Watched {
        weak var watch: DisconnectWatch?
    }

    private static func dropResponse(to request: Request) -> Watched {
        let stream = ResponseStream(limit: 1000, retained: 0, isResumable: false)
        let watch = DisconnectWatch(request) {}
        watch.start()
        let body = StreamBody(
            stream: stream, generation: stream.attach() ?? 0, encoding: StreamBody.messages(of: nil), priming: nil,
            configuration: EndpointConfiguration(), watch: watch, lease: StreamBody.Lease { stream.close() },
            onShutdown: {})
        _ = body.response(closesConnection: true)
        return Watched(watch: watch)
    }

    @Test("A response that nobody writes leaves no watch of its connection behind")
    func unwritten() async throws {
        let router = Router()
        router.post("mcp") { original, _ async throws -> String in
            var request = original
            _ = try await request.collectBody(upTo: 1000)
            let watched = Self.dropResponse(to: request)
            for _ in 0..<1000 where watched.watch != nil { try await Task.sleep(for: .milliseconds(5)) }
            return watched.watch == nil ? "gone" : "kept"
        }
        try await LocalServer.run(router) { port, _ async throws -> Void in
            let connection = try await RawConnection.open(port: port)
            // The last one, so that nobody reads on behind a watch that is still there.
            try await connection.send(WireRequest.post("{}", [("Connection", "close")]))
            let reply = try await connection.reply()
            #expect(reply.text == "gone")
            await connection.close()
        }
    }

    @Test("A server that ends lets what runs finish")
    func shutdown() async throws {
        try await withServer { server, shutDown async throws in
            let connection = try await server.connect()
            try await connection.send(.call("talk", ["pause": 0.3], meta: ["progressToken": 1]))
            #expect(await streamStarts(connection))
            let waiting = try await server.connect()
            try await waiting.send(.call("wait", ["seconds": 0.3]))
            await server.service.log.wait(for: "started")
            let session = try await Session.open(server)
            let (stream, _) = try await session.get()
            await shutDown()
            var last: JSONValue?
            while let message = await connection.message() { last = message }
            #expect(last?["result"]?["content"]?[0]?["text"] == "talked")
            #expect(try await waiting.reply().json?["result"] != nil)
            while await stream.event() != nil {}
        }
    }
}
