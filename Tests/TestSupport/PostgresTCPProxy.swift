import Foundation
import Synchronization

/// A socket that listens on a port of the loopback interface, which the system chooses for 0.
struct LoopbackListener: Sendable {
    let descriptor: Int32
    let port: Int

    init(port wanted: Int = 0) throws {
        descriptor = socket(AF_INET, streamType, 0)
        guard descriptor >= 0 else { throw PostgresFixture.Failure(description: "socket: errno \(errno)") }
        var address = loopbackAddress(port: wanted)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                if bind(socket, generic, length) != 0 { return Int32(-1) }
                if listen(socket, 128) != 0 { return Int32(-1) }
                return getsockname(socket, generic, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard result == 0 else {
            let failure = PostgresFixture.Failure(description: "bind: errno \(errno)")
            _ = Foundation.close(descriptor)
            throw failure
        }
    }

    func close() { _ = Foundation.close(descriptor) }
}

#if canImport(Glibc)
let streamType = Int32(SOCK_STREAM.rawValue)
#else
let streamType = SOCK_STREAM
#endif

func loopbackAddress(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

/// A TCP proxy in front of a server, for networks that fail: it can cut connections, or swallow what they carry.
public final class PostgresTCPProxy: Sendable {
    private struct State {
        var descriptors: [Int32] = []
        var blackHole = false
        var swallowsCancels = false
        var stopped = false
    }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    private let listener: LoopbackListener
    private let target: Int
    private let state = Mutex(State())

    /// Starts a proxy.
    /// - Parameter target: The port of the server on 127.0.0.1.
    public init(target: Int) throws {
        listener = try LoopbackListener()
        port = listener.port
        self.target = target
        Thread.detachNewThread { [self] in accept() }
    }

    /// Cuts every connection; new ones are served.
    public func drop() {
        state.withLock { state in
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// From now on nothing that arrives is passed on, or else everything is again.
    /// - Parameter enabled: Whether to swallow.
    public func setBlackHole(_ enabled: Bool) { state.withLock { $0.blackHole = enabled } }

    /// From now on requests to cancel, as libpq sends them without TLS, are not passed on.
    public func swallowCancels() { state.withLock { $0.swallowsCancels = true } }
    /// The length and the code of a CancelRequest.
    private static let cancelRequest: [UInt8] = [0, 0, 0, 16, 4, 210, 22, 46]

    /// Cuts every connection and listens no more.
    public func stop() {
        state.withLock { $0.stopped = true }
        drop()
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
        listener.close()
    }

    private func accept() {
        while true {
            let client = Foundation.accept(listener.descriptor, nil, nil)
            guard client >= 0, !state.withLock({ $0.stopped }) else { return }
            let server = socket(AF_INET, streamType, 0)
            var address = loopbackAddress(port: target)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    connect(server, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard connected else {
                close(client)
                close(server)
                continue
            }
            state.withLock { $0.descriptors += [client, server] }
            let pair = Pair(client: client, server: server)
            Thread.detachNewThread { [self] in copy(from: client, to: server, pair) }
            Thread.detachNewThread { [self] in copy(from: server, to: client, pair) }
        }
    }

    private final class Pair: Sendable {
        let client: Int32
        let server: Int32
        let open = Mutex(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }
    }

    private func copy(from source: Int32, to sink: Int32, _ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        reading: while true {
            let count = recv(source, &buffer, buffer.count, 0)
            if count <= 0 { break }
            let (blackHole, swallowsCancels) = state.withLock { ($0.blackHole, $0.swallowsCancels) }
            if blackHole || swallowsCancels && buffer.prefix(count).starts(with: Self.cancelRequest) { continue }
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, noSignal)
                }
                if written <= 0 { break reading }
                sent += written
            }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
        let isLast = pair.open.withLock { open in
            open -= 1
            return open == 0
        }
        guard isLast else { return }
        // Forgotten before they are closed, so that `drop` never touches a number that means something else by then.
        state.withLock { $0.descriptors.removeAll { $0 == pair.client || $0 == pair.server } }
        close(pair.client)
        close(pair.server)
    }
}

#if canImport(Glibc)
private let noSignal = Int32(MSG_NOSIGNAL)
#else
private let noSignal: Int32 = 0
#endif
