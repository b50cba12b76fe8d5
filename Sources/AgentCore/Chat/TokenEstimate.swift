internal import AgentModels
internal import MCPProtocol

/// How many tokens a text has, by its length. What the service counts corrects the guess.
struct TokenEstimate: Sendable {
    /// Between three and four bytes a token is usual for text and SQL; numbers and other scripts have more tokens.
    private(set) var tokensPerByte = 0.33
    private static let plausible = 0.1...1.2
    /// Shorter requests say little: what a service adds of its own weighs too much in them.
    private static let telling = 2_000

    /// The tokens of so many bytes.
    func tokens(_ bytes: Int) -> Int { Int((Double(bytes) * tokensPerByte).rounded(.up)) }

    /// The bytes that so many tokens have.
    func bytes(_ tokens: Int) -> Int { Int(Double(tokens) / tokensPerByte) }

    /// The most bytes that so many tokens can be estimated to have, whatever a service counts.
    static func mostBytes(of tokens: Int) -> Int { Int(Double(tokens) / plausible.lowerBound) }

    /// Learns from what a service counted.
    ///
    /// - Parameters:
    ///   - bytes: The length of the request.
    ///   - tokens: What it was counted as; nothing is learned from 0, which a service answers that counts nothing.
    mutating func learn(bytes: Int, tokens: Int) {
        guard bytes >= Self.telling, tokens > 0 else { return }
        let measured = Double(tokens) / Double(bytes)
        tokensPerByte = min(max(measured, Self.plausible.lowerBound), Self.plausible.upperBound)
    }
}

extension ModelMessage {
    /// About how many bytes it has in a request.
    var byteCount: Int { parts.reduce(8) { $0 + $1.byteCount } }

    /// The calls of tools in it, in order.
    var calls: [ModelToolCall] {
        parts.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
    }

    /// The results of tools in it, in order.
    var results: [ModelToolResult] {
        parts.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
    }

    /// The words in it.
    var words: String {
        parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
    }

    /// Whether a person says something here, be it beside results of tools.
    var isQuestion: Bool {
        role == .user && parts.contains { if case .text = $0 { true } else { false } }
    }
}

extension ModelPart {
    /// About how many bytes it has in a request.
    var byteCount: Int {
        switch self {
        case .text(let text): 16 + text.utf8.count
        case .thinking(let thinking): 16 + thinking.text.utf8.count + (thinking.opaque?.serialized().count ?? 0)
        case .toolCall(let call):
            48 + call.id.utf8.count + call.name.utf8.count
                + (call.malformedArguments?.utf8.count ?? JSONValue.object(call.arguments).serialized().count)
        case .toolResult(let result): 48 + result.callID.utf8.count + result.name.utf8.count + result.text.utf8.count
        }
    }
}

extension ModelTool {
    /// About how many bytes it has in a request.
    var byteCount: Int {
        48 + name.utf8.count + description.utf8.count + JSONValue.object(inputSchema).serialized().count
    }
}
