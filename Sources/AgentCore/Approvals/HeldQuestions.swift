internal import AuthTokens
internal import Synchronization

/// Keeps sealed questions until they are answered by another request.
protocol HeldQuestions: Sendable {
    /// Keeps a question.
    ///
    /// - Throws: ``StateFailure`` when it cannot be kept, or too many wait already.
    func hold(_ sealed: String, id: String, expires: Timestamp, now: Timestamp) async throws
    /// Reads a question without answering it; nil when there is none.
    func pending(_ id: String) async throws -> String?
    /// Forgets a question.
    ///
    /// - Returns: whether it was there: of two who answer at once, one is told so.
    func remove(_ id: String) async throws -> Bool
}

/// Questions that wait in this process, when there is no state folder.
final class MemoryQuestions: HeldQuestions {
    private let waiting = Mutex<[String: (sealed: String, expires: Timestamp)]>([:])

    func hold(_ sealed: String, id: String, expires: Timestamp, now: Timestamp) async throws {
        let hasRoom = waiting.withLock { waiting in
            waiting = waiting.filter { $0.value.expires > now }
            guard waiting.count < StateStore.mostPending else { return false }
            waiting[id] = (sealed, expires)
            return true
        }
        if !hasRoom { throw StateFailure(description: "too many questions wait for an answer") }
    }

    func pending(_ id: String) async throws -> String? { waiting.withLock { $0[id]?.sealed } }

    func remove(_ id: String) async throws -> Bool { waiting.withLock { $0.removeValue(forKey: id) != nil } }
}
