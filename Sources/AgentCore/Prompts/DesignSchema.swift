/// New tables for a need that the person describes, fitting what is there.
struct DesignSchema: AgentPrompt {
    let name = "design-schema"
    let title = "Design a schema"
    let description = "Design tables for a need, in keeping with what the database already has."
    let arguments = [
        AgentPromptArgument(
            name: "requirements", title: "Requirements",
            description: "What is to be stored, and which questions it must answer.", isRequired: true),
        AgentPromptArgument(
            name: "use_case", title: "Use case",
            description: "How it is used: for example transactions, analytics, time series, events, many tenants.",
            isRequired: false),
    ]

    func text(_ values: AgentPromptValues) -> String {
        let useCase = values.framed("use_case").map { "\nIt will be used like this:\n\n\($0)\n" } ?? ""
        return """
            Design a PostgreSQL schema. \(values.databaseSentence) These are the requirements, in my words:

            \(values.framed("requirements") ?? "")
            \(useCase)
            1. read_resource with uri pg://system_info: the version decides what can be used.
            2. get_schema_info: what exists already. Reuse it, follow its habits of naming and keys, and say where you depart.
            3. query_database on pg_extension and pg_available_extensions if an extension would help.
            4. List the entities, their relations, and the questions to be answered with how often each is asked. Ask me when a choice \
            changes the design and the requirements do not settle it; otherwise state the assumption.

            Then give me:
            - the DDL, in an order that runs: identity columns or uuid for keys, timestamptz for points in time, text rather than \
            varchar(n) without a reason, numeric for money, NOT NULL unless absence means something, CHECK, UNIQUE and FOREIGN KEY \
            constraints with names, an index on each foreign key that is joined or deleted through, further indexes each with the question \
            it serves, comments on tables and columns; partitioning and jsonb only with the reason;
            - a Mermaid erDiagram;
            - for each question of the requirements, its SQL;
            - what was left out, and what will need thought at ten times the size.
            Nothing is created: the tools only read. I run the DDL myself.

            \(AgentPromptValues.rules)
            """
    }
}
