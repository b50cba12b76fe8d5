/// A wish for completions of an argument (item 28).
public struct CompletionRequest: Sendable, Hashable {
    /// Of what the argument is.
    public enum Reference: Sendable, Hashable {
        /// Of a prompt, by name.
        case prompt(String)
        /// Of a resource template, by its URI or template.
        case resource(String)
    }

    /// Of what the argument is.
    public var reference: Reference
    /// The name of the argument.
    public var argument: String
    /// What was typed so far.
    public var value: String
    /// Arguments that are decided already.
    public var context: [String: String]

    /// A wish for completions.
    public init(reference: Reference, argument: String, value: String, context: [String: String] = [:]) {
        self.reference = reference
        self.argument = argument
        self.value = value
        self.context = context
    }
}

/// Completions of an argument. The server cuts the values at 100.
public struct Completion: Sendable, Hashable {
    /// The values, best first.
    public var values: [String]
    /// How many there are altogether, when known.
    public var total: Int?
    /// Whether there are more than ``values``.
    public var hasMore: Bool

    /// The largest number of values in one answer.
    public static let maximumValues = 100

    /// Completions; `total` and `hasMore` follow from all of them.
    public init(all values: [String]) {
        self.values = Array(values.prefix(Self.maximumValues))
        self.total = values.count
        self.hasMore = values.count > Self.maximumValues
    }

    /// Completions of which there may be more.
    public init(values: [String], total: Int?, hasMore: Bool) {
        self.values = Array(values.prefix(Self.maximumValues))
        self.total = total
        self.hasMore = hasMore || values.count > Self.maximumValues
    }
}
