import MCPProtocol

/// The prompts that there are.
enum PromptCatalog {
    /// Every prompt, in the order in which they are listed.
    static let all: [any AgentPrompt] = [
        ExploreDatabase(),
        DiagnoseQueryIssue(),
        DesignSchema(),
        SetupSemanticSearch(),
        ReviewPermissions(),
    ]

    /// The longest value of an argument: what a person writes or pastes into a form.
    static let longestValue = 100_000

    /// The prompts as a client lists them.
    static var list: [Prompt] {
        all.map { prompt in
            Prompt(
                name: prompt.name, title: prompt.title, description: prompt.description,
                arguments: arguments(of: prompt).map {
                    PromptArgument(
                        name: $0.name, title: $0.title, description: $0.description, required: $0.isRequired)
                })
        }
    }

    /// The prompt called `name`.
    ///
    /// - Throws: -32602 when there is none.
    static func prompt(named name: String) throws(RPCError) -> any AgentPrompt {
        if let prompt = all.first(where: { $0.name == name }) { return prompt }
        throw .unknownPrompt(name, among: all.map(\.name))
    }

    /// The arguments of a prompt, with the one that every prompt takes.
    static func arguments(of prompt: any AgentPrompt) -> [AgentPromptArgument] { prompt.arguments + [.database] }

    /// A prompt with its arguments filled in.
    ///
    /// - Parameters:
    ///   - name: The prompt's name.
    ///   - values: The arguments.
    ///   - databases: The databases that the caller may use.
    /// - Throws: -32602 for an unknown prompt, argument or database, a missing argument, and a value that is too long.
    static func render(
        _ name: String, values: [String: String], databases: VisibleDatabases
    ) throws(RPCError) -> PromptResult {
        let prompt = try prompt(named: name)
        let arguments = arguments(of: prompt)
        for given in values.keys.sorted() where !arguments.contains(where: { $0.name == given }) {
            let names = arguments.map(\.name)
            let suggestion =
                NearestSpelling.of(given, among: names).map { "did you mean \"\($0)\"?" }
                ?? "it takes " + names.joined(separator: ", ")
            throw .invalidParams("Prompt \(name) has no argument \(PlainText.excerpt(given)); \(suggestion)")
        }
        for argument in arguments {
            let value = values[argument.name]
            if argument.isRequired && (value ?? "").isEmpty {
                throw .invalidParams("Prompt \(name) needs the argument \"\(argument.name)\": \(argument.description)")
            }
            if let value, value.utf8.count > longestValue {
                throw .invalidParams(
                    "The argument \"\(argument.name)\" of prompt \(name) is longer than \(longestValue) bytes")
            }
        }
        var database = databases.databases.first?.name
        if let wanted = values[AgentPromptArgument.database.name], !wanted.isEmpty {
            do {
                database = try databases.database(named: wanted).name
            } catch {
                throw .invalidParams(error.toolMessage)
            }
        }
        let text = prompt.text(AgentPromptValues(values: values.filter { !$0.value.isEmpty }, database: database))
        return PromptResult(
            description: prompt.description, messages: [PromptMessage(role: .user, content: .text(text))])
    }
}
