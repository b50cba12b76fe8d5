/// A tool that a model may call.
public struct Tool: Sendable, Hashable {
    /// The name: `[A-Za-z0-9_.-]`, at most 64 characters (item 24).
    public var name: String
    /// The name for people.
    public var title: String?
    /// What the tool does, for the model.
    public var description: String?
    /// JSON Schema 2020-12 of the arguments; the root is `type: object`. Sent as written.
    public var inputSchema: JSONValue
    /// JSON Schema of ``ToolResult/structuredContent``.
    public var outputSchema: JSONValue?
    /// What a client may tell the person about the tool.
    public var annotations: ToolAnnotations
    /// Pictures.
    public var icons: [Icon]
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// A tool.
    public init(
        name: String, title: String? = nil, description: String? = nil, inputSchema: JSONValue,
        outputSchema: JSONValue? = nil, annotations: ToolAnnotations, icons: [Icon] = [], meta: JSONObject? = nil
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.inputSchema = inputSchema
        self.outputSchema = outputSchema
        self.annotations = annotations
        self.icons = icons
        self.meta = meta
    }
}

/// Hints about a tool. All four are always sent (item 26).
public struct ToolAnnotations: Sendable, Hashable {
    /// The name for people.
    public var title: String
    /// The tool changes nothing.
    public var readOnlyHint: Bool
    /// What it changes may be lost.
    public var destructiveHint: Bool
    /// A second call with the same arguments changes nothing more.
    public var idempotentHint: Bool
    /// It reaches beyond a closed set of things.
    public var openWorldHint: Bool

    /// Hints about a tool.
    public init(
        title: String, readOnlyHint: Bool, destructiveHint: Bool, idempotentHint: Bool, openWorldHint: Bool
    ) {
        self.title = title
        self.readOnlyHint = readOnlyHint
        self.destructiveHint = destructiveHint
        self.idempotentHint = idempotentHint
        self.openWorldHint = openWorldHint
    }
}

/// What a tool answered.
public struct ToolResult: Sendable, Hashable {
    /// The answer for the model.
    public var content: [ContentBlock]
    /// The answer for programs; an object, so that every revision can carry it.
    public var structuredContent: JSONValue?
    /// The tool failed, and ``content`` tells the model how to mend it.
    public var isError: Bool
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// An answer.
    public init(
        content: [ContentBlock], structuredContent: JSONValue? = nil, isError: Bool = false, meta: JSONObject? = nil
    ) {
        self.content = content
        self.structuredContent = structuredContent
        self.isError = isError
        self.meta = meta
    }

    /// An answer in text.
    public static func text(_ text: String, structuredContent: JSONValue? = nil) -> ToolResult {
        ToolResult(content: [.text(text)], structuredContent: structuredContent)
    }

    /// A failure that tells the model how to mend it (item 25).
    public static func failure(_ text: String) -> ToolResult {
        ToolResult(content: [.text(text)], isError: true)
    }

    /// The text blocks, one after the other, with newlines between.
    public var text: String { content.compactMap(\.text).joined(separator: "\n") }
}

/// How a call ended.
public enum ToolOutcome: Sendable {
    /// With an answer.
    case result(ToolResult)
    /// With questions; the call is made again with the answers.
    case inputRequired(InputRequired)

    /// An answer in text.
    public static func text(_ text: String, structuredContent: JSONValue? = nil) -> ToolOutcome {
        .result(.text(text, structuredContent: structuredContent))
    }

    /// A failure that tells the model how to mend it.
    public static func failure(_ text: String) -> ToolOutcome { .result(.failure(text)) }
}

/// An error that the server turns into a tool result with `isError: true` and this text. Any other error of a tool
/// becomes an internal error without details.
public protocol ToolReportableError: Error {
    /// What went wrong and how to mend it, for the model; nothing secret belongs in it.
    var toolMessage: String { get }
}

/// A failure of a tool with a text for the model.
public struct ToolError: ToolReportableError, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong and how to mend it, for the model.
    public let toolMessage: String

    /// A failure with a text for the model.
    public init(_ message: String) { self.toolMessage = message }

    /// The value as text.
    public var description: String { toolMessage }
}
