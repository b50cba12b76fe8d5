import Foundation
import Synchronization
import TestSupport

/// A TCP proxy in front of a server that counts round trips: how often the client speaks after it has heard the server.
///
/// What the server says is held back for a moment, so that a second packet of one request, which the client sends without
/// waiting, is not taken for an answer to the first one's reply.
final class RoundTripCounter: Sendable {
    private struct State {
        var clientSpokeLast = false
        var roundTrips = 0
        var connections = 0
        var messages: [String: Int] = [:]
    }

    let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())

    init(target: Int) throws {
        self.target = target
        port = try PostgresFixture.freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = Self.loopback(port)
        let descriptor = listener
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread { [self] in accept() }
    }

    /// Round trips since the last call.
    func take() -> Int {
        state.withLock { state in
            defer { state.roundTrips = 0 }
            return state.roundTrips
        }
    }

    /// Messages of clients since the last call, by the letter of their kind (`S` is a Sync).
    func takeMessages() -> [String: Int] {
        state.withLock { state in
            defer { state.messages = [:] }
            return state.messages
        }
    }

    /// How many connections there have been.
    var connections: Int { state.withLock { $0.connections } }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func accept() {
        while true {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(target)
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            state.withLock { $0.connections += 1 }
            Thread.detachNewThread { [self] in copy(from: client, to: server, isClient: true) }
            Thread.detachNewThread { [self] in copy(from: server, to: client, isClient: false) }
        }
    }

    private func copy(from source: Int32, to sink: Int32, isClient: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // The first message of a client has no letter.
        var messages = MessageCounter()
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            if count <= 0 { break }
            if !isClient { usleep(30_000) }
            state.withLock { state in
                if isClient, !state.clientSpokeLast { state.roundTrips += 1 }
                state.clientSpokeLast = isClient
                if isClient { messages.read(buffer[..<count], into: &state.messages) }
            }
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if written <= 0 { return }
                sent += written
            }
        }
        shutdown(sink, Int32(SHUT_RDWR))
    }
}

/// Finds the messages in what a client sends (PostgreSQL's frontend/backend protocol: a letter, and a length that counts
/// itself).
private struct MessageCounter {
    private var header: [UInt8] = []
    private var rest = 0
    private var isStarted = false

    mutating func read(_ bytes: ArraySlice<UInt8>, into counts: inout [String: Int]) {
        for byte in bytes {
            if rest > 0 {
                rest -= 1
                continue
            }
            header.append(byte)
            let size = isStarted ? 5 : 4
            guard header.count == size else { continue }
            rest = header.suffix(4).reduce(0) { $0 << 8 | Int($1) } - 4
            if isStarted { counts[String(UnicodeScalar(header[0])), default: 0] += 1 }
            isStarted = true
            header = []
        }
    }
}
