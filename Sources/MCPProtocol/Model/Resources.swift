/// A resource that can be read.
public struct Resource: Sendable, Hashable {
    /// The address.
    public var uri: String
    /// The name for programs.
    public var name: String
    /// The name for people.
    public var title: String?
    /// What it is, for the model.
    public var description: String?
    /// The media type.
    public var mimeType: String?
    /// The size in bytes, before any encoding.
    public var size: Int?
    /// Hints.
    public var annotations: Annotations?
    /// Pictures.
    public var icons: [Icon]
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// A resource.
    public init(
        uri: String, name: String, title: String? = nil, description: String? = nil, mimeType: String? = nil,
        size: Int? = nil, annotations: Annotations? = nil, icons: [Icon] = [], meta: JSONObject? = nil
    ) {
        self.uri = uri
        self.name = name
        self.title = title
        self.description = description
        self.mimeType = mimeType
        self.size = size
        self.annotations = annotations
        self.icons = icons
        self.meta = meta
    }
}

/// A family of resources by a URI template of RFC 6570.
public struct ResourceTemplate: Sendable, Hashable {
    /// The template.
    public var uriTemplate: String
    /// The name for programs.
    public var name: String
    /// The name for people.
    public var title: String?
    /// What the resources are, for the model.
    public var description: String?
    /// The media type of all of them.
    public var mimeType: String?
    /// Hints.
    public var annotations: Annotations?
    /// Pictures.
    public var icons: [Icon]
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// A family of resources.
    public init(
        uriTemplate: String, name: String, title: String? = nil, description: String? = nil, mimeType: String? = nil,
        annotations: Annotations? = nil, icons: [Icon] = [], meta: JSONObject? = nil
    ) {
        self.uriTemplate = uriTemplate
        self.name = name
        self.title = title
        self.description = description
        self.mimeType = mimeType
        self.annotations = annotations
        self.icons = icons
        self.meta = meta
    }
}

/// The contents of a resource, or of a part of it.
public struct ResourceContents: Sendable, Hashable {
    /// Text or bytes.
    public enum Body: Sendable, Hashable {
        /// Text.
        case text(String)
        /// Bytes, in base64.
        case blob(String)
    }

    /// The address.
    public var uri: String
    /// The media type.
    public var mimeType: String?
    /// Text or bytes.
    public var body: Body
    /// Metadata, `_meta`.
    public var meta: JSONObject?

    /// Contents of a resource.
    public init(uri: String, mimeType: String? = nil, body: Body, meta: JSONObject? = nil) {
        self.uri = uri
        self.mimeType = mimeType
        self.body = body
        self.meta = meta
    }

    /// Text.
    public static func text(_ text: String, uri: String, mimeType: String? = nil) -> ResourceContents {
        ResourceContents(uri: uri, mimeType: mimeType, body: .text(text))
    }

    /// Bytes.
    public static func blob(_ bytes: [UInt8], uri: String, mimeType: String? = nil) -> ResourceContents {
        ResourceContents(uri: uri, mimeType: mimeType, body: .blob(Base64.encode(bytes)))
    }
}

/// What reading a resource gave.
public struct ResourceReading: Sendable, Hashable {
    /// The contents.
    public var contents: [ResourceContents]
    /// How long a client may keep it.
    public var ttl: Duration
    /// For whom a cache may keep it.
    public var scope: CacheScope

    /// What reading a resource gave.
    public init(_ contents: [ResourceContents], ttl: Duration = .zero, scope: CacheScope = .private_) {
        self.contents = contents
        self.ttl = ttl
        self.scope = scope
    }
}
