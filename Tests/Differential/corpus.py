"""Reads PostgreSQL's regression scripts as statements: without psql's own commands and COPY data."""

import pathlib
import re

COPY_FROM_STDIN = re.compile(r"\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;\s*$", re.IGNORECASE | re.DOTALL)
META = re.compile(r"(?m)^\s*\\.*$")
INLINE_META = re.compile(r"\\(?:gset|gexec|gdesc|gx|g|crosstabview|watch|bind|parse)\b[^\n]*")
VARIABLE = re.compile(r":(?:'(\w+)'|\"(\w+)\"|(?<!::)([A-Za-z_]\w*))")


def files(folder):
    return sorted(pathlib.Path(folder).rglob("*.sql"))


def without_copy_data(text):
    """Drops the lines between COPY … FROM STDIN; and \\. , as psql would send them apart."""
    lines, out, pending, inside = text.split("\n"), [], "", False
    for line in lines:
        if inside:
            inside = line.strip() != "\\."
            continue
        out.append(line)
        pending = (pending + "\n" + line)[-2000:]
        if ";" in line:
            if COPY_FROM_STDIN.search(pending):
                inside = True
            pending = ""
    return "\n".join(out)


def statements(path, split):
    """The statements of a script. `split` is pglast's splitter, which follows the scanner."""
    text = path.read_bytes().decode("utf-8", "replace").replace("\0", "")
    text = without_copy_data(text)
    text = INLINE_META.sub(";", text)
    text = META.sub("", text)
    # psql replaces :name, :'name' and :"name"; any value of the right shape will do.
    text = VARIABLE.sub(lambda m: "'v'" if m[1] else '"v"' if m[2] else (m[0] if m[3] is None else "v"), text)
    found = []
    for piece in pieces(text, split):
        piece = piece.strip()
        if piece:
            found.append(piece)
    return found


def pieces(text, split):
    try:
        return [s for s in split(text)]
    except Exception:  # noqa: BLE001 - one bad statement spoils a whole script for the splitter
        return naive(text)


def naive(text):
    """Splits at semicolons outside quotes and brackets, well enough for scripts with errors on purpose."""
    out, start, i, depth, n = [], 0, 0, 0, len(text)
    while i < n:
        c = text[i]
        if c == "'":
            escapes = i > 0 and text[i - 1] in "eE"
            i += 1
            while i < n and text[i] != "'":
                i += 2 if escapes and text[i] == "\\" else 1
        elif c == '"':
            i = text.find('"', i + 1)
            i = n if i < 0 else i
        elif c == "-" and text.startswith("--", i):
            i = text.find("\n", i)
            i = n if i < 0 else i
        elif c == "/" and text.startswith("/*", i):
            i = text.find("*/", i)
            i = n if i < 0 else i + 1
        elif c == "$":
            tag = re.compile(r"\$(?:[A-Za-z_\x80-\uffff][\w]*)?\$").match(text, i)
            if tag:
                end = text.find(tag[0], tag.end())
                i = n if end < 0 else end + len(tag[0]) - 1
        elif c in "([":
            depth += 1
        elif c in ")]":
            depth = max(0, depth - 1)
        elif c == ";" and (depth == 0 or text.startswith("\n", i + 1)):
            out.append(text[start:i])
            start, depth = i + 1, 0
        i += 1
    out.append(text[start:])
    return out
