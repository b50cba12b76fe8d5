import Foundation
import Testing

@testable import AgentServer

@Suite("What systemd is told")
struct ServiceManagerTests {
    /// A datagram socket in the place of systemd's.
    private final class Manager {
        let descriptor: Int32

        init(path: [UInt8]) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
            let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + path.count
            let code = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
            }
            guard code == 0 else { throw TestFailure("no socket") }
        }

        deinit { close(descriptor) }

        func next() -> String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }

    @Test(
        "Ready, reloading and stopping are said on the socket, by path or by abstract name", arguments: [false, true])
    func states(isAbstract: Bool) async throws {
        try await withFolder { folder in
            let path = folder + "/s"
            let bytes = Array(path.utf8)
            let manager = try Manager(path: isAbstract ? [0] + bytes : bytes)
            let service = ServiceManager(["NOTIFY_SOCKET": (isAbstract ? "@" : "") + path])
            service.ready()
            #expect(manager.next().hasPrefix("READY=1\n"))
            service.reloading()
            let reloading = manager.next()
            #expect(reloading.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
            service.stopping()
            #expect(manager.next().hasPrefix("STOPPING=1\n"))
        }
    }

    @Test("The watchdog is fed while the server lives, and only by the process that it is meant for")
    func watchdog() async throws {
        try await withFolder { folder in
            let path = folder + "/s"
            let manager = try Manager(path: Array(path.utf8))
            let environment = [
                "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": String(getpid()),
            ]
            let feeding = Task { await ServiceManager(environment).run() }
            for _ in 0..<3 { #expect(manager.next() == "WATCHDOG=1") }
            feeding.cancel()
            await feeding.value
        }
    }

    @Test(
        "Where nobody listens nothing happens",
        arguments: [nil, "", "relative", "/nowhere/socket", "/" + String(repeating: "a", count: 200)])
    func nobody(path: String?) {
        ServiceManager(path.map { ["NOTIFY_SOCKET": $0] } ?? [:]).ready()
    }
}
