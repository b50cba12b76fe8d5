public import AsyncHTTPClient
import NIOCore

/// How a client reaches a server over HTTP.
public struct HTTPTransportOptions: Sendable {
    /// Gives the bearer token for each request, so that it can be renewed; `nil` sends none. It is sent by `https`, and by
    /// `http` to this machine only.
    public var token: (@Sendable () async throws -> String?)?
    /// Further fields of each request. Those that the protocol sets itself win.
    public var fields: [(name: String, value: String)]
    /// The largest number of bytes of one message of the server.
    public var maximumMessageBytes: Int
    /// How often a stream that broke is taken up again in a row, before it is given up.
    public var maximumReconnects: Int
    /// How long to wait before that, unless the server says it.
    public var reconnectDelay: Duration
    /// How long ending a session may take.
    public var closeTimeout: Duration
    /// Sends the requests: certificates, time-outs of connecting, proxies. Redirects are never followed, because a token
    /// would go with them.
    public var client: HTTPClient.Configuration

    /// The defaults.
    public init(token: (@Sendable () async throws -> String?)? = nil) {
        self.token = token
        fields = []
        maximumMessageBytes = 64 << 20
        maximumReconnects = 5
        reconnectDelay = .seconds(1)
        closeTimeout = .seconds(2)
        client = HTTPClient.Configuration()
        client.timeout.connect = .seconds(10)
        // A server that is not there is told at once.
        client.connectionPool.retryConnectionEstablishment = false
        // Each request that runs has a connection of its own under HTTP/1.
        client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    }

    /// The defaults, with a token that stays the same.
    public init(token: String) {
        self.init(token: { token })
    }
}
