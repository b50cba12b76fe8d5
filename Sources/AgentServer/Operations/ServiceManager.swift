import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Tells systemd how the server is (sd_notify(3)): a datagram to the socket that `NOTIFY_SOCKET` names. Where nobody
/// listens nothing is said.
struct ServiceManager: Sendable {
    private let socketPath: String?
    private let watchdog: Duration?

    /// - Parameter environment: The process's.
    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        socketPath = environment["NOTIFY_SOCKET"].flatMap { path in
            path.hasPrefix("/") || path.hasPrefix("@") ? path : nil
        }
        // Meant for this process, and not for one that started it (sd_watchdog_enabled(3)).
        let isOurs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { Int($0) }
        watchdog = isOurs ? interval.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
    }

    /// The server accepts connections, or is done with a reload.
    func ready() { send("READY=1\nSTATUS=Serving") }

    /// A reload begins. systemd wants to know when, on the clock that it watches (`Type=notify-reload`).
    func reloading() {
        // CLOCK_MONOTONIC.
        let microseconds = DispatchTime.now().uptimeNanoseconds / 1000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=Reloading")
    }

    /// The server ends.
    func stopping() { send("STOPPING=1\nSTATUS=Finishing what is in flight") }

    /// Says regularly that the server is alive, twice in the time in which systemd expects it. Returns when the task is
    /// cancelled.
    func run() async {
        guard let watchdog, socketPath != nil else {
            while (try? await Task.sleep(for: .seconds(3600))) != nil {}
            return
        }
        repeat { send("WATCHDOG=1") } while (try? await Task.sleep(for: watchdog / 2)) != nil
    }

    private func send(_ message: String) {
        guard let socketPath else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A name in the abstract namespace begins with NUL, and is not ended by one.
        var path = Array(socketPath.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let isAbstract = path[0] == 0
        let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + path.count
        #if canImport(Glibc)
        let kind = Int32(SOCK_DGRAM.rawValue)
        #else
        let kind = SOCK_DGRAM
        #endif
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var bytes = Array(message.utf8)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                _ = sendto(
                    descriptor, &bytes, bytes.count, 0, target, socklen_t(isAbstract ? length : length + 1))
            }
        }
    }
}
