"""`agentctl chat` on a terminal of its own, and what its tests share."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from . import approvals, evidence
from .agentd import AGENTCTL, CLEAN_ENVIRONMENT, write_configuration
from .database import PrivatePostgres
from .scripted_model import KEY, ScriptedModel

TABLE = "chat_terminal"
ASK = "Execute this query? [y/N]: "
# What the program itself sends: styles, cursor, erasing, pastes.
OWN = re.compile(rb"\x1b\[[0-9;]*[mABCKJH]|\x1b\[\?2004[hl]|[\r\n]")


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, *arguments: str, columns: int = 80, rows: int = 30, **environment: str) -> None:
        self.seen = bytearray()
        variables = {**CLEAN_ENVIRONMENT, "TERM": "xterm-256color", **environment}
        for name in [name for name, value in variables.items() if value == ""]:
            del variables[name]
        if "NO_COLOR" not in environment:
            variables.pop("NO_COLOR", None)
        self.child = pexpect.spawn(
            AGENTCTL, ["chat", *arguments], env=variables, dimensions=(rows, columns), timeout=30, encoding=None)
        self.child.delaybeforesend = None
        self.child.logfile_read = self

    def write(self, data: bytes) -> None:
        self.seen += data

    def flush(self) -> None:
        pass

    def wait(self, words: str) -> None:
        """Waits for words, wherever lines of the terminal end within them."""
        pattern = rb"(?:\s|\x1b\[[0-9;]*[A-Za-z])+".join(re.escape(word.encode()) for word in words.split())
        self.child.expect(pattern)

    def type(self, keys: str) -> None:
        self.child.send(keys.encode())

    def prompt(self, name: str = "shop") -> None:
        self.child.expect(re.escape(name.encode()) + rb"(?:\x1b\[[0-9;]*m|> )*> |" + re.escape(f"{name}> ".encode()))
        # The cursor is put behind the prompt.
        time.sleep(0.05)

    def end(self) -> int:
        self.child.expect(pexpect.EOF)
        self.child.wait()
        return self.child.exitstatus if self.child.exitstatus is not None else 128 + (self.child.signalstatus or 0)

    @property
    def text(self) -> str:
        return OWN.sub(b"\n", bytes(self.seen)).decode()


Start = Callable[..., Terminal]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Terminal] = []

    def begin(*arguments: str, **more: object) -> Terminal:
        started.append(Terminal(*arguments, **more))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for one in started:
        one.child.close(force=True)
        evidence.log("terminal", bytes(one.seen))


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel([]) as model:
        yield model


@pytest.fixture
def configuration(tmp_path: Path, postgres: PrivatePostgres, model: ScriptedModel) -> Path:
    key = tmp_path / "llm.key"
    key.write_text(KEY)
    key.chmod(0o600)
    approvals.prepare(postgres, TABLE)
    llm = f"llm: {{ provider: anthropic, model: scripted, base_url: {model.url}, api_key_file: {key} }}\n"
    return write_configuration(
        tmp_path, postgres, user="writer", settings="allow_writes: true",
        extra=f"state: {{ directory: {tmp_path}/state }}\n{llm}")


@pytest.fixture
def reading(tmp_path: Path, postgres: PrivatePostgres) -> Path:
    """A configuration without a model and without writes."""
    folder = tmp_path / "reading"
    folder.mkdir()
    return write_configuration(folder, postgres)


@pytest.fixture
def writing(tmp_path: Path, postgres: PrivatePostgres) -> Path:
    """A configuration without a model, with writes."""
    approvals.prepare(postgres, TABLE)
    folder = tmp_path / "writing"
    folder.mkdir()
    return write_configuration(folder, postgres, user="writer", settings="allow_writes: true")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)}


def once(configuration: Path, *arguments: str, stdin: str | None = "") -> subprocess.CompletedProcess[str]:
    return evidence.program(subprocess.run(
        [AGENTCTL, "chat", "--config", str(configuration), *arguments], input=stdin, env=CLEAN_ENVIRONMENT,
        capture_output=True, text=True, timeout=60))
