import TestSupport

/// What is put into a read: something that is refused wherever it stands, and a harmless twin of the same shape.
enum Element: Sendable {
    /// An expression of type `int`.
    case scalar(forbidden: String, harmless: String)
    /// A query with one column `v int`.
    case query(forbidden: String, harmless: String)

    static let all: [Element] =
        [
            ("nextval('counter')::int", "length('counter')::int"),
            ("\"nextval\" ('counter')::int", "\"length\" ('counter')::int"),
            ("U&\"nextv\\0061l\"('counter')::int", "U&\"l\\0065ngth\"('counter')::int"),
            ("U&\"nextv!0061l\" UESCAPE '!' ('counter')::int", "U&\"l!0065ngth\" UESCAPE '!' ('counter')::int"),
            ("pg_catalog . /* ) */ \"nextval\"('counter')::int", "pg_catalog . /* ) */ \"length\"('counter')::int"),
            ("pg_catalog.-- (\nNEXTVAL ('counter')::int", "pg_catalog.-- (\nLENGTH ('counter')::int"),
            ("('counter'::regclass).nextval::int", "('counter'::text).length::int"),
            ("setval('counter', 7)::int", "mod(19, 7)::int"), ("lo_unlink(4711)", "abs(4711)"),
            ("lo_close(1)", "abs(1)"), ("app.wipe()", "app.calm()"), ("length(audit('x'))", "length(calm('x'))"),
            ("length(('x'::text).audit)", "length(('x'::text).calm)"),
            ("length(pg_read_file('/etc/hostname'))", "length(upper('/etc/hostname'))"),
            ("length(set_config('a.b', 'c', false))", "length(concat('a.b', 'c', false))"),
            ("pg_try_advisory_lock(1)::int", "pg_is_in_recovery()::int"),
            ("length(query_to_xml('SELECT 1', true, true, '')::text)", "length(to_json('SELECT 1'::text)::text)"),
            ("(SELECT length(rolpassword) FROM pg_authid LIMIT 1)", "(SELECT length(rolname) FROM pg_roles LIMIT 1)"),
            ("length(current_setting('primary_conninfo'))", "length(current_setting('server_version'))"),
            ("(SELECT id FROM tiny LIMIT 1 FOR UPDATE)", "(SELECT id FROM tiny LIMIT 1 FOR READ ONLY)"),
        ].map { .scalar(forbidden: $0.0, harmless: $0.1) }
        + [
            ("SELECT id AS v FROM tiny FOR UPDATE", "SELECT id AS v FROM tiny FOR READ ONLY"),
            ("SELECT id AS v FROM tiny FOR/**/NO KEY UPDATE SKIP LOCKED", "SELECT id AS v FROM tiny /* FOR UPDATE */"),
            ("SELECT id AS v FROM tiny t FOR SHARE OF t", "SELECT id AS v FROM tiny share"),
            ("SELECT id AS v INTO intruder FROM tiny", "SELECT id AS v FROM tiny into_"),
            ("SELECT id AS v INTO TEMP intruder FROM tiny", "SELECT id AS v FROM tiny temp"),
            (
                "WITH w AS (DELETE FROM tiny RETURNING id) SELECT id AS v FROM w",
                "WITH w AS (SELECT id FROM tiny delete) SELECT id AS v FROM w"
            ),
            (
                "WITH w(v) AS (INSERT INTO tiny VALUES (9) RETURNING id) TABLE w",
                "WITH insert(v) AS (VALUES (9)) TABLE insert"
            ),
            (
                "WITH w AS MATERIALIZED (UPDATE tiny SET id = id RETURNING id) SELECT id AS v FROM w",
                "WITH w AS MATERIALIZED (SELECT id FROM tiny AS update) SELECT id AS v FROM w"
            ),
            ("SELECT g AS v FROM app.wipe() g", "SELECT g AS v FROM app.calm() g"),
            (
                "SELECT g::int AS v FROM ROWS FROM (nextval('counter')) r(g)",
                "SELECT g AS v FROM ROWS FROM (length('counter')) r(g)"
            ),
            ("SELECT 1 AS v FROM pg_ls_dir('/') LIMIT 1", "SELECT 1 AS v FROM pg_class LIMIT 1"),
            ("SELECT 1 AS v FROM pg_shadow", "SELECT 1 AS v FROM pg_user"),
        ].map { .query(forbidden: $0.0, harmless: $0.1) }
}

/// Builds a read around an element, the same twice: with the forbidden one and with its twin.
struct RandomRead {
    let forbidden: String
    let harmless: String

    init(seed: UInt64) {
        var numbers = SeededNumbers(seed)
        var pair: (String, String)
        var isQuery: Bool
        switch Element.all.randomElement(using: &numbers) {
        case .scalar(let forbidden, let harmless): (pair, isQuery) = ((forbidden, harmless), false)
        case .query(let forbidden, let harmless): (pair, isQuery) = ((forbidden, harmless), true)
        case nil: (pair, isQuery) = (("", ""), true)
        }
        let depth = Int.random(in: 1...7, using: &numbers)
        for level in 0..<depth {
            let frames =
                isQuery
                ? (Self.queryAroundQuery + Self.scalarAroundQuery) : (Self.queryAroundScalar + Self.scalarAroundScalar)
            guard let frame = frames.randomElement(using: &numbers) else { break }
            isQuery = Self.areQueries.contains(frame)
            // A name of its own for each level, so that none hides another.
            let number = String(level)
            let noise = Self.noise.randomElement(using: &numbers) ?? " "
            pair = (Self.fill(frame, pair.0, number, noise), Self.fill(frame, pair.1, number, noise))
        }
        if !isQuery { pair = ("SELECT \(pair.0) AS v", "SELECT \(pair.1) AS v") }
        (forbidden, harmless) = pair
    }

    private static func fill(_ frame: String, _ content: String, _ number: String, _ noise: String) -> String {
        var result = ""
        for character in frame {
            switch character {
            case "%": result += content
            case "#": result += number
            case "~": result += noise
            default: result.append(character)
            }
        }
        return result
    }

    private static let areQueries = Set(queryAroundQuery + queryAroundScalar)

    private static let noise = [
        " ", "\n", "\t", " /* ; */ ", " /* /* ) */ ( */ ", " -- ' \n", " -- $$\r", "\r\n", " /*\"*/ ", "\u{C}",
    ]

    /// In the frames `%` is the content, `#` a number, `~` some blank.
    private static let queryAroundQuery = [
        "SELECT v FROM (%)~q#", "SELECT v FROM (%) AS q#(v) WHERE true", "WITH c# AS (%)~SELECT v FROM c#",
        "WITH c# AS MATERIALIZED (%) SELECT v FROM c#", "WITH c# AS NOT~MATERIALIZED (%) TABLE c#",
        "WITH a# AS (SELECT 1), c# AS (%), z# AS (TABLE c#) SELECT v FROM z#",
        "SELECT id AS v FROM tiny WHERE id IN (%)", "SELECT id AS v FROM tiny WHERE id >~ALL (%)",
        "SELECT id AS v FROM tiny WHERE EXISTS (%)", "(%)~UNION ALL (SELECT 1)", "(SELECT 1 AS v) INTERSECT (%)",
        "(SELECT id AS v FROM tiny)~EXCEPT ALL (%)", "SELECT x#.v FROM tiny t#, LATERAL (%) x# LIMIT 4",
        "SELECT x#.v FROM tiny t# LEFT JOIN (%) x# ON x#.v = t#.id", "SELECT v FROM tiny JOIN (%) x# ON true LIMIT 4",
        "SELECT v FROM (%) x#~NATURAL JOIN (SELECT 1 AS w#) y#", "SELECT max(v) AS v FROM (%) q# GROUP BY ()",
        "SELECT DISTINCT v FROM (%) q# ORDER BY v LIMIT 3",
        "WITH RECURSIVE r#(v) AS ((%) UNION SELECT 1 FROM r# WHERE r#.v IS NULL) SELECT v FROM r#",
        "(SELECT v FROM (%) q# LIMIT 5)", "((%))", "SELECT v FROM (VALUES (1), (2)) q#(v) WHERE v NOT IN (%)",
    ]
    private static let scalarAroundQuery = [
        "(SELECT max(v) FROM (%) q#)", "(EXISTS (%))::int", "cardinality(ARRAY(%))", "(1 = ANY (%))::int",
        "(SELECT count(*)::int FROM~(%) q#)", "coalesce((SELECT v FROM (%) q# LIMIT 1), 0)",
    ]
    private static let queryAroundScalar = [
        "SELECT~% AS v", "SELECT column1 AS v FROM (VALUES (%)) y#", "SELECT 1 AS v WHERE % IS NOT NULL",
        "SELECT (count(*) FILTER (WHERE % > 0))::int AS v FROM tiny",
        "SELECT (sum(%) OVER (ORDER BY id))::int AS v FROM tiny",
        "SELECT (count(*)~OVER (PARTITION BY %))::int AS v FROM tiny",
        "SELECT (rank() OVER w#)::int AS v FROM tiny WINDOW w# AS (ORDER BY %)", "SELECT 1 AS v ORDER BY~(%)::text",
        "SELECT id AS v FROM tiny LIMIT (%)", "SELECT id AS v FROM tiny OFFSET abs(%)",
        "SELECT DISTINCT ON ((%)::text) id AS v FROM tiny",
        "SELECT (percentile_disc(0.5) WITHIN GROUP (ORDER BY %))::int AS v FROM tiny",
        "SELECT v FROM ROWS FROM (generate_series(1, least(3, %))) r#(v)",
        "SELECT 1 AS v FROM tiny GROUP BY (%)::text, id HAVING max(id) > 0",
        "SELECT 1 AS v FROM tiny HAVING count(*) > %",
        "SELECT x#.a AS v FROM jsonb_to_record(jsonb_build_object('a', %)) x#(a int)",
        "SELECT t#.v FROM tiny, LATERAL (SELECT % AS v) t# LIMIT 3",
        "SELECT a#.id AS v FROM tiny a# JOIN tiny b# ON a#.id = %",
        "SELECT v FROM unnest(ARRAY[1, %]) WITH ORDINALITY AS u#(v, o)",
    ]
    private static let scalarAroundScalar = [
        "(CASE WHEN % > 0 THEN 1 ELSE 2 END)", "(CASE~% WHEN 1 THEN 1 END)", "coalesce(NULL,~%)", "greatest(1, %)",
        "nullif(%, 1)", "abs(%)", "(ARRAY[1, %])[1]", "(ROW(%, 1) = ROW(1, 1))::int", "(% BETWEEN 0 AND 5)::int",
        "(% IS DISTINCT FROM 3)::int", "length(substring('abc' FROM % FOR 1))", "(%)::int4", "CAST(% AS~int)",
        "length(xmlserialize(CONTENT xmlelement(name a, %) AS text))", "(- %)", "(% + 1)", "(NOT % > 1)::int",
        "length(concat(%, 1))", "(% IN (1, 2, 3))::int", "(1 IN (2, %))::int",
        "((ARRAY[1, 2])[least(1, %):2])[1]", "length(overlay('abc' PLACING 'x' FROM abs(%)~+ 1))",
        "extract(day FROM make_interval(days => %))::int",
        "(now() AT TIME ZONE make_interval(mins => least(60, greatest(-60, %))) IS NULL)::int",
        "(SELECT %)", "(VALUES (%))", "(jsonb_build_array(%) ->> 0)::int", "length('é' || (%)::text || $é$)$é$)",
    ]
}
