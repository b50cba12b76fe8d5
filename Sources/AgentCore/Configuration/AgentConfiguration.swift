/// Everything that the agent can be told, decoded and checked.
///
/// The names are those of the configuration file, in camel case; every default is the one that holds when the key is
/// absent. ``ConfigurationLoader`` makes one from options, environment and file; an embedding program may make its own.
public struct AgentConfiguration: Sendable, Equatable {
    /// The HTTP server (`http`).
    public var http = HTTPConfiguration()
    /// The databases (`databases`); the first one is meant where a call names none.
    public var databases: [DatabaseConfiguration] = []
    /// The language model (`llm`).
    public var llm = ModelConfiguration()
    /// The embedding model (`embedding`).
    public var embedding = EmbeddingConfiguration()
    /// Which tools are offered (`tools`).
    public var tools = ToolsConfiguration()
    /// Files with own tools, prompts and resources (`definitions`), as absolute paths.
    public var definitions: [String] = []
    /// Where conversations, sessions and counters live (`state`).
    public var state = StateConfiguration()
    /// The audit log (`audit`).
    public var audit = AuditConfiguration()
    /// Logs and metrics (`telemetry`).
    public var telemetry = TelemetryConfiguration()
    /// The file whose keys seal approvals and stored secrets (`secret_file`), as an absolute path.
    public var secretFile: String?
    /// How long a person may take to answer a question about a write (`approval_lifetime`).
    public var approvalLifetime: Duration = Approval.lifetime
    /// How long a graceful end waits for what is in flight (`shutdown_grace`).
    public var shutdownGrace: Duration = .seconds(10)

    /// Makes a configuration of defaults, without a database.
    public init() {}
}

/// Which tools are offered.
public struct ToolsConfiguration: Sendable, Equatable {
    /// The names of the tools that are not offered (`tools.disabled`).
    public var disabled: [String] = []

    /// Every tool is offered.
    public init() {}
}

/// The language model that the chat uses.
public struct ModelConfiguration: Sendable, Equatable {
    /// Which kind of service (`llm.provider`); `nil` switches the chat off.
    public var provider: ModelProviderName?
    /// The model's name at its provider (`llm.model`).
    public var model: String?
    /// The key to the provider (`llm.api_key`, `_file`, `_command`).
    public var apiKey: Secret?
    /// Where the service answers, when it is not the provider's own address (`llm.base_url`).
    public var baseURL: String?
    /// The most tokens of one answer (`llm.max_tokens`).
    public var maxTokens = 4096
    /// How long the service may be silent while an answer is waited for (`llm.timeout`).
    public var timeout: Duration = .seconds(120)

    /// No model.
    public init() {}
}

/// The kinds of model services.
public enum ModelProviderName: String, Sendable, Hashable, CaseIterable {
    /// Anthropic's API.
    case anthropic
    /// OpenAI's API.
    case openai
    /// Google's Gemini API.
    case gemini
    /// A local Ollama.
    case ollama
    /// Any service that speaks OpenAI's protocol.
    case openaiCompatible = "openai-compatible"
}

/// The model that turns text into vectors.
public struct EmbeddingConfiguration: Sendable, Equatable {
    /// Which kind of service (`embedding.provider`); `nil` switches embeddings off.
    public var provider: ModelProviderName?
    /// The model's name at its provider (`embedding.model`).
    public var model: String?
    /// The key to the provider (`embedding.api_key`, `_file`, `_command`).
    public var apiKey: Secret?
    /// Where the service answers, when it is not the provider's own address (`embedding.base_url`).
    public var baseURL: String?

    /// No model.
    public init() {}
}

/// Where conversations, sessions and counters live.
public struct StateConfiguration: Sendable, Equatable {
    /// The folder (`state.directory`), as an absolute path.
    public var directory: String?
    /// `sqlite`, or a `postgres://` URL that replicas share (`state.store`).
    public var store = "sqlite"

    /// SQLite, without a folder.
    public init() {}
}

/// The audit log.
public struct AuditConfiguration: Sendable, Equatable {
    /// How much of each statement is kept.
    public enum StatementText: String, Sendable, Hashable, CaseIterable {
        /// The whole text.
        case full
        /// A digest of the text.
        case digest
        /// Nothing.
        case none
    }

    /// The file (`audit.file`), as an absolute path; `nil` for no audit log.
    public var file: String?
    /// How much of each statement is kept (`audit.sql`).
    public var sql: StatementText = .full

    /// No audit log.
    public init() {}
}

/// Logs and metrics.
public struct TelemetryConfiguration: Sendable, Equatable {
    /// How a log line is written.
    public enum LogFormat: String, Sendable, Hashable, CaseIterable {
        /// One JSON object a line.
        case json
        /// One line of text for people.
        case text
    }

    /// The severities, least severe first, named as in swift-log.
    public enum LogLevel: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// Where metrics are served (`telemetry.metrics_listen`), `HOST:PORT`; `nil` for no listener.
    public var metricsListen: String? = "127.0.0.1:9464"
    /// The least severe level that is logged (`telemetry.log_level`).
    public var logLevel: LogLevel = .info
    /// How a log line is written (`telemetry.log_format`).
    public var logFormat: LogFormat = .json

    /// JSON from level `info`.
    public init() {}
}
