internal import AuthTokens
internal import Synchronization

/// Keeps sealed questions until they are answered by another request.
protocol HeldQuestions: Sendable {
    /// Keeps a question.
    ///
    /// - Parameters:
    ///   - sealed: The question.
    ///   - id: Its id.
    ///   - owner: Who asked for the write; each may have ``HeldQuestionBounds/ofOne`` of them.
    ///   - expires: When it may be forgotten.
    ///   - now: The time.
    /// - Throws: ``StateFailure`` when it cannot be kept; ``QueryFailure`` of the kind `tooManyAtOnce` when too many wait.
    func hold(_ sealed: String, id: String, owner: String, expires: Timestamp, now: Timestamp) async throws
    /// Reads a question without answering it; nil when there is none.
    func pending(_ id: String) async throws -> String?
    /// Forgets a question.
    ///
    /// - Returns: whether it was there: of two who answer at once, one is told so.
    func remove(_ id: String) async throws -> Bool
}

/// How many questions wait at a time: a program that only asks must fill neither disk nor memory, nor take the room of others.
enum HeldQuestionBounds {
    /// Of one who asks.
    static let ofOne = 100
    /// Of all together.
    static let ofAll = 10_000

    /// Refuses one more.
    ///
    /// - Parameters:
    ///   - owned: How many of the same owner wait.
    ///   - all: How many wait.
    /// - Throws: ``QueryFailure`` of the kind `tooManyAtOnce`.
    static func check(owned: Int, all: Int) throws {
        guard owned < ofOne else {
            throw QueryFailure(
                .tooManyAtOnce,
                "\(ofOne) writes of this caller wait for a person's answer, the most that may: answer them, or wait until they "
                    + "expire.")
        }
        guard all < ofAll else {
            throw QueryFailure(
                .tooManyAtOnce, "\(ofAll) writes wait for a person's answer, the most that may: wait a little.")
        }
    }
}

/// Questions that wait in this process, when there is no state folder.
final class MemoryQuestions: HeldQuestions {
    private let waiting = Mutex<[String: (sealed: String, owner: String, expires: Timestamp)]>([:])

    func hold(_ sealed: String, id: String, owner: String, expires: Timestamp, now: Timestamp) async throws {
        try waiting.withLock { waiting in
            waiting = waiting.filter { $0.value.expires > now }
            try HeldQuestionBounds.check(owned: waiting.count { $0.value.owner == owner }, all: waiting.count)
            waiting[id] = (sealed, owner, expires)
        }
    }

    func pending(_ id: String) async throws -> String? { waiting.withLock { $0[id]?.sealed } }

    func remove(_ id: String) async throws -> Bool { waiting.withLock { $0.removeValue(forKey: id) != nil } }
}
