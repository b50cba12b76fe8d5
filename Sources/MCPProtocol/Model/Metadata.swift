/// The name and version of a client or server.
public struct Implementation: Sendable, Hashable {
    /// The name for programs.
    public var name: String
    /// The name for people.
    public var title: String?
    /// The version.
    public var version: String
    /// What it is, in a sentence.
    public var description: String?
    /// Where to read more.
    public var websiteURL: String?
    /// Pictures.
    public var icons: [Icon]

    /// A description of a client or server.
    public init(
        name: String, title: String? = nil, version: String, description: String? = nil, websiteURL: String? = nil,
        icons: [Icon] = []
    ) {
        self.name = name
        self.title = title
        self.version = version
        self.description = description
        self.websiteURL = websiteURL
        self.icons = icons
    }
}

/// A picture that stands for something.
public struct Icon: Sendable, Hashable {
    /// An `https:` or `data:` URI.
    public var source: String
    /// The media type.
    public var mimeType: String?
    /// Sizes such as `48x48` or `any`.
    public var sizes: [String]
    /// `light` or `dark`.
    public var theme: String?

    /// A picture.
    public init(source: String, mimeType: String? = nil, sizes: [String] = [], theme: String? = nil) {
        self.source = source
        self.mimeType = mimeType
        self.sizes = sizes
        self.theme = theme
    }
}

/// Who speaks.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// The person.
    case user
    /// The model.
    case assistant
}

/// Whether an answer may be kept for everyone or only for who asked (item 23).
public enum CacheScope: Sendable, Hashable {
    /// The answer is the same for everyone.
    case public_
    /// The answer depends on who asks.
    case private_

    /// The word on the wire.
    public var rawValue: String { self == .public_ ? "public" : "private" }
}

/// A whole list from the application; the server cuts it into pages.
///
/// The order has to be the same each time, and must not depend on the connection.
public struct Listing<Element: Sendable>: Sendable {
    /// All elements.
    public var items: [Element]
    /// How long a client may keep it.
    public var ttl: Duration
    /// For whom a cache may keep it.
    public var scope: CacheScope

    /// A list.
    public init(_ items: [Element], ttl: Duration = .zero, scope: CacheScope = .private_) {
        self.items = items
        self.ttl = ttl
        self.scope = scope
    }
}

/// Hints about content: for whom it is, how much it matters, when it changed.
public struct Annotations: Sendable, Hashable {
    /// For whom the content is; empty says nothing about it.
    public var audience: [Role]
    /// From 0 (can be left out) to 1 (needed).
    public var priority: Double?
    /// The time of the last change, ISO 8601.
    public var lastModified: String?

    /// Hints about content.
    public init(audience: [Role] = [], priority: Double? = nil, lastModified: String? = nil) {
        self.audience = audience
        self.priority = priority
        self.lastModified = lastModified
    }
}
