"""Seeded mutations of statements: the small changes by which a write comes to look like a read, and the other way."""

import re

TOKEN = re.compile(
    r"""
      --[^\r\n]*                                  # line comment
    | /\*.*?\*/                                   # block comment, not nested
    | \$(?:[A-Za-z_\x80-\U0010ffff]\w*)?\$        # the sign of a dollar quote
    | [eEnNbBxX]?'(?:[^']|'')*'                   # string
    | (?:[uU]&)?"(?:[^"]|"")*"                    # quoted name
    | [A-Za-z_\x80-\U0010ffff][\w$]*              # word
    | \d+(?:\.\d+)?(?:[eE][+-]?\d+)?              # number
    | ::|:=|=>|<=|>=|<>|!=
    | \s+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)

TAILS = [
    " FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR KEY SHARE", " FOR READ ONLY", " for update of t nowait",
    " FOR UPDATE SKIP LOCKED", "\rFOR\rUPDATE", " FOR/**/UPDATE", " INTO x", " LIMIT 1", " ; DELETE FROM t", ";",
    " UNION SELECT 1 INTO x", " UNION ALL SELECT 1", " -- ", " /*", " */", " '", " $$", " AS into", " AS \"for\"",
    " FETCH FIRST 1 ROW ONLY FOR UPDATE", ") ", " (", " WINDOW w AS (PARTITION BY a)", " for ordinality", " into",
]
HEADS = [
    "WITH x AS (DELETE FROM t RETURNING *) ", "WITH x AS (SELECT 1) ", "WITH x AS MATERIALIZED (UPDATE t SET a = 1) ",
    "WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a FROM x) SEARCH DEPTH FIRST BY a SET o ",
    "WITH x AS (WITH y AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 1) ", "WITH recursive AS (SELECT 1) ",
    "WITH x AS (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE) ", "WITH x AS NOT MATERIALIZED (TABLE t) ",
    "WITH x AS (SELECT 1) CYCLE a SET b USING c, y AS (DELETE FROM t) ", "WITH update AS (SELECT 1) ", "SELECT 1;",
    "EXPLAIN ", "EXPLAIN ANALYZE ", "EXPLAIN ANALYSE VERBOSE ", "EXPLAIN (ANALYZE off) ", "EXPLAIN (ANALYZE off, analyze) ",
    "EXPLAIN (analyze, ANALYZE false) ", "EXPLAIN (COSTS off, FORMAT json) ", "EXPLAIN (ANALYZE 'on') ",
    "EXPLAIN (analyze 1, buffers) ", "EXPLAIN VERBOSE ", "EXPLAIN (\"analyze\") ", "EXPLAIN (U&\"\\0061nalyze\" 'off') ",
    "EXPLAIN (ANALYZE 0) ", "EXPLAIN (ANALYZE \"TRUE\") ",
    "-- \r", "/* /* */ */", "-- SELECT 1\n", "/* SELECT 1 */ ", "BEGIN;", "SELECT * FROM (", "(", "((", "INSERT INTO t ",
    "CREATE TABLE x AS ", "CREATE VIEW v AS ", "DECLARE c CURSOR FOR ", "PREPARE p AS ", "COPY (", "TABLE x UNION ",
    "VALUES (1) UNION ALL ", "SELECT 1 AS as ", "SELECT substring('a' FOR 1) UNION ", "SELECT 1 AS ",
]
INSIDE = [
    " INTO ", " FOR ", " UPDATE ", " DELETE ", " SHARE ", " AS ", " into ", "/**/", "--\r", "--\n", "\r", "\f", ".", ",",
    ";", "(", ")", "[", "]", " SELECT ", " FROM ", " UNION ", " WITH ", " RETURNING * ", " x ", " 1 ", "::", "$1", "$$",
    "'", "\"", " AS into ", " AS \"into\" ", ".into ", " INTO TEMP t2 ", " FOR UPDATE ", " NAME ", " BEGIN ATOMIC ", " END ",
    "e'\\''", "U&'\\0041' UESCAPE '!'", "$x$;$x$", "/*/**/*/", " 1_000 ", "0x1F ", " INSERT ", " MERGE ", " LATERAL ",
    " IS DISTINCT FROM ", " substring(", " overlay(", " COLLATION FOR ", " WINDOW ", " ORDER BY ", " LIMIT ALL ",
]
WRITES = ["DELETE FROM t", "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "SELECT 1 INTO x", "SELECT 1 FROM t FOR UPDATE"]


def tokens(text):
    return TOKEN.findall(text)


def mutate(text, other, random):
    for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
        text = ONE[random.randrange(len(ONE))](text, other, random)
    return text.replace("\0", "")[:20000]


def head(text, other, random):
    return random.choice(HEADS) + text


def tail(text, other, random):
    return text + random.choice(TAILS)


def inside(text, other, random):
    parts = tokens(text)
    at = random.randrange(len(parts) + 1)
    return "".join(parts[:at]) + random.choice(INSIDE) + "".join(parts[at:])


def delete(text, other, random):
    parts = tokens(text)
    if len(parts) > 1:
        del parts[random.randrange(len(parts))]
    return "".join(parts)


def duplicate(text, other, random):
    parts = tokens(text)
    at = random.randrange(len(parts) or 1)
    return "".join(parts[: at + 1] + [" "] + parts[at:])


def swap(text, other, random):
    parts = tokens(text)
    if len(parts) > 1:
        a, b = random.randrange(len(parts)), random.randrange(len(parts))
        parts[a], parts[b] = parts[b], parts[a]
    return "".join(parts)


def space(text, other, random):
    """Another kind of white space or a comment for every space."""
    new = random.choice(["\r", "\n", "\t", "\f", "/**/", " -- x\n", " -- x\r", "/* ' */", "/*\"*/", "/* $$ */"])
    return "".join(new if part.isspace() else part for part in tokens(text))


def case(text, other, random):
    return "".join(part.swapcase() if part[:1].isalpha() and "'" not in part and '"' not in part else part for part in tokens(text))


def quote(text, other, random):
    """A word becomes a quoted name."""
    parts = tokens(text)
    words = [i for i, part in enumerate(parts) if part[:1].isalpha() and "'" not in part and '"' not in part]
    if words:
        at = random.choice(words)
        parts[at] = random.choice(['"%s"', 'U&"%s"', '"%s" ', ' AS "%s"']) % parts[at]
    return "".join(parts)


def word(text, other, random):
    """A word of one statement at the place of a word of another."""
    parts, theirs = tokens(text), [part for part in tokens(other) if part.strip()]
    words = [i for i, part in enumerate(parts) if part.strip()]
    if words and theirs:
        parts[random.choice(words)] = random.choice(theirs)
    return "".join(parts)


def label(text, other, random):
    """A name becomes a word that matters elsewhere."""
    parts = tokens(text)
    words = [i for i, part in enumerate(parts) if part[:1].isalpha() and part.islower() and "'" not in part]
    if words:
        parts[random.choice(words)] = random.choice(
            ["into", "update", "delete", "insert", "merge", "share", "lock", "for", "as", "with", "select", "key", "no",
             "read", "set", "search", "cycle", "values", "table", "from", "recursive", "materialized", "analyze", "end"])
    return "".join(parts)


def splice(text, other, random):
    """The beginning of one statement and the end of another."""
    mine, theirs = tokens(text), tokens(other)
    return "".join(mine[: random.randrange(len(mine) + 1)] + [" "] + theirs[random.randrange(len(theirs) + 1):])


def concatenate(text, other, random):
    return text + random.choice([";", " ; ", ";\r", "; -- \r", " UNION ", " UNION ALL ", " EXCEPT ", "\n"]) + other


def wrap(text, other, random):
    return random.choice(
        ["(%s)", "((%s))", "SELECT (%s)", "SELECT * FROM (%s) AS x", "SELECT EXISTS (%s)", "SELECT ARRAY(%s)",
         "WITH x AS (%s) SELECT 1", "WITH x AS (%s) SELECT * FROM x", "SELECT 1 WHERE a IN (%s)", "(%s) UNION (SELECT 1)",
         "SELECT 1 FROM t JOIN LATERAL (%s) y ON true", "SELECT f(ARRAY(%s))", "VALUES ((%s))", "SELECT 1 ORDER BY (%s)",
         "SELECT CASE WHEN EXISTS (%s) THEN 1 END", "SELECT substring('a' FOR (%s))", "SELECT 1 LIMIT (%s)",
         "WITH a AS (WITH b AS (%s) SELECT 1) SELECT 1", "SELECT $x$ %s $x$", "SELECT 1 /* %s */", "SELECT '%s'"]
    ).replace("%s", text)


def bury(text, other, random):
    """A write put where a bracket begins."""
    places = [m.end() for m in re.finditer(r"\(", text)]
    if not places:
        return text
    at = random.choice(places)
    return text[:at] + random.choice(WRITES) + random.choice(["", " ", ") ", " UNION ", ", "]) + text[at:]


ONE = [head, tail, inside, delete, duplicate, swap, space, case, quote, word, label, splice, concatenate, wrap, bury, inside, head, tail, label]
