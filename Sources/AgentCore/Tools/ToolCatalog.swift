internal import MCPProtocol
internal import Synchronization

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
    private let definitions = ToolDefinitions()

    /// The tools without those that `tools.disabled` names.
    ///
    /// - Parameter disabled: The names.
    /// - Throws: ``ConfigurationError`` for each name that no tool has: a tool that was meant to be off would be on.
    init(disabled: [String]) throws(ConfigurationError) {
        let names = Self.all.map(\.name)
        let issues = disabled.enumerated().compactMap { index, name in
            names.contains(name)
                ? nil
                : ConfigurationIssue(
                    key: "tools.disabled[\(index)]",
                    message: "expected the name of a tool; found \(PlainText.excerpt(name))",
                    suggestion: Self.suggestion(for: name))
        }
        guard issues.isEmpty else { throw ConfigurationError(issues: issues) }
        tools = Self.all.filter { !disabled.contains($0.name) }
    }

    /// The tool called `name`; nil when there is none, or it is off.
    func tool(named name: String) -> (any AgentTool)? { tools.first { $0.name == name } }

    /// A tool as a client lists it, for a caller.
    func definition(of tool: any AgentTool, for databases: VisibleDatabases) -> Tool {
        definitions.find(tool, for: databases)
    }

    /// Which tool was probably meant by a name that no tool has, or which there are.
    static func suggestion(for name: String) -> String {
        let names = all.map(\.name)
        return NearestSpelling.of(name, among: names).map { "did you mean \($0)?" }
            ?? "the tools are " + names.joined(separator: ", ")
    }
}

extension Agent {
    /// The names of the tools that do no more than ask the database and pass on what it says, of which the limits keep the size.
    package static let toolsThatOnlyAsk: Set<String> = [QueryDatabase().name, ExecuteExplain().name, CountRows().name]
}

/// What clients are told of the tools. It is asked for with every call over HTTP, and depends on nothing but the tool and
/// whether the caller may write somewhere.
private final class ToolDefinitions: Sendable {
    private struct Key: Hashable {
        var name: String
        var allowsWrites: Bool
    }

    private let made = Mutex<[Key: Tool]>([:])

    func find(_ tool: any AgentTool, for databases: VisibleDatabases) -> Tool {
        let key = Key(name: tool.name, allowsWrites: databases.allowsWrites)
        if let found = made.withLock({ $0[key] }) { return found }
        let definition = tool.definition(for: databases)
        made.withLock { $0[key] = definition }
        return definition
    }
}

/// The tools that are offered at the moment.
final class ToolSelection: Sendable {
    private let current: Mutex<ToolCatalog>

    init(_ catalog: ToolCatalog) {
        current = Mutex(catalog)
    }

    /// The tools; others after a reload.
    var catalog: ToolCatalog {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}
