/// The tools that there are, and those that the configuration leaves on.
struct ToolCatalog: Sendable {
    /// Every tool, in the order in which they are listed: what is needed first comes first.
    static let all: [any AgentTool] = [
        QueryDatabase(),
        GetSchemaInfo(),
        ExecuteExplain(),
        CountRows(),
        ListDatabases(),
        ReadResource(),
    ]

    /// The tools that are offered.
    let tools: [any AgentTool]

    /// The tools without those that `tools.disabled` names.
    ///
    /// - Parameter disabled: The names.
    /// - Throws: ``ConfigurationError`` for each name that no tool has: a tool that was meant to be off would be on.
    init(disabled: [String]) throws(ConfigurationError) {
        let names = Self.all.map(\.name)
        let issues = disabled.enumerated().compactMap { index, name in
            names.contains(name) ? nil : Self.unknown(name, at: index, among: names)
        }
        guard issues.isEmpty else { throw ConfigurationError(issues: issues) }
        tools = Self.all.filter { !disabled.contains($0.name) }
    }

    /// The tool called `name`; nil when there is none, or it is off.
    func tool(named name: String) -> (any AgentTool)? { tools.first { $0.name == name } }

    private static func unknown(_ name: String, at index: Int, among names: [String]) -> ConfigurationIssue {
        let suggestion =
            NearestSpelling.of(name, among: names).map { "did you mean \"\($0)\"?" }
            ?? "the tools are " + names.joined(separator: ", ")
        return ConfigurationIssue(
            key: "tools.disabled[\(index)]", message: "there is no tool \"\(name)\"", suggestion: suggestion)
    }
}
