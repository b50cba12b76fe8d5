import PGConnector
import Testing

@testable import AgentCore

@Suite("Entries of allow_functions")
struct AllowedFunctionTests {
    @Test(
        "Names follow SQL's rule, and types its spellings",
        arguments: [
            ("noise", "public", "noise", nil), (" App.Noise ", "app", "noise", nil),
            ("app.\"Odd \"\"Name\"\"\"", "app", "Odd \"Name\"", nil), ("\"App\".f", "App", "f", nil),
            ("app.*", "app", nil, nil), ("app.f()", "app", "f", ""),
            ("app.f( int4 , TEXT )", "app", "f", "integer,text"),
            (
                "app.f(timestamptz, varchar[], pg_catalog.int8)", "app", "f",
                "timestamp with time zone,character varying[],bigint"
            ),
            ("app.f(double  precision)", "app", "f", "double precision"), ("größe.maß", "größe", "maß", nil),
        ] as [(String, String, String?, String?)])
    func entries(_ text: String, schema: String, name: String?, types: String?) throws {
        let entry = try AllowedFunction(text)
        #expect(entry.schema == schema && entry.name == name && entry.types == types)
    }

    @Test(
        "What is no entry is an error that says why",
        arguments: [
            ("", "schema.*"), ("*", "schema.*"), ("app.", "schema.*"), ("app.f g", "double quotes"),
            ("my-app.f", "double quotes"), ("\"app.f", "does not end"), ("app.f(integer", "does not close"),
            ("shop.app.f", "without a database"), ("pg_catalog.*", "one by one"), ("app.1f", "double quotes"),
        ])
    func malformed(_ text: String, why: String) throws {
        let failure = #expect(throws: AllowedFunction.Malformed.self) { try AllowedFunction(text) }
        #expect(try #require(failure).description.contains(why))
        let yaml = """
            databases:
              - name: shop
                allow_functions: ['public.f', '\(text)']

            """
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationLoader.check(yaml: yaml, name: "x") }
        let issue = try #require(error?.issues.first)
        #expect(issue.line == 3 && issue.key == "databases[0].allow_functions")
        if !text.isEmpty { #expect(issue.message.contains(why)) }
    }

    @Test("The setting that a refusal names is read as the function that was refused")
    func roundTrip() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            """
            CREATE SCHEMA "Mixed";
            CREATE FUNCTION "Mixed"."it's, odd"(int, text) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1';
            """)
        let sql = "SELECT \"Mixed\".\"it's, odd\"(3, 'a')"
        let refusal = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(QueryRequest(sql: sql))
        }
        let text = try #require(refusal).description
        let start = try #require(text.firstRange(of: "allow_functions: "))
        let end = try #require(text.firstRange(of: ", to run"))
        let yaml = "databases: [{ name: shop, \(text[start.lowerBound..<end.lowerBound]) }]\n"
        let entries = try ConfigurationLoader.check(yaml: yaml, name: "x").configuration.databases[0].allowFunctions
        let allowing = shop.reconfigured { $0.allowFunctions = entries }
        #expect(try await allowing.query(QueryRequest(sql: sql)).rows[0][0] == "3")
        #expect(try await allowing.idleAllowances() == [])
    }

    @Test("A canonically equivalent name is another function")
    func equivalentNames() async throws {
        let shop = try ShopDatabase.make { $0.allowFunctions = ["public.caf\u{E9}"] }
        func make(_ name: String) throws {
            try shop.psql("CREATE FUNCTION \(name)() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'")
        }
        try make("caf\u{E9}")
        #expect(try await shop.value("SELECT caf\u{E9}()") == "1")
        try make("cafe\u{301}")
        let twin = await Ending { try await shop.database.query(QueryRequest(sql: "SELECT cafe\u{301}()")) }
        #expect(twin == .failed("refused_function"))
    }

    @Test("Entries that allow nothing are found, with what was probably meant")
    func idle() async throws {
        let shop = try ShopDatabase.make {
            $0.allowFunctions = [
                "public.noise", "public.*", "pg_catalog.lo_get", "public.add_noise(int,int)", "public.nois",
                "publc.noise", "public.add_noise(text)", "pg_catalog.nextval", "empty.*", "nonsense here",
            ]
        }
        try shop.psql("CREATE SCHEMA empty")
        let found = try await shop.database.idleAllowances()
        #expect(
            found == [
                "allow_functions: \"nonsense here\": expected schema.name, schema.name(types) or schema.*; a name with other "
                    + "characters than letters, digits, _ and $ stands in double quotes",
                "allow_functions: \"public.nois\": there is no function \"nois\" in the schema \"public\"; did you mean \"noise\"?",
                "allow_functions: \"publc.noise\": there is no schema \"publc\"; did you mean \"public\"?",
                "allow_functions: \"public.add_noise(text)\": there is none with these arguments, but add_noise(integer,integer)",
                "allow_functions: \"pg_catalog.nextval\": a read cannot run it all the same, since its transaction is read-only and "
                    + "is rolled back; it needs allow_writes",
                "allow_functions: \"empty.*\": the schema has no function",
            ])
    }

    @Test("What a read could not do either is not recommended to be allowed")
    func changing() async throws {
        let shop = try ShopDatabase.make { $0.allowFunctions = ["pg_catalog.nextval"] }
        let plain = shop.reconfigured { $0.allowFunctions = [] }
        for sql in ["SELECT nextval('counter')", "SELECT lo_unlink(1)", "SELECT pg_notify('a', 'b')"] {
            let refusal = await #expect(throws: QueryFailure.self) { try await plain.query(QueryRequest(sql: sql)) }
            let text = try #require(refusal).description
            #expect(text.contains("allow_writes: true") && !text.contains("allow_functions: ["), "\(text)")
        }
        let failure = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(QueryRequest(sql: "SELECT nextval('counter')"))
        }
        #expect(try #require(failure).description.contains("whatever allow_functions lets through"))
    }

    @Test(
        "A refusal says what helps, and nothing else",
        arguments: [
            ("SELECT 'a", "No setting allows a text", "allow_writes"),
            ("SELECT (1", "No setting allows a text", "allow_writes"),
            ("SELEC 1", "mend it at the place shown", "No setting"),
            ("DELETE FROM t", "Writes need allow_writes", "No setting"),
            ("SELECT 1; SELECT 2", "one at a time", "No setting"), ("BEGIN", "No setting allows it", "allow_writes"),
            ("SET work_mem = 1", "No setting allows it", "allow_writes"),
        ])
    func remedies(_ sql: String, says: String, notSaying: String) async throws {
        let shop = try ShopDatabase.make()
        let refusal = await #expect(throws: QueryFailure.self) { try await shop.database.query(QueryRequest(sql: sql)) }
        let text = try #require(refusal).description
        #expect(text.contains(says) && !text.contains(notSaying), "\(text)")
        #expect(text.contains("(line 1, column "))
    }

    @Test("The place of a column that would be a function is its own, not that of the table before it")
    func attributePlace() async throws {
        let shop = try ShopDatabase.make()
        try shop.psql(
            "CREATE TABLE things (id int); CREATE FUNCTION total(things) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'"
        )
        let refusal = await #expect(throws: QueryFailure.self) {
            try await shop.database.query(QueryRequest(sql: "SELECT t.id,\n  t.total FROM things t"))
        }
        #expect(try #require(refusal).description.contains("(line 2, column 5)"))
    }
}
