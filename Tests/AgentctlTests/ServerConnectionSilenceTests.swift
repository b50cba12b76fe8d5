import Dispatch
import MCPProtocol
import NIOCore
import Synchronization
import Testing

@testable import agentctl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("A server that falls silent")
struct ServerConnectionSilenceTests {
    @Test("A stream on which nothing comes any more is taken up again, and its end is said")
    func silence() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let connection = try ServerConnection(
            url: "http://127.0.0.1:\(server.port)", token: "t", silence: .seconds(2))
        let backend = ServerChatBackend(connection: connection)
        let notices = Mutex<[String]>([])
        let problem = await #expect(throws: ChatProblem.self) {
            try await backend.turn(
                ChatQuestion(text: "What?"), confirm: { _ in false },
                onEvent: { event in
                    guard event.name == "notice", let text = event.data["message"]?.string else { return }
                    notices.withLock { $0.append(text) }
                })
        }
        await backend.close()
        #expect(notices.withLock { $0 }.count == 1)
        #expect(notices.withLock { $0 }.first?.contains("has said nothing") == true)
        #expect(problem?.description == "There is no such turn.")
    }
}

/// Begins an answer and says nothing more; to whoever comes back it knows of nothing.
private final class SilentServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let held = Mutex<[Int32]>([])

    init() throws {
        let listener = socket(AF_INET, streamType, 0)
        try #require(listener >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        try #require(bound)
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        DispatchQueue(label: "silent").async { [self] in serve() }
    }

    private func serve() {
        let event = "id: t1.1\nevent: turn\ndata: {\"conversation\":\"c\"}\n\n"
        let problem = "{\"code\":\"turn-not-found\",\"detail\":\"There is no such turn.\"}"
        var isFirst = true
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            _ = recv(connection, &buffer, buffer.count, 0)
            let answer =
                isFirst
                ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n"
                : "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: \(problem.utf8.count)\r\n"
                    + "Connection: close\r\n\r\n\(problem)"
            isFirst = false
            _ = StandardStreams.write(answer, toDescriptor: connection)
            held.withLock { $0.append(connection) }
        }
    }

    func close() {
        // Wakes whoever waits in accept.
        _ = shutdown(listener, Int32(SHUT_RDWR))
        closeDescriptor(listener)
        for connection in held.withLock({ $0 }) { closeDescriptor(connection) }
    }
}

#if canImport(Glibc)
private let streamType = Int32(SOCK_STREAM.rawValue)
private func closeDescriptor(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
#elseif canImport(Musl)
private let streamType = SOCK_STREAM
private func closeDescriptor(_ descriptor: Int32) { _ = Musl.close(descriptor) }
#else
private let streamType = SOCK_STREAM
private func closeDescriptor(_ descriptor: Int32) { _ = Darwin.close(descriptor) }
#endif
