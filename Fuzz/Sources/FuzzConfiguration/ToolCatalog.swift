/// Stands for the catalog of tools, whose names are all that the configuration asks of it.
enum ToolCatalog {
    struct Entry { let name: String }
    static let all = ["query_database", "get_schema_info", "count_rows", "list_databases"].map(Entry.init)
    static func suggestion(for name: String) -> String { "the tools are \(all.map(\.name))" }
}
