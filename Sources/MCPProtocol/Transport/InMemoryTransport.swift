import Dispatch
import Synchronization

/// Two ends of a connection within the process, for a server and a client that live together, and for tests.
public final class InMemoryTransport: Transport {
    private struct State {
        var receive: (@Sendable (InboundFrame) -> Void)?
        var waiting: [InboundFrame] = []
        var ended: (@Sendable () -> Void)?
        var isClosed = false
    }

    /// What both ends share.
    private final class Link: Sendable {
        let queues = [DispatchQueue(label: "mcp.memory.0"), DispatchQueue(label: "mcp.memory.1")]
        let states = [Box(), Box()]
    }

    private final class Box: Sendable {
        let state = Mutex(State())
    }

    private let link: Link
    private let side: Int

    private init(link: Link, side: Int) {
        self.link = link
        self.side = side
    }

    /// Two ends: what one sends the other one receives.
    public static func pair() -> (InMemoryTransport, InMemoryTransport) {
        let link = Link()
        return (InMemoryTransport(link: link, side: 0), InMemoryTransport(link: link, side: 1))
    }

    /// Receives until one of the ends is closed.
    public func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws {
        let box = link.states[side]
        let queue = link.queues[side]
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                queue.async {
                    let (waiting, isClosed) = box.state.withLock { state in
                        state.receive = receive
                        if !state.isClosed { state.ended = { continuation.resume() } }
                        defer { state.waiting = [] }
                        return (state.waiting, state.isClosed)
                    }
                    for frame in waiting { receive(frame) }
                    if isClosed { continuation.resume() }
                }
            }
        } onCancel: {
            close()
        }
    }

    /// Hands a message to the other end.
    public func send(_ message: [UInt8]) async throws { try post(message) }

    /// Hands a message to the other end.
    public func post(_ message: [UInt8]) throws {
        if link.states[side].state.withLock({ $0.isClosed }) { throw TransportError.closed }
        let box = link.states[1 - side]
        link.queues[1 - side].async {
            let receive = box.state.withLock { state in
                if state.receive == nil { state.waiting.append(.message(message)) }
                return state.receive
            }
            receive?(.message(message))
        }
    }

    /// Closes both ends, after what was sent before.
    public func close() {
        link.states[side].state.withLock { $0.isClosed = true }
        for side in 0...1 {
            let box = link.states[side]
            link.queues[side].async {
                let ended = box.state.withLock { state in
                    state.isClosed = true
                    defer { state.ended = nil }
                    return state.ended
                }
                ended?()
            }
        }
    }
}
