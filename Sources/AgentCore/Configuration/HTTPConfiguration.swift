/// The HTTP server.
public struct HTTPConfiguration: Sendable, Equatable {
    /// Whether it is served at all (`http.enabled`).
    public var enabled = false
    /// Where, `HOST:PORT` (`http.listen`).
    public var listen = "127.0.0.1:8080"
    /// Certificates (`http.tls`).
    public var tls = TLSConfiguration()
    /// Web origins that may call besides loopback (`http.allowed_origins`).
    public var allowedOrigins: [String] = []
    /// Host names that may be asked for besides loopback (`http.allowed_hosts`).
    public var allowedHosts: [String] = []
    /// How the caller's address is found behind a proxy (`http.client_ip`).
    public var clientIP = ClientIPConfiguration()
    /// The longest request body, in bytes (`http.max_body_bytes`).
    public var maxBodyBytes = 4_194_304
    /// The most sessions at once (`http.max_sessions`).
    public var maxSessions = 1000
    /// Who may call (`http.auth`).
    public var auth = AuthenticationConfiguration()

    /// Not served.
    public init() {}

    /// Certificates of the HTTP server.
    public struct TLSConfiguration: Sendable, Equatable {
        /// The certificate (`cert_file`), as an absolute path.
        public var certFile: String?
        /// The private key (`key_file`), as an absolute path.
        public var keyFile: String?
        /// The intermediate certificates (`chain_file`), as an absolute path.
        public var chainFile: String?
        /// Whether a proxy in front speaks TLS, so that plain HTTP may be served off loopback.
        public var terminatedByProxy = false

        /// No TLS.
        public init() {}
    }

    /// How the caller's address is found behind a proxy.
    public struct ClientIPConfiguration: Sendable, Equatable {
        /// The header that the proxy sets (`header`); `nil`: the address of the connection.
        public var header: String?
        /// The proxies whose header is believed, as addresses or CIDR ranges (`trusted_proxies`).
        public var trustedProxies: [String] = []

        /// The address of the connection.
        public init() {}
    }

    /// Who may call.
    public struct AuthenticationConfiguration: Sendable, Equatable {
        /// Whether callers must show who they are (`enabled`).
        public var enabled = true
        /// The token file (`token_file`), as an absolute path once it is loaded.
        public var tokenFile = "tokens.yaml"
        /// The user file (`user_file`), as an absolute path once it is loaded.
        public var userFile = "users.yaml"
        /// How many attempts an address has in a window (`rate_limit.attempts`).
        public var rateLimitAttempts = 10
        /// The window of the rate limit (`rate_limit.window`).
        public var rateLimitWindow: Duration = .seconds(15 * 60)
        /// After how many failures an account is locked (`lockout.failures`).
        public var lockoutFailures = 5
        /// How long an account stays locked (`lockout.duration`).
        public var lockoutDuration: Duration = .seconds(15 * 60)
        /// How long a session lives (`session_lifetime`).
        public var sessionLifetime: Duration = .seconds(24 * 3600)
        /// The OAuth authorisation server whose tokens are accepted (`oauth`).
        public var oauth = OAuthConfiguration()

        /// Required, with the default limits.
        public init() {}
    }

    /// The OAuth authorisation server whose tokens are accepted.
    public struct OAuthConfiguration: Sendable, Equatable {
        /// Who signs (`issuer`); `nil` switches OAuth off.
        public var issuer: String?
        /// For whom the tokens must be (`audience`).
        public var audience: String?
        /// Where the signing keys are (`jwks_url`).
        public var jwksURL: String?
        /// The issuer's scope names by ours (`scopes`), for example `read: "db.read"`.
        public var scopes: [String: String] = [:]

        /// No OAuth.
        public init() {}
    }
}
