#if os(Linux)
import CLibPQ

/// epoll with `EPOLLONESHOT`, and an eventfd to wake it.
///
/// One-shot and level-triggered: with edge-triggered events a result that is larger than what one `PQconsumeInput`
/// reads is never finished.
final class EpollPoller: Poller {
    private let epoll: Int32
    private let wakeup: Int32
    private static let wakeToken = UInt64.max

    /// Fails when the system has no descriptors left.
    init?() {
        epoll = clibpq_epoll_create()
        wakeup = clibpq_eventfd()
        guard epoll >= 0, wakeup >= 0,
            clibpq_epoll_control(epoll, EPOLL_CTL_ADD, wakeup, UInt32(CLIBPQ_EPOLL_READ.rawValue), Self.wakeToken) == 0
        else { return nil }
    }

    func add(_ descriptor: Int32, token: UInt64) -> Bool {
        clibpq_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, UInt32(CLIBPQ_EPOLL_ONCE.rawValue), token) == 0
    }

    func arm(_ descriptor: Int32, token: UInt64, _ interest: Interest) {
        var events = UInt32(CLIBPQ_EPOLL_ONCE.rawValue)
        if interest.contains(.read) { events |= UInt32(CLIBPQ_EPOLL_READ.rawValue) }
        if interest.contains(.write) { events |= UInt32(CLIBPQ_EPOLL_WRITE.rawValue) }
        _ = clibpq_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, events, token)
    }

    func remove(_ descriptor: Int32, token: UInt64) {
        _ = clibpq_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, token)
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    func wait(milliseconds: Int32?, _ report: (UInt64, Interest) -> Void) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            let count = epoll_wait(epoll, events.baseAddress, 64, milliseconds ?? -1)
            guard count > 0 else { return }
            for index in 0..<Int(count) {
                let token = withUnsafePointer(to: events[index]) { clibpq_epoll_token($0) }
                if token == Self.wakeToken {
                    var drained: UInt64 = 0
                    _ = read(wakeup, &drained, 8)
                    continue
                }
                let flags = events[index].events
                var interest: Interest = []
                // An error or a hang-up is found by reading.
                if flags & UInt32(CLIBPQ_EPOLL_READ.rawValue | CLIBPQ_EPOLL_FAILED.rawValue) != 0 {
                    interest.insert(.read)
                }
                if flags & UInt32(CLIBPQ_EPOLL_WRITE.rawValue) != 0 { interest.insert(.write) }
                report(token, interest)
            }
        }
    }

    /// Not when the loop ends: a connection that was being opened meanwhile may still be removed.
    deinit {
        if epoll >= 0 { _ = CLibPQ.close(epoll) }
        if wakeup >= 0 { _ = CLibPQ.close(wakeup) }
    }
}
#endif
