/// A service that runs language models: one of the vendors, or a server of one's own.
///
/// A provider keeps no state between answers, so that one serves every conversation.
public protocol ModelProvider: Sendable {
    /// The name that the configuration knows it by, for example `anthropic`.
    var name: String { get }

    /// Has a model answer.
    ///
    /// The work is done within the call: cancelling its task closes the connection to the service.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - onEvent: Is given the answer while it comes, in order. The stream is read no further before it returns; what it
    ///     throws ends the answer.
    /// - Returns: The whole answer.
    /// - Throws: ``ModelFailure``; `CancellationError`.
    func answer(
        _ request: ModelRequest, onEvent: @Sendable (ModelEvent) async throws -> Void
    ) async throws -> ModelAnswer

    /// The models that the service offers, as its API lists them.
    ///
    /// - Throws: ``ModelFailure``; `CancellationError`.
    func models() async throws -> [ModelDescription]
}

/// A model that a service offers.
public struct ModelDescription: Sendable, Hashable {
    /// The name that requests give.
    public var id: String
    /// The name for people.
    public var displayName: String
    /// The most tokens of a request and its answer together; nil where the service does not say.
    public var contextTokens: Int?

    /// Describes a model.
    ///
    /// - Parameters:
    ///   - id: The name that requests give.
    ///   - displayName: The name for people; the `id` when nil.
    ///   - contextTokens: The most tokens of a request and its answer together.
    public init(id: String, displayName: String? = nil, contextTokens: Int? = nil) {
        self.id = id
        self.displayName = displayName ?? id
        self.contextTokens = contextTokens
    }
}
