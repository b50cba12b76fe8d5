/// A tour of a database that nobody explained yet.
struct ExploreDatabase: AgentPrompt {
    let name = "explore-database"
    let title = "Explore a database"
    let description =
        "Find out what a database holds: its schemas, main tables, how they relate, and what can be asked."
    let arguments: [AgentPromptArgument] = []

    func text(_ values: AgentPromptValues) -> String {
        """
        Explore a PostgreSQL database with me. \(values.databaseSentence)

        1. list_databases: which databases there are, and whether this one answers.
        2. read_resource with uri pg://system_info of that database: version, size of what I may see, privileges.
        3. get_schema_info without schema or table: the schemas and their tables. Note the largest tables and the comments.
        4. get_schema_info with table for the five to ten tables that matter most (large, central, or often referred to): columns, \
        keys, indexes. Use pattern to find tables by a word when there are hundreds.
        5. query_database for a few aggregates that show what the data is: row counts by month, the values of status columns, \
        the earliest and latest dates. Use limit 20 or less. count_rows for single tables; large ones by the estimate that \
        get_schema_info shows.

        Then tell me, in this order and briefly: what the database is for; its main tables with a sentence each; how they relate \
        (a Mermaid erDiagram of at most 12 tables); what is odd (no primary key, duplicate tables, empty ones, columns that \
        look like personal data or secrets, without showing values); and five questions that this data can answer, each with \
        its SQL, tried out once.

        \(AgentPromptValues.rules)
        """
    }
}
