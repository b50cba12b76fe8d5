package import HTTPTypes
package import Hummingbird
import Synchronization

/// Notices that the client of a request is gone, by the end of what it sends.
///
/// It reads on behind the request on the same connection, so the connection can carry no other request afterwards. That is
/// why it starts only for a request that takes its time. ``end()`` has to return before the request is handed back:
/// two readers at once would end the process.
package final class DisconnectWatch: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var waiting: CheckedContinuation<Void, Never>?
        var isEnded = false
    }

    private let request: Request
    private let onDisconnect: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - request: with its body collected; reading both would kill the process when the client goes.
    ///   - onDisconnect: is called once at most, and not after ``end()``.
    package init(_ request: Request, onDisconnect: @escaping @Sendable () -> Void) {
        self.request = request
        self.onDisconnect = onDisconnect
    }

    /// Whether the connection is used up.
    package var isStarted: Bool { state.withLock { $0.task != nil } }

    /// Begins to watch, unless the request is over.
    package func start() {
        state.withLock { state in
            guard state.task == nil, !state.isEnded else { return }
            state.task = Task { [self] in
                try? await request.body.consumeWithInboundCloseHandler { _ in
                    await untilEnd()
                } onInboundClosed: { [self] in
                    if !self.state.withLock({ $0.isEnded }) { onDisconnect() }
                }
            }
        }
    }

    /// Ends the watch without waiting for it, where nothing else will read: the task of a watch that nobody ends stays for
    /// ever.
    package func stop() {
        let waiting = state.withLock { state in
            state.isEnded = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Ends the watch, and waits until nothing of it reads any more.
    package func end() async {
        stop()
        await state.withLock { $0.task }?.value
    }

    private func untilEnd() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isEnded = state.withLock { state in
                if !state.isEnded { state.waiting = continuation }
                return state.isEnded
            }
            if isEnded { continuation.resume() }
        }
    }
}

extension HTTPFields {
    /// Whether the request came by HTTP/1: HTTP/2 forbids both upper case in names and these fields. `Connection: close`
    /// may only be said there.
    package var areCertainlyHTTP1: Bool {
        contains(.connection) || contains(.transferEncoding)
            || contains { Self.hasUpperCase($0.name.rawName) }
    }

    /// Whether a name has a letter in upper case, which HTTP/2 forbids.
    package static func hasUpperCase(_ name: String) -> Bool { name.utf8.contains { (0x41...0x5A).contains($0) } }
}
