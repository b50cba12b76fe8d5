internal import AgentModels
internal import MCPProtocol

/// What a turn remembers of its calls: which failed how often, and which writes a person declined.
struct CallMemory: Sendable {
    private struct Call: Hashable {
        let name: String
        let arguments: JSONObject
        let malformed: String?

        init(_ call: ModelToolCall) {
            name = call.name
            arguments = call.arguments
            malformed = call.malformedArguments
        }
    }

    private var failures: [Call: Int] = [:]
    private var declined: Set<String> = []
    private var declines = 0

    /// Notes what a call came to.
    ///
    /// - Returns: How often this call has failed with these arguments; 0 after a success.
    mutating func note(_ call: ModelToolCall, failed: Bool) -> Int {
        let key = Call(call)
        // What worked once is no hopeless call: another statement in between may have made it one that fails.
        failures[key] = failed ? failures[key, default: 0] + 1 : 0
        return failures[key] ?? 0
    }

    /// Notes that a person declined a write, or did not answer.
    mutating func noteDecline(of sql: String) {
        declined.insert(Self.normalized(sql))
        declines += 1
    }

    /// Whether a person declined this SQL, on whatever database: blanks and the end of the statement make no other one.
    func hasDeclined(_ sql: String) -> Bool { declined.contains(Self.normalized(sql)) }

    /// How often a person declined.
    var declineCount: Int { declines }

    private static func normalized(_ sql: String) -> String {
        var text = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        while text.hasSuffix(";") || text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
