public import AuthTokens
internal import Synchronization

/// What was found out about one request on its way in, shared by all copies of its context.
public final class RequestNotes: Sendable {
    private struct Notes {
        var requestID = ""
        var clientAddress: String
        var caller: AuthenticatedCaller?
    }

    private let notes: Mutex<Notes>

    init(clientAddress: String) { notes = Mutex(Notes(clientAddress: clientAddress)) }

    /// Names the request.
    public internal(set) var requestID: String {
        get { notes.withLock { $0.requestID } }
        set { notes.withLock { $0.requestID = newValue } }
    }

    /// The caller's address.
    public internal(set) var clientAddress: String {
        get { notes.withLock { $0.clientAddress } }
        set { notes.withLock { $0.clientAddress = newValue } }
    }

    /// Who sends it. Setting ``AgentRequestContext/caller`` sets this; what decides on the caller without a context of its
    /// own sets it here.
    public var caller: AuthenticatedCaller? {
        get { notes.withLock { $0.caller } }
        set { notes.withLock { $0.caller = newValue } }
    }
}
