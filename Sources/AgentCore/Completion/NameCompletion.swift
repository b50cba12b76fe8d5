import MCPProtocol

/// Completions of the names in addresses and prompts: databases, schemas, tables.
///
/// A person is typing: a database that is down or slow gives no names, and never an error.
struct NameCompletion: Sendable {
    /// The databases that the caller may use.
    let databases: VisibleDatabases

    /// How long names are waited for.
    static let patience: Duration = .seconds(2)

    /// The names that complete an argument.
    ///
    /// - Throws: -32602 when the prompt, the template or the argument does not exist.
    func complete(_ request: CompletionRequest) async throws -> Completion {
        switch request.reference {
        case .prompt(let name):
            let prompt = try PromptCatalog.prompt(named: name)
            guard PromptCatalog.arguments(of: prompt).contains(where: { $0.name == request.argument }) else {
                throw RPCError.invalidParams(
                    "Prompt \(name) has no argument \(PlainText.excerpt(request.argument))")
            }
            // What a person asks for in their own words has no completions.
            guard request.argument == AgentPromptArgument.database.name else { return Completion(all: []) }
            return databaseNames(request.value)
        case .resource(let template):
            return try await complete(template, request)
        }
    }

    private func complete(_ template: String, _ request: CompletionRequest) async throws -> Completion {
        let variables: [String]
        switch template {
        case ResourceURI.systemInfoTemplate, ResourceURI.schemaTemplate: variables = ["database"]
        case ResourceURI.tableTemplate: variables = ["database", "schema", "table"]
        default:
            // A resource without variables may be referred to as well; it has nothing to complete.
            guard ResourceURI(template) != nil else { throw RPCError.resourceNotFound(template) }
            return Completion(all: [])
        }
        guard variables.contains(request.argument) else {
            throw RPCError.invalidParams(
                "\(template) has no variable \(PlainText.excerpt(request.argument)); it has "
                    + variables.joined(separator: ", "))
        }
        if request.argument == "database" { return databaseNames(request.value) }
        let completion = await names(request)
        try Task.checkCancellation()
        return completion
    }

    private func databaseNames(_ typed: String) -> Completion {
        Completion(all: NameMatching.matches(typed, in: databases.databases.map(\.name)))
    }

    /// Names that begin with what was typed; when there are none, those that hold it.
    private func names(_ request: CompletionRequest) async -> Completion {
        guard let database = try? databases.database(named: request.context["database"]) else {
            return Completion(all: [])
        }
        let schema = request.context["schema"]
        let typed = request.value
        let found = try? await Deadline.run(within: Self.patience) { () -> Completion in
            let ask: (String) async throws -> SchemaCatalog.Page<String> = { prefix in
                let limit = SchemaCatalog.maximumItems
                return request.argument == "schema"
                    ? try await database.catalog.schemaNames(prefix: prefix, limit: limit)
                    : try await database.catalog.tableNames(schema: schema, prefix: prefix, limit: limit)
            }
            let page = try await ask(typed)
            guard page.items.isEmpty, !typed.isEmpty else {
                return Completion(
                    values: page.items, total: page.hasMore ? nil : page.items.count, hasMore: page.hasMore)
            }
            return Completion(all: NameMatching.matches(typed, in: try await ask("").items))
        }
        var completion = (found ?? nil) ?? Completion(all: [])
        // A client puts a name into its prompt as it is: one with characters that steer a terminal is not offered.
        completion.values.removeAll { $0.unicodeScalars.contains(where: PlainText.isControl) }
        return completion
    }
}
