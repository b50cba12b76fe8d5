"""What PostgreSQL's own grammar says of a text: whether it is a pure read.

A pure read is exactly one statement that is: a SelectStmt with no INTO and no locking clause anywhere, and no
data-modifying WITH item at any depth; SHOW; EXPLAIN without ANALYZE; EXPLAIN ANALYZE of a pure read.
"""

import json

import pglast
from pglast import parser

# The options of EXPLAIN of versions 14 to 18 and of the extensions in contrib. The grammar takes any name, the server
# refuses others when it runs the statement, and so may the classifier.
KNOWN_OPTIONS = {
    "analyze", "verbose", "costs", "settings", "generic_plan", "buffers", "serialize", "wal", "timing", "summary",
    "memory", "format", "debug", "range_table",
}
ROW_CHANGES = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}


def parse(text):
    """The statements of a text, or None when the grammar rejects it."""
    try:
        # parse_sql_json goes through libpg_query's own JSON output: no Python objects, so deep trees stay cheap.
        return json.loads(parser.parse_sql_json(text)).get("stmts", [])
    except (parser.ParseError, UnicodeError, RecursionError, ValueError):
        return None


def is_pure_read(statements):
    if len(statements) != 1:
        return False
    return pure(statements[0].get("stmt", {}))


def pure(node):
    (kind, body), = node.items() if len(node) == 1 else (("", {}),)
    if kind == "SelectStmt":
        return not taints(body)
    if kind == "VariableShowStmt":
        return True
    if kind == "ExplainStmt":
        runs = executes(body.get("options", []))
        if runs is None:
            return None  # an option value that the server refuses: either verdict will do
        return pure(body["query"]) if runs else True
    return False


def executes(options):
    """Whether EXPLAIN runs the statement: the last ANALYZE wins. None when its value is not a boolean."""
    runs = False
    for option in options:
        element = option["DefElem"]
        if element.get("defname") not in KNOWN_OPTIONS:
            return None
        if element.get("defname") != "analyze":
            continue
        argument = element.get("arg")
        if argument is None:
            runs = True
            continue
        (kind, value), = argument.items()
        if kind == "Integer" and value.get("ival", 0) in (0, 1):
            runs = value.get("ival", 0) == 1
        elif kind == "String" and value.get("sval", "").lower() in ("true", "on", "false", "off"):
            runs = value["sval"].lower() in ("true", "on")
        elif kind == "Boolean":
            runs = bool(value.get("boolval"))
        else:
            return None
    return runs


def taints(root):
    """Whether a query holds INTO, a row lock or a statement that changes rows, at any depth."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ROW_CHANGES or key == "intoClause" or (key == "lockingClause" and value):
                    return True
                pending.append(value)
        elif isinstance(node, list):
            pending.extend(node)
    return False


def mentions(statements):
    """The names of functions that are called and of relations that are named, as the raw parse tree has them."""
    functions, relations, types = set(), set(), set()
    pending = [statements]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "FuncCall":
                    functions.add(tuple(part["String"]["sval"] for part in value["funcname"]))
                elif key == "RangeVar" and "relname" in value:
                    relations.add(value["relname"])
                elif key == "typeName" and isinstance(value, dict) and "names" in value:
                    types.add(value["names"][-1]["String"]["sval"])
                if key != "lockedRels":  # names of the FROM list once more
                    pending.append(value)
        elif isinstance(node, list):
            pending.extend(node)
    return functions, relations, types


def version():
    major, _ = parser.get_postgresql_version()
    return f"pglast {pglast.__version__}, grammar of PostgreSQL {major}"
