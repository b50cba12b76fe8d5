/// A piece of the content of a result or a message.
public struct ContentBlock: Sendable, Hashable {
    /// What it holds.
    public enum Kind: Sendable, Hashable {
        /// Text.
        case text(String)
        /// A picture: base64 and its media type.
        case image(data: String, mimeType: String)
        /// Sound: base64 and its media type.
        case audio(data: String, mimeType: String)
        /// A resource that can be read.
        case resourceLink(Resource)
        /// The contents of a resource.
        case resource(ResourceContents)
        /// A kind that has no type here (`tool_use`, `tool_result`, and what later revisions bring), as it came.
        case other(JSONObject)
    }

    /// What it holds.
    public var kind: Kind
    /// Hints.
    public var annotations: Annotations?
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// A piece of content.
    public init(_ kind: Kind, annotations: Annotations? = nil, meta: JSONObject? = nil) {
        self.kind = kind
        self.annotations = annotations
        self.meta = meta
    }

    /// Text.
    public static func text(_ text: String) -> ContentBlock { ContentBlock(.text(text)) }
    /// A picture from its bytes.
    public static func image(_ bytes: [UInt8], mimeType: String) -> ContentBlock {
        ContentBlock(.image(data: Base64.encode(bytes), mimeType: mimeType))
    }
    /// Sound from its bytes.
    public static func audio(_ bytes: [UInt8], mimeType: String) -> ContentBlock {
        ContentBlock(.audio(data: Base64.encode(bytes), mimeType: mimeType))
    }
    /// The contents of a resource.
    public static func resource(_ contents: ResourceContents) -> ContentBlock { ContentBlock(.resource(contents)) }
    /// A resource that can be read.
    public static func resourceLink(_ resource: Resource) -> ContentBlock { ContentBlock(.resourceLink(resource)) }

    /// The text, when it is text.
    public var text: String? {
        if case .text(let text) = kind { text } else { nil }
    }
}
