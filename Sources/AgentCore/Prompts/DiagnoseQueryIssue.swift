/// A query that is slow, fails, or answers something else than expected.
struct DiagnoseQueryIssue: AgentPrompt {
    let name = "diagnose-query-issue"
    let title = "Diagnose a query"
    let description = "Find out why a query is slow, fails or returns the wrong rows, and how to mend it."
    let arguments = [
        AgentPromptArgument(
            name: "issue", title: "What is wrong",
            description: "The query and what happens: the error, how slow it is, what was expected instead.",
            isRequired: true)
    ]

    func text(_ values: AgentPromptValues) -> String {
        """
        Diagnose a problem with a PostgreSQL query. \(values.databaseSentence) This is the problem, in my words:

        \(values.framed("issue") ?? "")

        1. Say which kind it is: an error, slowness, or wrong rows. If no SQL is given and none can be inferred, ask me for it.
        2. get_schema_info with table for each table of the query: types, keys, indexes, estimated rows.
        3. By kind:
           - an error: read SQLSTATE, message, hint and position; check names and types against the schema; correct the query.
           - slowness: execute_explain (without analyze first; with analyze: true only if the plan's cost says that it ends within \
        the time-out). Find the node that costs most: a sequential scan under a selective filter, estimates off by more than ten \
        times (statistics: query_database on pg_stats and pg_stat_user_tables), sorts or hashes on disk, nested loops over many \
        rows, functions or casts on indexed columns, OFFSET over many rows.
           - wrong rows: check join conditions that multiply rows, NULL in NOT IN and in comparisons, outer joins undone by WHERE, \
        time zones, integer division, text compared case by case. Show the fault with a small query_database call.
        4. Try the mended query: query_database with a small limit, and execute_explain to compare the plans.

        Then tell me: the cause, with the evidence; the mended SQL; what it changes in cost; and, if an index or ANALYZE is needed, \
        the statement for me to run, with its price (size, locks, slower writes; CREATE INDEX CONCURRENTLY on a live table).

        \(AgentPromptValues.rules)
        """
    }
}
