/// Every key outside `databases`, section by section, in the order of the reference.
enum AgentSchema {
    private typealias Section = SectionSchema<AgentConfiguration>
    private typealias Maker = KeyMaker<AgentConfiguration>

    private static let limit: ClosedRange<Int> = 1...1_000_000_000
    private static let day: Duration = .seconds(86400)

    private static func section(
        _ path: String, _ summary: String, awaits: String? = nil,
        _ keys: (KeyMaker<AgentConfiguration>) -> [KeySchema<AgentConfiguration>]
    ) -> SectionSchema<AgentConfiguration> {
        SectionSchema(
            path: path, summary: summary, keys: keys(Maker(prefix: path.isEmpty ? "" : path + ".", awaits: awaits)))
    }

    /// The sections before `databases`.
    static let http: [SectionSchema<AgentConfiguration>] = [
        section("http", "The HTTP server; without it agentd serves its standard input and output") { key in
            [
                key.boolean(
                    "enabled", \.http.enabled, "Whether MCP is served over HTTP instead of standard input and output"),
                key.text("listen", \.http.listen, as: .address, "Where, as HOST:PORT"),
                key.list("allowed_origins", \.http.allowedOrigins, "Web origins that may call; loopback always may"),
                key.list("allowed_hosts", \.http.allowedHosts, "Host names that may be asked for; loopback always may"),
                key.size("max_body_bytes", \.http.maxBodyBytes, 1024...1 << 30, "The longest request body"),
                key.integer("max_sessions", \.http.maxSessions, 1...1_000_000, "The most sessions at once"),
            ]
        },
        section("http.tls", "Certificates of the HTTP server") { key in
            [
                key.text(
                    "cert_file", \.http.tls.certFile, as: .path,
                    "The certificate, as PEM; those of its issuers may follow in the same file"),
                key.text(
                    "key_file", \.http.tls.keyFile, as: .path, "Its private key, as PEM, mode 0600 (or 0640 of root's)"),
                key.text("chain_file", \.http.tls.chainFile, as: .path, "The intermediate certificates, as PEM"),
                key.boolean(
                    "terminated_by_proxy", \.http.tls.terminatedByProxy,
                    "Whether a proxy in front speaks TLS, so that plain HTTP may be served off loopback"),
            ]
        },
        section("http.client_ip", "How the caller's address is found behind a proxy") { key in
            [
                key.text("header", \.http.clientIP.header, "The header that the proxy sets, such as X-Forwarded-For"),
                key.list(
                    "trusted_proxies", \.http.clientIP.trustedProxies,
                    "The proxies whose header is believed, as addresses or CIDR ranges"),
            ]
        },
        section("http.auth", "Who may call over HTTP") { key in
            [
                key.boolean("enabled", \.http.auth.enabled, "Whether callers must show who they are"),
                key.text("token_file", \.http.auth.tokenFile, as: .path, "The token file"),
                key.text("user_file", \.http.auth.userFile, as: .path, "The user file"),
                key.duration(
                    "session_lifetime", \.http.auth.sessionLifetime, .seconds(60)...day * 366,
                    "How long a session lives"),
            ]
        },
        section("http.auth.rate_limit", "How often an address may try to sign in") { key in
            [
                key.integer("attempts", \.http.auth.rateLimitAttempts, limit, "How many attempts in a window"),
                key.duration(
                    "window", \.http.auth.rateLimitWindow, .seconds(1)...day, "The length of the window"),
            ]
        },
        section("http.auth.lockout", "When an account is locked") { key in
            [
                key.integer("failures", \.http.auth.lockoutFailures, limit, "After how many failures in a row"),
                key.duration("duration", \.http.auth.lockoutDuration, .seconds(1)...day * 366, "For how long"),
            ]
        },
        section(
            "http.auth.oauth", "The OAuth authorisation server whose tokens are accepted"
        ) { key in
            [
                key.text(
                    "issuer", \.http.auth.oauth.issuer, as: .webURL, "Who signs the tokens, exactly as in their `iss`"),
                key.text(
                    "audience", \.http.auth.oauth.audience,
                    "For whom the tokens must be (`aud`): the address of /mcp here"),
                key.text(
                    "jwks_url", \.http.auth.oauth.jwksURL, as: .webURL,
                    "Where the signing keys are; empty: as the issuer's metadata say"),
                key.map(
                    "scopes", \.http.auth.oauth.scopes, keys: ["read", "write", "approve", "admin"],
                    "The issuer's scope names by ours; admin is given only where it is named"),
            ]
        },
    ]

    /// The sections after `databases`.
    static let others: [SectionSchema<AgentConfiguration>] = [
        section("llm", "The language model of the chat") { key in
            [
                key.choice(
                    "provider", \.llm.provider, "Which kind of service"),
                key.text("model", \.llm.model, "The model's name at its provider"),
                key.secret("api_key", \.llm.apiKey, "The key to the provider"),
                key.text(
                    "base_url", \.llm.baseURL, as: .webURL, "Where the service answers, when not at the usual place"),
                key.integer("max_tokens", \.llm.maxTokens, 1...10_000_000, "The most tokens of one answer"),
                key.duration("timeout", \.llm.timeout, .seconds(1)...day, "How long the service may be silent"),
            ]
        },
        section("embedding", "The model that turns text into vectors", awaits: "embeddings") { key in
            [
                key.choice("provider", \.embedding.provider, "Which kind of service"),
                key.text("model", \.embedding.model, "The model's name at its provider"),
                key.secret("api_key", \.embedding.apiKey, "The key to the provider"),
                key.text(
                    "base_url", \.embedding.baseURL, as: .webURL,
                    "Where the service answers, when not at the usual place"),
            ]
        },
        section("tools", "Which tools are offered") { key in
            [key.list("disabled", \.tools.disabled, as: .toolName, "The names of tools that are not offered")]
        },
        section("state", "Where the head of the audit log, spent approvals and counters live") { key in
            [
                key.text(
                    "directory", \.state.directory, as: .path,
                    "The folder, of mode 700: the head of the audit log, spent approvals and counters; processes that "
                        + "share it know which approvals were used"),
                key.text(
                    "store", \.state.store, as: .store,
                    "Where conversations are kept: `sqlite` (in `state.directory`; without one in memory), or a "
                        + "`postgres://` URL that replicas share, best of a database and role of its own; all other state "
                        + "stays in `state.directory`"),
            ]
        },
        section("audit", "The audit log") { key in
            [
                key.text("file", \.audit.file, as: .path, "The file; empty: no audit log"),
                key.choice("sql", \.audit.sql, "How much of each statement is kept"),
            ]
        },
        section("telemetry", "Logs and metrics") { key in
            [
                key.text(
                    "metrics_listen", \.telemetry.metricsListen, as: .address,
                    "Where metrics are served over HTTP, as HOST:PORT; empty: nowhere", emptyIsNone: true),
                key.choice("log_level", \.telemetry.logLevel, "The least severe level that is logged"),
                key.choice("log_format", \.telemetry.logFormat, "How a log line is written"),
            ]
        },
        section("", "") { key in
            [
                key.list(
                    "definitions", \.definitions, as: .path, "Files with own tools, prompts and resources",
                    awaits: "own definitions"),
                key.text(
                    "secret_file", \.secretFile, as: .path,
                    "The file whose keys seal approvals, the audit log and stored secrets, mode 0600"),
                key.duration(
                    "approval_lifetime", \.approvalLifetime, .seconds(1)...Approval.lifetime,
                    "How long a person may take to answer a question about a write"),
                key.duration(
                    "shutdown_grace", \.shutdownGrace, .zero ... .seconds(3600),
                    "How long a graceful end waits for what is in flight"),
            ]
        },
    ]

    /// Every key outside `databases`.
    static let keys: [KeySchema<AgentConfiguration>] = (http + others).flatMap(\.keys)
}
