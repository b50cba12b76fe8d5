import AgentCore
import ArgumentParser

/// The options that say how `agentd` serves.
struct ServingOptions: ParsableArguments {
    @Flag(help: "Serve MCP on standard input and output (the default).")
    var stdio = false

    @Flag(help: "Serve MCP over HTTP, or HTTPS with --tls-cert and --tls-key.")
    var http = false

    @Option(help: ArgumentHelp("Where HTTP is served (default: 127.0.0.1:8080).", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("The certificate of the HTTP server, as PEM.", valueName: "file"), completion: .file())
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("Its private key, mode 0600, or 0640 when root owns it.", valueName: "file"),
        completion: .file())
    var tlsKey: String?

    @Option(help: ArgumentHelp("The intermediate certificates.", valueName: "file"), completion: .file())
    var tlsChain: String?

    @Flag(help: "Serve HTTP without asking callers who they are (on loopback only).")
    var noAuth = false

    @Option(help: ArgumentHelp("The token file.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("The user file.", valueName: "file"), completion: .file())
    var userFile: String?

    @Option(
        help: ArgumentHelp("The file whose keys seal approvals and stored secrets.", valueName: "file"),
        completion: .file())
    var secretFile: String?

    @Option(
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"),
        completion: .list(TelemetryConfiguration.LogLevel.allCases.map(\.rawValue)))
    var logLevel: String?

    @Option(
        help: ArgumentHelp("json or text.", valueName: "format"),
        completion: .list(TelemetryConfiguration.LogFormat.allCases.map(\.rawValue)))
    var logFormat: String?

    func validate() throws {
        if stdio, http { throw ValidationError("--stdio and --http exclude each other.") }
    }

    /// What the options say, for the loader.
    var settings: [ConfigurationOption] {
        let all: [(String, String?, String)] = [
            ("http.enabled", http ? "true" : nil, "--http"), ("http.enabled", stdio ? "false" : nil, "--stdio"),
            ("http.listen", listen, "--listen"), ("http.tls.cert_file", tlsCert, "--tls-cert"),
            ("http.tls.key_file", tlsKey, "--tls-key"), ("http.tls.chain_file", tlsChain, "--tls-chain"),
            ("http.auth.enabled", noAuth ? "false" : nil, "--no-auth"),
            ("http.auth.token_file", tokenFile, "--token-file"), ("http.auth.user_file", userFile, "--user-file"),
            ("secret_file", secretFile, "--secret-file"), ("telemetry.log_level", logLevel, "--log-level"),
            ("telemetry.log_format", logFormat, "--log-format"),
        ]
        return all.compactMap { key, value, option in
            value.map { ConfigurationOption(key: key, value: $0, name: option) }
        }
    }
}
