import MCPProtocol

/// What the server offers; tools are in their own files.
struct EverythingService: MCPService {
    let changes: Changes
    let implementation = Implementation(name: "conformance-server", title: "Conformance server", version: "1.0.0")
    let instructions: String? = "Everything here is made up, for tests."
    let capabilities = ServerCapabilities(
        tools: .init(listChanged: true), resources: .init(listChanged: true, subscribe: true),
        prompts: .init(listChanged: true), completions: true, logging: true)

    func tools(_ context: RequestContext) async throws -> Listing<Tool> {
        Listing(ToolList.all, ttl: .seconds(60), scope: .public_)
    }

    func callTool(_ name: String, arguments: JSONObject, context: RequestContext) async throws -> ToolOutcome {
        var reader = ArgumentReader(arguments)
        if let result = try await plainTool(name, &reader, context) { return .result(result) }
        if let result = try await questionTool(name, &reader, context) { return .result(result) }
        if let outcome = try await roundsTool(name, context) { return outcome }
        throw RPCError.unknownTool(name)
    }

    // MARK: - Resources

    func resources(_ context: RequestContext) async throws -> Listing<Resource> {
        Listing(
            [
                Resource(
                    uri: "test://static-text", name: "static-text", title: "Static text",
                    description: "A text that never changes", mimeType: "text/plain"),
                Resource(
                    uri: "test://static-binary", name: "static-binary", title: "Static picture",
                    description: "A picture that never changes", mimeType: "image/png"),
                Resource(
                    uri: "test://watched-resource", name: "watched-resource", title: "Watched",
                    description: "A text to subscribe to", mimeType: "text/plain"),
            ], ttl: .seconds(60), scope: .public_)
    }

    func resourceTemplates(_ context: RequestContext) async throws -> Listing<ResourceTemplate> {
        Listing(
            [
                ResourceTemplate(
                    uriTemplate: "test://template/{id}/data", name: "template", title: "Data by id",
                    description: "Echoes the id", mimeType: "application/json")
            ], ttl: .seconds(60), scope: .public_)
    }

    func readResource(_ uri: String, context: RequestContext) async throws -> ResourceReading {
        let contents: ResourceContents
        switch uri {
        case "test://static-text":
            contents = .text("This is the content of the static text resource.", uri: uri, mimeType: "text/plain")
        case "test://static-binary": contents = blob(Media.png, uri: uri, mimeType: "image/png")
        case "test://watched-resource":
            contents = .text("Watched resource content", uri: uri, mimeType: "text/plain")
        default:
            guard let id = templateID(uri) else { throw RPCError.resourceNotFound(uri) }
            let data: JSONValue = ["id": .string(id), "templateTest": true, "data": .string("Data for ID: \(id)")]
            contents = .text(data.description, uri: uri, mimeType: "application/json")
        }
        return ResourceReading([contents], ttl: .seconds(60), scope: .public_)
    }

    private func blob(_ bytes: [UInt8], uri: String, mimeType: String) -> ResourceContents {
        ResourceContents(uri: uri, mimeType: mimeType, body: .blob(Base64.encode(bytes)))
    }

    private func templateID(_ uri: String) -> String? {
        let prefix = "test://template/"
        let suffix = "/data"
        guard uri.hasPrefix(prefix), uri.hasSuffix(suffix), uri.count > prefix.count + suffix.count else { return nil }
        let id = uri.dropFirst(prefix.count).dropLast(suffix.count)
        return id.contains("/") ? nil : String(id)
    }

    // MARK: - Prompts

    func prompts(_ context: RequestContext) async throws -> Listing<Prompt> {
        Listing(
            [
                Prompt(name: "test_simple_prompt", title: "Simple", description: "Without arguments"),
                Prompt(
                    name: "test_prompt_with_arguments", title: "With arguments", description: "With two arguments",
                    arguments: [
                        PromptArgument(name: "arg1", description: "The first", required: true),
                        PromptArgument(name: "arg2", description: "The second", required: true),
                    ]),
                Prompt(
                    name: "test_prompt_with_embedded_resource", title: "With a resource",
                    description: "With the contents of a resource",
                    arguments: [
                        PromptArgument(name: "resourceUri", description: "Of the resource", required: true)
                    ]),
                Prompt(name: "test_prompt_with_image", title: "With a picture", description: "With a picture"),
                Prompt(
                    name: "test_input_required_result_prompt", title: "With a question",
                    description: "Asks for a context before it is filled in"),
            ], ttl: .seconds(60), scope: .public_)
    }

    func prompt(_ name: String, arguments: [String: String], context: RequestContext) async throws -> PromptResult {
        func says(_ content: ContentBlock...) -> PromptResult {
            PromptResult(messages: content.map { PromptMessage(role: .user, content: $0) })
        }
        switch name {
        case "test_simple_prompt": return says(.text("This is a simple prompt for testing."))
        case "test_prompt_with_arguments":
            let (first, second) = (arguments["arg1"] ?? "", arguments["arg2"] ?? "")
            return says(.text("Prompt with arguments: arg1='\(first)', arg2='\(second)'"))
        case "test_prompt_with_embedded_resource":
            let contents = ResourceContents.text(
                "Embedded resource content for testing.", uri: arguments["resourceUri"] ?? "", mimeType: "text/plain")
            return says(.resource(contents), .text("Please process the embedded resource above."))
        case "test_prompt_with_image":
            return says(.image(Media.png, mimeType: "image/png"), .text("Please analyze the image above."))
        case "test_input_required_result_prompt":
            let answer = try await context.elicit("user_context", Forms.context)
            guard case .accept(let content) = answer else { return says(.text("Without a context.")) }
            return says(.text("Use this context: \(content["context"]?.string ?? "")"))
        default: throw RPCError.unknownPrompt(name)
        }
    }

    func complete(_ request: CompletionRequest, context: RequestContext) async throws -> Completion {
        guard request.argument == "arg1" else { return Completion(all: []) }
        return Completion(all: ["paris", "park", "party"].filter { $0.hasPrefix(request.value) })
    }
}
