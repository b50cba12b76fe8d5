/// What a server can do.
public struct ServerCapabilities: Sendable, Hashable {
    /// What can be said of a kind of list.
    public struct Lists: Sendable, Hashable {
        /// Whether changes are announced.
        public var listChanged: Bool
        /// Whether a client can ask to be told of a change of one element; resources only.
        public var subscribe: Bool

        /// What can be said of a kind of list.
        public init(listChanged: Bool = false, subscribe: Bool = false) {
            self.listChanged = listChanged
            self.subscribe = subscribe
        }
    }

    /// There are tools.
    public var tools: Lists?
    /// There are resources.
    public var resources: Lists?
    /// There are prompts.
    public var prompts: Lists?
    /// Arguments can be completed.
    public var completions: Bool
    /// Log messages are sent to clients that ask for them.
    public var logging: Bool
    /// Extensions by their names.
    public var extensions: JSONObject?
    /// What is not standard.
    public var experimental: JSONObject?

    /// What a server can do.
    public init(
        tools: Lists? = nil, resources: Lists? = nil, prompts: Lists? = nil, completions: Bool = false,
        logging: Bool = false, extensions: JSONObject? = nil, experimental: JSONObject? = nil
    ) {
        self.tools = tools
        self.resources = resources
        self.prompts = prompts
        self.completions = completions
        self.logging = logging
        self.extensions = extensions
        self.experimental = experimental
    }
}

/// What a client can do for the server.
public struct ClientCapabilities: Sendable, Hashable {
    /// How a person can be asked.
    public struct Elicitation: Sendable, Hashable {
        /// By a form.
        public var form: Bool
        /// By a page in a browser.
        public var url: Bool

        /// How a person can be asked.
        public init(form: Bool = true, url: Bool = false) {
            self.form = form
            self.url = url
        }
    }

    /// What a model can be asked with.
    public struct Sampling: Sendable, Hashable {
        /// With tools.
        public var tools: Bool
        /// With the context of servers.
        public var context: Bool

        /// What a model can be asked with.
        public init(tools: Bool = false, context: Bool = false) {
            self.tools = tools
            self.context = context
        }
    }

    /// A person can be asked.
    public var elicitation: Elicitation?
    /// A model can be asked.
    public var sampling: Sampling?
    /// The client can tell its roots.
    public var roots: Bool
    /// Extensions by their names.
    public var extensions: JSONObject?
    /// What is not standard.
    public var experimental: JSONObject?

    /// What a client can do.
    public init(
        elicitation: Elicitation? = nil, sampling: Sampling? = nil, roots: Bool = false,
        extensions: JSONObject? = nil, experimental: JSONObject? = nil
    ) {
        self.elicitation = elicitation
        self.sampling = sampling
        self.roots = roots
        self.extensions = extensions
        self.experimental = experimental
    }
}
