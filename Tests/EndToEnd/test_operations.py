"""The pages for operators: every command in them is one that exists, every anchor leads to a heading.

What they show is for a machine of its own (root, systemd, another folder), so that it is not run here as the guides' commands
are: `agentctl` and `agentd` take it as a call that they understand, and the shell takes the rest as its language.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support import evidence
from support.agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT
from support.database import ROOT
from support.documents import Block, blocks, documents

OPERATIONS = "Documentation/Operations/"


CONFIGURATION = """databases:
  - { name: shop, host: 127.0.0.1, port: 1 }
state: { directory: state }
audit: { file: audit.jsonl }
secret_file: secret.key
"""


def commands() -> list[tuple[Block, str]]:
    found = []
    for block in blocks("sh"):
        if block.file.startswith(OPERATIONS):
            lines = block.text.replace("\\\n", " ").splitlines()
            found += [(block, line.strip()) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return found


def test_there_are_pages_for_operators() -> None:
    names = {Path(block.file).name for block, _ in commands()}
    assert {"Deployment.md", "Hardening.md", "Backup.md", "IncidentResponse.md", "Rotation.md"} <= names


@pytest.mark.parametrize(("block", "command"), commands(), ids=lambda value: str(value))
def test_each_command_is_understood(block: Block, command: str, tmp_path: Path) -> None:
    assert subprocess.run(["bash", "-n", "-c", command], capture_output=True).returncode == 0
    words = shlex.split(command, comments=True)
    if words[0] == "sudo":
        words.pop(0)
        if words[0] == "-u":
            words = words[2:]
    programs = {"agentctl": AGENTCTL, "agentd": AGENTD}
    if words[0] not in programs:
        return
    if "<" in words:
        words = words[: words.index("<")]
    folder = tmp_path / "postgres-agent"
    folder.mkdir(mode=0o700)
    (folder / "agentd.yaml").write_text(CONFIGURATION)
    (folder / "agentd.yaml").chmod(0o600)
    # Nothing of this machine is touched: what is named in /etc, /var and /root does not exist in the folder of the test.
    arguments = [re.sub(r"^/(?=etc|var|root)", f"{tmp_path}/", word) for word in words[1:]]
    result = evidence.program(subprocess.run(
        [programs[words[0]], *arguments], cwd=tmp_path, input="pga_no_token\n", capture_output=True, text=True,
        timeout=60, env={**CLEAN_ENVIRONMENT, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PGHOST": "127.0.0.1", "PGPORT": "1"},
    ))
    # Without the files of an installation most of them fail, and nobody is here to be asked; none is a wrong call.
    said = result.stdout + result.stderr
    assert not re.search("unknown option|unexpected argument|missing expected", said, re.IGNORECASE), said
    nobody = "terminal" in said or "nobody is there to answer" in said
    assert result.returncode != 2 or "Usage:" not in said or nobody, said


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^(`{3,}).*?^\1\s*$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ +(.+?)\s*$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_anchors_lead_to_headings(path: Path) -> None:
    text = re.sub(r"^(`{3,}).*?^\1\s*$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        page, hash_, anchor = target.partition("#")
        if not hash_ or "://" in target:
            continue
        file = path.parent / page if page else path
        if file.suffix == ".md":
            assert anchor in anchors(file), f"{path.name}: {target}"
