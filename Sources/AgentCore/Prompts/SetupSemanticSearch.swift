/// Search by meaning with pgvector, from what the database has to the first query.
struct SetupSemanticSearch: AgentPrompt {
    let name = "setup-semantic-search"
    let title = "Set up semantic search"
    let description = "Find or prepare vector columns (pgvector) so that a text can be searched by meaning."
    let arguments = [
        AgentPromptArgument(
            name: "query_text", title: "What to search for",
            description: "An example of what will be searched, in the words of the person who searches.",
            isRequired: true)
    ]

    func text(_ values: AgentPromptValues) -> String {
        """
        Help me search a PostgreSQL database by meaning, with pgvector. \(values.databaseSentence) This is an example of what will \
        be searched for:

        \(values.framed("query_text") ?? "")

        1. query_database: SELECT name, default_version, installed_version FROM pg_available_extensions WHERE name IN ('vector', \
        'pg_trgm', 'unaccent').
        2. query_database: the vector columns, from pg_attribute joined with pg_type, pg_class and pg_namespace, where typname is \
        'vector', 'halfvec' or 'sparsevec' and not attisdropped, with format_type(atttypid, atttypmod) for their dimensions; and their \
        indexes from pg_indexes (hnsw, ivfflat, the operator class).
        3. get_schema_info with pattern and table: which text columns hold what the example asks for. query_database: how many \
        rows, how long the texts are (avg, max of length), how many are NULL, in which language.
        4. Decide which case it is:
           - vectors exist: which model made them (dimensions, comments; ask me if unknown), whether the index fits the distance \
        that the model wants (<=> cosine, <-> Euclidean, <#> inner product), and how many rows have no vector yet;
           - pgvector is there without vectors: the column, how to cut long texts, the model and its dimensions, how to fill the column \
        in batches and keep it fresh, the index (hnsw unless memory forbids) built after filling;
           - no pgvector: how to install it, and full-text search (tsvector, websearch_to_tsquery) or pg_trgm as what works today. \
        Try that search for the example with query_database, limit 10.

        Then tell me which case it is with the evidence, the statements for me to run in order (the tools only read), the search \
        query with its parameters, hybrid ranking with full-text search where both exist, and how to check the quality with ten \
        examples.

        \(AgentPromptValues.rules)
        """
    }
}
