#!/usr/bin/env bash
# The last part of the tests: no secret that they made is in a log or a list of processes.    scan-secrets.sh FOLDER
# FOLDER/secrets has a secret a line (Tests/TestSupport/Evidence.swift and Tests/EndToEnd/support/evidence.py append to it);
# everything else in FOLDER is looked through, for each secret as it is, in base64, in URLs and in JSON. What is found is named
# by its file and line, not shown.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

patterns() { # SECRETS > PATTERNS
    python3 - "$1" <<'PYTHON'
import base64, json, sys, urllib.parse

found = set()
for line in open(sys.argv[1], encoding="utf-8"):
    secret = line.rstrip("\n")
    # What is shorter stands in logs by chance.
    if len(secret) < 12:
        continue
    raw = secret.encode()
    # In a longer text in base64 it begins at one of three places; the characters at its edges depend on what stands beside it.
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        inner = text[(0, 2, 3)[shift]:len(text) - (1 if (shift + len(raw)) % 3 else 0)]
        found.update({inner, inner.replace("+", "-").replace("/", "_")})
    found.update({
        secret, urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret, safe=""),
        "".join(f"%{byte:02X}" for byte in raw), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"), raw.hex(),
    })
print("\n".join(sorted(found)))
PYTHON
}

look() { # PATTERNS FOLDER: what is found, as FILE:LINE; fails when nothing is
    LC_ALL=C grep -r -a -n -F -f "$1" --exclude=secrets "$2" | cut -d: -f1,2
}

# Whether it would find one: a secret that is known to be there, in each form.
canary='canary"secret/with+signs=and~blanks 0123456789'
printf '%s\n' "$canary" >"$work/secrets"
patterns "$work/secrets" >"$work/patterns"
mkdir "$work/canary"
CANARY=$canary python3 - "$work/canary" <<'PYTHON'
import base64, json, os, sys, urllib.parse
secret = os.environ["CANARY"]
forms = [secret, json.dumps({"a": secret}), urllib.parse.quote(secret), urllib.parse.quote_plus(secret), secret.encode().hex()]
forms += [base64.b64encode(("x" * shift + secret + "yz").encode()).decode() for shift in range(3)]
forms += [base64.urlsafe_b64encode((f"user:{secret}").encode()).decode()]
for number, form in enumerate(forms):
    with open(f"{sys.argv[1]}/{number}", "w") as file:
        file.write(f"a line\nbefore {form} after\n")
PYTHON
missed=$(comm -23 <(ls "$work/canary" | sort) <(look "$work/patterns" "$work/canary" | cut -d: -f1 | xargs -n1 basename | sort -u))
[ -z "$missed" ] || die "the scan misses form $missed of a secret that is there"

[ -s "$folder/secrets" ] || die "the tests named no secret"
sort -u "$folder/secrets" >"$work/secrets"
patterns "$work/secrets" >"$work/patterns"
files=$(find "$folder" -type f ! -name secrets | wc -l)
[ "$files" -gt 0 ] || die "the tests left no log"
if found=$(look "$work/patterns" "$folder"); then
    printf '%s\n' "$found" | head -50 >&2
    die "a secret of the tests is in a log or a list of processes: see above"
fi
say "$(wc -l <"$work/secrets") secrets, $files logs and processes of $(du -sk "$folder" | cut -f1) KiB: none is found"
