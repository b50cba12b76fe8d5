public import AuthTokens
public import Hummingbird

/// What is known of one request beside the request itself.
public struct AgentRequestContext: RequestContext {
    /// What the router needs.
    public var coreContext: CoreRequestContextStorage
    /// The address of the connection: a proxy's where there is one. Empty where there is no connection.
    public let peerAddress: String
    /// The address on this machine that the connection reached. Empty where there is no connection.
    public let localAddress: String
    /// The caller's address: the connection's, or what a trusted proxy says (`http.client_ip`).
    public var clientAddress: String { didSet { notes.clientAddress = clientAddress } }
    /// Whether the caller's own connection is encrypted, here or at the trusted proxy.
    public var isSecure: Bool
    /// Names this request in the answer (`X-Request-Id`), the logs and the audit log.
    public var requestID: String { didSet { notes.requestID = requestID } }
    /// Who sends it; `nil` until that was decided, and on paths that ask nobody.
    public var caller: AuthenticatedCaller? { didSet { notes.caller = caller } }
    /// What was found out about the request, for whoever reports it: middleware further out sees what was found further in.
    public let notes: RequestNotes

    /// Makes the context of a request that arrived over a connection; the middleware fills in the rest.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peerAddress = source.channel.remoteAddress?.ipAddress ?? ""
        localAddress = source.channel.localAddress?.ipAddress ?? ""
        clientAddress = peerAddress
        isSecure = false
        requestID = ""
        notes = RequestNotes(clientAddress: clientAddress)
    }
}
