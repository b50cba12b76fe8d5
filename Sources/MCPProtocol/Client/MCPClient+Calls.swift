extension MCPClient {
    /// Reads all pages of the tools.
    public func listTools() async throws -> [Tool] {
        try await list("tools/list", "tools") { tool throws(WireError) in try Tool(tool) }
    }

    /// Reads all pages of the resources.
    public func listResources() async throws -> [Resource] {
        try await list("resources/list", "resources") { resource throws(WireError) in try Resource(resource) }
    }

    /// Reads all pages of the families of resources.
    public func listResourceTemplates() async throws -> [ResourceTemplate] {
        try await list("resources/templates/list", "resourceTemplates") { template throws(WireError) in
            try ResourceTemplate(template)
        }
    }

    /// Reads all pages of the prompts.
    public func listPrompts() async throws -> [Prompt] {
        try await list("prompts/list", "prompts") { prompt throws(WireError) in try Prompt(prompt) }
    }

    /// Calls a tool, and answers its questions by the handlers of the options.
    ///
    /// - Parameters:
    ///   - name: the tool.
    ///   - arguments: its arguments.
    ///   - onProgress: is told the progress; without it none is asked for.
    /// - Returns: what the tool answered; a failure of the tool has ``ToolResult/isError``.
    /// - Throws: ``RPCError`` of the server, ``ClientError``, ``TransportError``, `CancellationError`.
    public func callTool(
        _ name: String, _ arguments: JSONObject = [:], onProgress: (@Sendable (Progress) -> Void)? = nil
    ) async throws -> ToolResult {
        let params: JSONObject = ["name": .string(name), "arguments": .object(arguments)]
        let result = try await rounds("tools/call", params, onProgress: onProgress)
        return try read(result) { reader throws(WireError) in try ToolResult(reader) }
    }

    /// Reads a resource.
    public func readResource(_ uri: String) async throws -> [ResourceContents] {
        let result = try await rounds("resources/read", ["uri": .string(uri)])
        return try read(result) { reader throws(WireError) in
            try reader.elements("contents") { contents throws(WireError) in try ResourceContents(contents) }
        }
    }

    /// Fills in a prompt.
    public func prompt(_ name: String, _ arguments: [String: String] = [:]) async throws -> PromptResult {
        let sorted = JSONObject(arguments.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })
        let result = try await rounds("prompts/get", ["name": .string(name), "arguments": .object(sorted)])
        return try read(result) { reader throws(WireError) in try PromptResult(reader) }
    }

    /// Completes an argument.
    public func complete(_ request: CompletionRequest) async throws -> Completion {
        let result = try await send("completion/complete", request.params)
        return try read(result) { reader throws(WireError) in try Completion(reader) }
    }

    /// Sends any request of the revision that was agreed on, and returns its result as it came.
    public func send(
        _ method: String, _ params: JSONObject? = nil, onProgress: (@Sendable (Progress) -> Void)? = nil
    ) async throws -> JSONValue {
        guard let version = server?.protocolVersion else { throw ClientError("The client is not connected") }
        return try await request(
            method, params, version: version, timeout: options.requestTimeout, onProgress: onProgress)
    }

    private func list<Element>(
        _ method: String, _ key: String, _ element: (WireReader) throws(WireError) -> Element
    ) async throws -> [Element] {
        var all: [Element] = []
        var cursor: String?
        for _ in 0..<options.maximumPages {
            var params: JSONObject = [:]
            params.set("cursor", cursor)
            let result = try await send(method, params.isEmpty ? nil : params)
            let (page, next) = try read(result) { reader throws(WireError) in
                (try reader.elements(key, element), try reader.optionalString("nextCursor"))
            }
            all += page
            guard let next else { return all }
            cursor = next
        }
        throw ClientError("The list '\(key)' has more than \(options.maximumPages) pages")
    }

    /// Sends a request again with answers as long as the server asks (items 29 and 30).
    private func rounds(
        _ method: String, _ params: JSONObject, onProgress: (@Sendable (Progress) -> Void)? = nil
    ) async throws -> JSONValue {
        var result = try await send(method, params, onProgress: onProgress)
        for _ in 0..<options.maximumRounds {
            guard result["resultType"] == .string("input_required") else { return result }
            var retry = params
            var responses: JSONObject = [:]
            for (key, asked) in result["inputRequests"]?.object ?? [:] {
                let question = try read(asked) { reader throws(WireError) in
                    try Question(method: try reader.string("method"), params: try reader.optionalObject("params"))
                }
                responses[key] = try await answer(question).json(for: .july2026)
            }
            if !responses.isEmpty { retry["inputResponses"] = .object(responses) }
            retry["requestState"] = result["requestState"]
            result = try await send(method, retry, onProgress: onProgress)
        }
        guard result["resultType"] == .string("input_required") else { return result }
        throw ClientError("The server asked more than \(options.maximumRounds) times")
    }

    private func read<Value>(
        _ value: JSONValue, _ body: (WireReader) throws(WireError) -> Value
    ) throws -> Value {
        do throws(WireError) {
            return try body(try WireReader(value, path: "result"))
        } catch {
            throw ClientError("The server's answer does not fit the protocol: \(error)")
        }
    }
}
