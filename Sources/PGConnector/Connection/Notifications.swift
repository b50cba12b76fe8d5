import CLibPQ
import Synchronization

/// `LISTEN`.
extension PGSession {
    /// How many wait for a slow reader.
    private static let notificationLimit = 1024

    /// What arrives from now on, for one reader.
    func notifications() -> AsyncStream<PGNotification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PGNotification.self, bufferingPolicy: .bufferingNewest(Self.notificationLimit))
        let id: Int? = state.withLock { state in
            guard state.connection != nil else { return nil }
            let id = state.nextListener
            state.nextListener += 1
            state.listeners[id] = continuation
            // It listens to channels that the next user has not asked for.
            state.isRetired = true
            arm(&state)
            return id
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    /// Ends every stream of notifications: the loan is over.
    func endNotifications() {
        let listeners = state.withLock { state in
            let listeners = Array(state.listeners.values)
            state.listeners = [:]
            return listeners
        }
        for listener in listeners { listener.finish() }
    }

    /// Hands over what libpq has parsed.
    func deliverNotifications(_ state: inout State, _ after: inout After) {
        guard let connection = state.connection else { return }
        while let raw = PQnotifies(connection.raw) {
            let notification = PGNotification(
                channel: String(cString: raw.pointee.relname), payload: String(cString: raw.pointee.extra),
                processID: raw.pointee.be_pid)
            PQfreemem(raw)
            let listeners = Array(state.listeners.values)
            after.calls.append { for listener in listeners { listener.yield(notification) } }
        }
    }
}
