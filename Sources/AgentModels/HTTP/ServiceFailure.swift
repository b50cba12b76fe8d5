import MCPProtocol

/// Why one try failed, and whether another one may help.
struct AttemptFailure: Error {
    var failure: ModelFailure
    /// Whether it is of a kind that passes.
    var passes: Bool
    /// When the service wants to be asked again.
    var after: Duration?

    init(_ failure: ModelFailure, passes: Bool? = nil, after: Duration? = nil) {
        self.failure = failure
        self.passes =
            passes ?? (failure.code == .rateLimited || failure.code == .overloaded || failure.code == .connection)
        self.after = after
    }
}

/// What a service says is wrong: `{"error": {"type", "code", "status", "message"}}` at Anthropic, OpenAI and Gemini,
/// `{"error": "…"}` at Ollama, and an array around it where Gemini streams.
struct ServiceProblem: Sendable {
    /// The service's own words for the kind, in lower case: `type`, `code`, `status`.
    var kinds: [String] = []
    /// What it says to people.
    var message: String?
    /// When it wants to be asked again. Gemini has no `Retry-After`, but a detail `google.rpc.RetryInfo`
    /// (github.com/googleapis/googleapis, google/rpc/error_details.proto).
    var after: Duration?

    /// Reads the body of an error, or an event that is one.
    ///
    /// - Returns: nil when it is none.
    init?(_ value: JSONValue) {
        let error = value["error"] ?? value[0]?["error"]
        guard let error, !error.isNull else { return nil }
        if let text = error.string {
            message = text
            return
        }
        message = error["message"]?.string
        kinds = ["type", "code", "status"].compactMap { error[$0]?.string?.lowercased() }
        // Gemini refuses a wrong key with 400 and says so in the details only.
        let details = (error["details"]?.array ?? []).prefix(16)
        kinds += details.compactMap { $0["reason"]?.string?.lowercased() }
        // A `google.protobuf.Duration` in JSON: `34.07s`.
        let delays = details.compactMap { $0["retryDelay"]?.string }.filter { $0.hasSuffix("s") }
        after = delays.first.flatMap { RetryAfter.parse(String($0.dropLast())) }
    }

    init(kinds: [String], message: String?) {
        self.kinds = kinds.map { $0.lowercased() }
        self.message = message
    }

    /// The code that it has without an HTTP status, or beside one.
    func code(status: Int?) -> ModelFailure.Code {
        let message = (message ?? "").lowercased()
        func says(_ words: String...) -> Bool {
            words.contains { word in kinds.contains { $0 == word } }
        }
        if says(
            "api_key_invalid", "authentication_error", "invalid_api_key", "permission_error", "unauthenticated",
            "permission_denied")
        {
            return .authentication
        }
        if says("context_length_exceeded", "request_too_large") || Self.isAboutContext(message) { return .contextFull }
        if says("model_not_found") { return .unknownModel }
        switch status {
        case 401?, 403?: return .authentication
        case 404?: return message.contains("model") ? .unknownModel : .badRequest
        case 413?: return .contextFull
        case 429?: return .rateLimited
        case .some(500...599): return .overloaded
        case .some(300...499): return .badRequest
        default: break
        }
        if says("rate_limit_error", "rate_limit_exceeded", "resource_exhausted", "insufficient_quota", "429") {
            return .rateLimited
        }
        if says("not_found_error", "not_found") { return .unknownModel }
        if says("invalid_request_error", "invalid_argument", "invalid_prompt", "failed_precondition") {
            return .badRequest
        }
        return .overloaded
    }

    /// The sentences in which services say that the conversation is too long; not each has a word for it.
    private static func isAboutContext(_ message: String) -> Bool {
        [
            "prompt is too long", "maximum context length", "context length exceeded", "exceeds the context",
            "input token count", "context window", "exceed_context_size",
        ].contains { message.contains($0) }
    }

    /// Whether waiting helps. A spent budget is a 429 at OpenAI, and comes back with the next payment only.
    var passes: Bool { !kinds.contains("insufficient_quota") }
}

extension WireContext {
    /// An answer of HTTP that is no success.
    func failure(status: Int, body: [UInt8], headers: ServiceHeaders) -> AttemptFailure {
        let limits = JSONLimits(maximumBytes: 1 << 20, maximumDepth: 32, maximumStringBytes: 1 << 20)
        let problem = (try? JSONValue.parse(body, limits: limits)).flatMap { ServiceProblem($0) }
        let failure = failure(problem ?? ServiceProblem(kinds: [], message: nil), status: status)
        let after =
            headers["retry-after-ms"].flatMap { Double($0) }.flatMap {
                $0 >= 0 && $0 < 1e9 ? Duration.milliseconds(Int64($0)) : nil
            } ?? headers["retry-after"].flatMap { RetryAfter.parse($0) } ?? problem?.after
        let isFinal = headers["x-should-retry"] == "false" || problem?.passes == false
        let mayPass = status == 429 || (500...599).contains(status)
        return AttemptFailure(failure, passes: mayPass && !isFinal, after: after)
    }

    /// What a service says is wrong, in a sentence.
    func failure(_ problem: ServiceProblem, status: Int? = nil) -> ModelFailure {
        let code = problem.code(status: status)
        var text = "\(service) " + Self.sentence(code, status)
        if let status { text += " (HTTP \(status))" }
        if let message = problem.message, !message.isEmpty { text += ": " + redaction.excerpt(message) }
        if let remedy = Self.remedy(code, status) { text += text.hasSuffix(".") ? " \(remedy)" : ". \(remedy)" }
        return ModelFailure(code, text, status: status)
    }

    private static func sentence(_ code: ModelFailure.Code, _ status: Int?) -> String {
        switch code {
        case .authentication: "refuses the key"
        case .rateLimited: "takes no more requests for now"
        case .overloaded: "is overloaded or broken"
        case .unknownModel: "knows no such model"
        case .contextFull: "finds the conversation longer than the model takes"
        default:
            switch status ?? 0 {
            case 300...399: "answers with a redirect, which is not followed"
            case 404: "has nothing at this address"
            default: "does not take the request"
            }
        }
    }

    private static func remedy(_ code: ModelFailure.Code, _ status: Int?) -> String? {
        switch code {
        case .authentication: "Check llm.api_key."
        case .unknownModel: "Check llm.model."
        case .badRequest where status.map { (300...399).contains($0) || $0 == 404 } ?? false: "Check llm.base_url."
        default: nil
        }
    }
}
