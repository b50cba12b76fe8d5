import AuthTokens
import Synchronization

/// Counts what failed, by address. In a bounded memory; addresses of one IPv6 network count together.
///
/// A credential that is good is heard from any address: nobody guesses 256 random bits, while a neighbour behind the same
/// address must not be able to lock everybody out.
final class FailedAttempts: Sendable {
    private let limit: Mutex<RateLimit>

    /// - Parameters:
    ///   - attempts: How many failures an address has in a window.
    ///   - window: The length of the window.
    init(attempts: Int, window: Duration) {
        limit = Mutex(RateLimit(attempts: attempts, window: window))
    }

    /// Counts a failure.
    ///
    /// - Parameters:
    ///   - address: From where.
    ///   - now: The present.
    /// - Returns: In how many seconds the address may try again; nil while it is within the limit.
    func failed(_ address: String, at now: Timestamp = .now) -> Int64? {
        switch limit.withLock({ $0.attempt(AddressBlock.of(address), at: now) }) {
        case .allowed: nil
        case .refused(let until): max(1, until.seconds - now.seconds)
        }
    }
}
