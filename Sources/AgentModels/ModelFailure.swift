/// A service did not answer.
///
/// ``description`` is for the person and holds nothing that the service could have quoted of the key.
public struct ModelFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The key is missing, wrong or may not do this (401, 403).
        case authentication
        /// Too many requests, or a spent budget (429).
        case rateLimited = "rate_limited"
        /// The service is overloaded or broken (5xx).
        case overloaded
        /// The service does not take the request (other 4xx): there is no use in trying again.
        case badRequest = "bad_request"
        /// There is no such model.
        case unknownModel = "unknown_model"
        /// The conversation is longer than the model takes.
        case contextFull = "context_full"
        /// The service cannot be reached, or the connection broke.
        case connection
        /// Nothing came for `llm.timeout`.
        case silence
        /// What came is not what the service's documentation says.
        case malformed
        /// The answer is larger than is kept.
        case tooLarge = "too_large"
    }

    /// What kind of failure.
    public var code: Code
    /// A sentence for the person: what, where, and what helps.
    public var description: String
    /// The status of the HTTP answer; nil without one.
    public var status: Int?
    /// What the operator should know besides: paths, hosts and the words of the system. For logs alone.
    public var operatorDetail: String?

    /// Describes a failure.
    public init(_ code: Code, _ description: String, status: Int? = nil, operatorDetail: String? = nil) {
        self.code = code
        self.description = description
        self.status = status
        self.operatorDetail = operatorDetail
    }
}
