internal import AuthTokens
internal import Synchronization

/// Remembers which approvals were used, so that each is used once.
protocol SpentNonces: Sendable {
    /// Marks a nonce as spent, in one step that no second caller can come between.
    ///
    /// - Parameters:
    ///   - nonce: the nonce.
    ///   - expires: from when on nobody takes it any more, so that it need not be remembered for ever.
    ///   - now: the time.
    /// - Returns: whether this was the first time.
    /// - Throws: ``StateFailure`` when it cannot be remembered; the approval must not be used then.
    func spend(_ nonce: [UInt8], expires: Timestamp, now: Timestamp) async throws -> Bool
}

/// Spent nonces of this process: for approvals that no other process can open.
final class MemoryNonces: SpentNonces {
    private let spent = Mutex<[[UInt8]: Timestamp]>([:])

    func spend(_ nonce: [UInt8], expires: Timestamp, now: Timestamp) async throws -> Bool {
        spent.withLock { spent in
            // A clock that is set back must not make a forgotten one good again.
            if spent.count % 256 == 255 { spent = spent.filter { $0.value + StateStore.kept > now } }
            return spent.updateValue(expires, forKey: nonce) == nil
        }
    }
}
