/// The two ways of the protocol to agree on a version.
public enum Era: Sendable, Hashable {
    /// Every request carries its version and capabilities; there is no handshake (2026-07-28).
    case stateless
    /// A handshake by `initialize` at the start of a connection (2025-11-25 and older).
    case initialize
}

/// A revision of MCP by its date.
public struct ProtocolVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The date, for instance `2026-07-28`.
    public let rawValue: String

    /// The stateless revision.
    public static let july2026 = ProtocolVersion(known: "2026-07-28")
    /// The newest revision with a handshake.
    public static let november2025 = ProtocolVersion(known: "2025-11-25")
    /// The revision that brought structured results and elicitation, and dropped batches.
    public static let june2025 = ProtocolVersion(known: "2025-06-18")
    /// The revision that had batches.
    public static let march2025 = ProtocolVersion(known: "2025-03-26")
    /// The first revision; here over stdio only.
    public static let november2024 = ProtocolVersion(known: "2024-11-05")

    /// All revisions that are spoken here, newest first.
    public static let all: [ProtocolVersion] = [.july2026, .november2025, .june2025, .march2025, .november2024]
    /// The revisions without a handshake, newest first.
    public static let stateless: [ProtocolVersion] = [.july2026]
    /// The revisions with a handshake, newest first.
    public static let initialize: [ProtocolVersion] = [.november2025, .june2025, .march2025, .november2024]

    private init(known: String) { self.rawValue = known }

    /// A revision that is spoken here; `nil` for any other text.
    public init?(_ rawValue: String) {
        guard let known = Self.all.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = known
    }

    /// Which way of agreeing on a version the revision has.
    public var era: Era { self >= .july2026 ? .stateless : .initialize }

    /// The value as text.
    public var description: String { rawValue }

    /// Dates of this form sort as text.
    public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool { left.rawValue < right.rawValue }
}
