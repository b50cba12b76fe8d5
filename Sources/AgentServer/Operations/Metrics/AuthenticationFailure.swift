/// Why a request or a sign-in was refused for want of a known sender: in metrics and the log, never in an answer.
///
/// Their series are there from the beginning, at 0, so that an alert sees the first.
public enum AuthenticationFailure: String, Sendable, Hashable, CaseIterable {
    /// Nothing was shown. Ordinary: a client that asks how to sign in.
    case missing
    /// Something was shown that is no token.
    case malformed
    /// A token or session that nobody made.
    case unknown
    /// One whose time is over.
    case expired
    /// One that was taken back.
    case revoked
    /// A wrong name or password.
    case password
    /// A name that is locked after too many failures.
    case locked
    /// Too many attempts from one address.
    case limited
    /// A session without the proof that its own page sent the request.
    case csrf
    /// A token of an OAuth issuer that does not hold.
    case oauth
    /// Too many sign-ins at the same time.
    case busy
    /// The state folder cannot be written, so that a failure could not be counted.
    case unavailable
    /// Everybody is refused for the moment.
    case lockdown
}
