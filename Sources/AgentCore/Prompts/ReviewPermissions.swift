/// Who may do what, and which of it is too much.
struct ReviewPermissions: AgentPrompt {
    let name = "review-permissions"
    let title = "Review permissions"
    let description = "Review roles, grants and row security: who may do what, and what should be taken away."
    let arguments: [AgentPromptArgument] = []

    func text(_ values: AgentPromptValues) -> String {
        """
        Review who may do what in a PostgreSQL database. \(values.databaseSentence)

        1. read_resource with uri pg://system_info: the role that this agent uses and its privileges. It should be able to read and \
        nothing more; anything else in the list is the first finding.
        2. query_database on pg_roles: rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin, \
        rolvaliduntil, rolconnlimit; on pg_auth_members with both roles' names: who is a member of what, above all of \
        pg_write_server_files, pg_execute_server_program, pg_read_server_files, pg_write_all_data, pg_read_all_data, pg_monitor. Never ask \
        for password hashes (pg_authid, pg_shadow): they are refused.
        3. query_database on pg_namespace, pg_class and pg_proc with aclexplode(coalesce(nspacl, acldefault('n', nspowner))) and its \
        like: what PUBLIC may do (CREATE on a schema, SELECT or more on tables, EXECUTE on SECURITY DEFINER functions), and grants \
        WITH GRANT OPTION. pg_default_acl: what new objects will be open to.
        4. query_database on pg_class (relrowsecurity, relforcerowsecurity) and pg_policies: tables with row security and their \
        policies, policies that are true for everyone, tables beside them that hold the same kind of data without any.
        5. query_database on pg_proc where prosecdef: functions that run as their owner, and whether each fixes its search_path \
        (proconfig). pg_foreign_server and pg_extension (dblink, file_fdw, untrusted languages) for ways out.

        Then give me a table of findings, worst first: what, where, why it matters, and the REVOKE, ALTER or GRANT that mends it, for \
        me to run; then what is in order; then what this role could not see. Mark what may break an application if it is taken away.

        \(AgentPromptValues.rules)
        """
    }
}
