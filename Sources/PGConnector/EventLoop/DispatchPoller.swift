#if !os(Linux)
import Dispatch
import Synchronization

/// Dispatch sources behind the same protocol, for systems without epoll.
final class DispatchPoller: Poller {
    private struct State {
        var sources: [UInt64: [any DispatchSourceProtocol]] = [:]
        var events: [(UInt64, Interest)] = []
    }

    private let queue = DispatchQueue(label: "PGConnector.DispatchPoller")
    private let signal = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    init?() {}

    func add(_ descriptor: Int32, token: UInt64) -> Bool { true }

    func arm(_ descriptor: Int32, token: UInt64, _ interest: Interest) {
        var sources: [any DispatchSourceProtocol] = []
        if interest.contains(.read) {
            let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler { [self] in happened(token, .read) }
            sources.append(source)
        }
        if interest.contains(.write) {
            let source = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler { [self] in happened(token, .write) }
            sources.append(source)
        }
        let old = state.withLock { state in
            let old = state.sources[token] ?? []
            state.sources[token] = sources
            return old
        }
        for source in old { source.cancel() }
        for source in sources { source.resume() }
    }

    private func happened(_ token: UInt64, _ interest: Interest) {
        let old = state.withLock { state in
            let old = state.sources.removeValue(forKey: token) ?? []
            if !old.isEmpty { state.events.append((token, interest)) }
            return old
        }
        for source in old { source.cancel() }
        signal.signal()
    }

    func remove(_ descriptor: Int32, token: UInt64) {
        let old = state.withLock { $0.sources.removeValue(forKey: token) ?? [] }
        for source in old { source.cancel() }
        // The queue is serial: after this no source touches the descriptor, which may now be closed.
        queue.sync {}
    }

    func wake() { signal.signal() }

    func wait(milliseconds: Int32?, _ report: (UInt64, Interest) -> Void) {
        if let milliseconds {
            _ = signal.wait(timeout: .now() + .milliseconds(Int(milliseconds)))
        } else {
            signal.wait()
        }
        let events = state.withLock { state in
            let events = state.events
            state.events = []
            return events
        }
        for (token, interest) in events { report(token, interest) }
    }
}
#endif
