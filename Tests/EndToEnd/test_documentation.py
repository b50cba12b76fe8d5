"""The commands, configurations and links of README and guides: each is run, loaded or followed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml
from support import evidence
from support.agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT
from support.approvals import make_secret
from support.database import ROOT, PrivatePostgres
from support.documents import Block, blocks, documents
from support.scripted_model import ScriptedModel, call, text
from support.wire import Wire, text_of


def commands(block: Block) -> list[str]:
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


# Those of the pages for operators are for a machine of their own: test_operations.py looks at them.
ALL_COMMANDS = [
    (block, command) for block in blocks("sh", "console") if not block.file.startswith("Documentation/Operations/")
    for command in commands(block)
]


@pytest.fixture
def home(tmp_path: Path, postgres: PrivatePostgres) -> Path:
    """A home folder as the guides leave it: the programs in PATH, agentd.yaml and its password file in place."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "agentd").symlink_to(AGENTD)
    (programs / "agentctl").symlink_to(AGENTCTL)
    folder = tmp_path / ".config" / "postgres-agent"
    folder.mkdir(parents=True)
    source = next(block for block in blocks("yaml") if block.file == "README.md")
    text = source.text.replace("host: localhost", "host: 127.0.0.1").replace("port: 5432", f"port: {postgres.port}")
    (folder / "agentd.yaml").write_text(text)
    (folder / "shop.password").write_text(postgres.password_file.read_text())
    (tmp_path / "postgres.password").write_text(postgres.superuser_password + "\n")
    for path in [*folder.iterdir(), tmp_path / "postgres.password"]:
        path.chmod(0o600)
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    return {
        **CLEAN_ENVIRONMENT, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"),
        "PATH": f"{home / 'bin'}:{CLEAN_ENVIRONMENT['PATH']}",
    }


def test_the_readme_has_the_two_commands() -> None:
    readme = [command for block, command in ALL_COMMANDS if block.file == "README.md"]
    assert readme[:2] == ["make demo", "make test"]


@pytest.mark.parametrize(("block", "command"), ALL_COMMANDS, ids=lambda value: str(value))
def test_each_command(block: Block, command: str, home: Path, postgres: PrivatePostgres) -> None:
    words = shlex.split(command, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    if not words:
        return  # variables alone, for the reader's own shell
    if words[0] == "make":
        # Run by CI itself, or too long for a test: it must exist.
        assert subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True).returncode == 0
    elif words[:2] == ["swift", "run"]:
        # Builds first, and serves until it is stopped; the product must exist.
        assert f'name: "{words[2]}"' in (ROOT / "Package.swift").read_text()
    elif words[0] == "sudo":
        # Installs what `make release` builds; the names must be the products'.
        assert words[1] == "install"
        if "-t" in words:
            folder = Path(AGENTD).resolve().parent / Path(*Path(words[-1]).parts[-3:-1])
            assert words[words.index("-t") + 1] == "/usr/local/share/postgres-agent/web" and (folder / "index.html").is_file()
        else:
            assert [Path(word).name for word in words[2:-1]] == ["agentd", "agentctl"]
    elif words[0] == "claude":
        # Not installed here; what it is told to start must work (see below).
        if "--" in words:
            assert words[words.index("--") + 1] == "/usr/local/bin/agentd"
    elif words[0] == "agentd" and "--http" in words:
        # Serves until it is stopped; with the certificate that the README makes it is a configuration that can be served.
        make = next(command for block, command in ALL_COMMANDS if block.file == "README.md" and command.startswith("openssl"))
        subprocess.run(["bash", "-c", make], cwd=home, check=True, capture_output=True)
        result = subprocess.run(
            [*words, "--check-config"], cwd=home, env=environment(home), capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result
    elif words[0] == "curl":
        assert words[-1].startswith("https://localhost:8443/"), words
    elif words[:2] == ["agentctl", "chat"]:
        asks_a_model(block, words, home, postgres)
    elif words[0].startswith("scripts/"):
        assert os.access(ROOT / words[0], os.X_OK)
    else:
        if "--run" in words:
            command = shlex.join([*words, "--yes"])  # nobody is here to be asked
        result = evidence.program(subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], cwd=home, env=environment(home), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60,
        ))
        if "--run" in words:
            postgres.sql("DROP OWNED BY agent_reader; DROP ROLE agent_reader")
        # `classify` says "not a read" of the guides' example, and `db privileges` that the role could do more than read.
        finds = "classify" in words or words[1:3] == ["db", "privileges"]
        assert result.returncode == 0 or finds and result.returncode == 1, (command, result.stdout, result.stderr)


def asks_a_model(block: Block, words: list[str], home: Path, postgres: PrivatePostgres) -> None:
    """The configuration with a model of the same page, whose service is one of the test's."""
    source = next(each for each in blocks("yaml") if each.file == block.file and "llm:" in each.text)
    with ScriptedModel([call("query_database", query="SELECT count(*) FROM orders"), text("There are 1500.")]) as model:
        folder = home / ".config" / "postgres-agent"
        [name] = re.findall(r"api_key_file: (\S+)", source.text)
        configured = source.text.replace("host: localhost", f"host: 127.0.0.1, port: {postgres.port}")
        (folder / "agentd.yaml").write_text(configured.replace("llm:\n", f"llm:\n  base_url: {model.url}\n"))
        (folder / name).write_text(model.key)
        (folder / name).chmod(0o600)
        result = evidence.program(subprocess.run(
            words, cwd=home, env=environment(home), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60))
        assert result.returncode == 0 and "There are 1500." in result.stdout, result
        assert words[-1] in str(model.requests[0]) and not model.steps


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_each_configuration_loads(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "agentd.yaml"
    path.write_text(block.text)
    path.chmod(0o600)
    for key in re.findall(r"\b\w+_file: *([\w./-]+)", block.text):
        if not key.startswith("/"):
            (tmp_path / key).write_text("secret\n")
            (tmp_path / key).chmod(0o600)
    for name in re.findall(r"\b(?:cert|key)_file: *(/[\w./-]+)", block.text):
        # A certificate is looked at: the one that the README makes stands for it.
        path.write_text(path.read_text().replace(name, str(tmp_path / ("server.crt" if "cert_file: " + name in block.text else "server.key"))))
        make = next(command for block, command in ALL_COMMANDS if block.file == "README.md" and command.startswith("openssl"))
        subprocess.run(["bash", "-c", make], cwd=tmp_path, check=True, capture_output=True)
    for folder in re.findall(r"\bdirectory: *([\w.-]+)", block.text):
        (tmp_path / folder).mkdir(mode=0o700)
    for key in re.findall(r"^secret_file: *([\w./-]+)", block.text, re.MULTILINE):
        make_secret(tmp_path / key)
    result = evidence.program(subprocess.run(
        [AGENTCTL, "config", "check", str(path)], env=CLEAN_ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60,
    ))
    assert result.returncode == 0, f"{block}\n{result.stdout}{result.stderr}"


def client_entries() -> list[tuple[str, dict[str, Any]]]:
    """Each server entry in a client configuration that a guide shows."""
    found = []
    for block in blocks("json", "toml"):
        document = json.loads(block.text) if block.language == "json" else tomli.loads(block.text)
        for key in ("mcpServers", "servers", "mcp_servers"):
            for name, entry in document.get(key, {}).items():
                found.append((f"{block} {key}.{name}", {"key": key, **entry}))
    return found


def started_entries() -> list[tuple[str, dict[str, Any]]]:
    """Those of programs that the client starts."""
    return [(name, entry) for name, entry in client_entries() if "url" not in entry]


def remote_entries() -> list[tuple[str, dict[str, Any]]]:
    """Those of a server of the team."""
    return [(name, entry) for name, entry in client_entries() if "url" in entry]


@pytest.mark.parametrize(("name", "entry"), remote_entries(), ids=[name for name, _ in remote_entries()])
def test_each_remote_client_configuration_holds_an_address_and_no_token(name: str, entry: dict[str, Any]) -> None:
    assert re.fullmatch(r"https://[\w.:-]+/mcp", entry["url"])
    if entry["key"] == "mcp_servers":
        assert re.fullmatch("[A-Z_]+", entry["bearer_token_env_var"])
    else:
        assert re.fullmatch(r"Bearer \$\{[\w:-]+\}", entry["headers"]["Authorization"])
    if entry["key"] == "servers":
        assert entry["type"] == "http"


def test_there_are_examples_for_each_kind_of_client() -> None:
    assert {entry["key"] for _, entry in client_entries()} == {"mcpServers", "servers", "mcp_servers"}


@pytest.mark.parametrize(("name", "entry"), started_entries(), ids=[name for name, _ in started_entries()])
def test_each_client_configuration_runs(name: str, entry: dict[str, Any], home: Path, postgres: PrivatePostgres) -> None:
    assert Path(entry["command"]).is_absolute() and Path(entry["command"]).name == "agentd"
    if entry["key"] == "servers":
        assert entry["type"] == "stdio"
    arguments = list(entry["args"])
    environment_of_entry = dict(entry.get("env", {}))
    if "--config" in arguments:
        place = arguments.index("--config") + 1
        assert arguments[place].endswith("/.config/postgres-agent/agentd.yaml")
        arguments[place] = str(home / ".config" / "postgres-agent" / "agentd.yaml")
    else:
        # No file at all: libpq's variables and ~/.pgpass, at the test's server instead of the guide's.
        empty = home / "elsewhere"
        empty.mkdir()
        (empty / ".pgpass").write_text(f"*:*:*:reader:{postgres.password_file.read_text().strip()}\n")
        (empty / ".pgpass").chmod(0o600)
        environment_of_entry |= {
            "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "HOME": str(empty), "XDG_CONFIG_HOME": str(empty),
            "PGPASSFILE": str(empty / ".pgpass"),
        }
    agent = Wire(None, *arguments, environment=environment_of_entry)
    try:
        assert "1500" in text_of(agent.query("SELECT count(*) FROM orders"))
    finally:
        assert agent.end() == 0


@pytest.mark.parametrize("block", blocks("sql"), ids=str)
def test_each_sql_block_makes_a_role_that_can_read_and_no_more(block: Block, postgres: PrivatePostgres) -> None:
    statements = block.text.replace("reader", "reader_of_the_guide")
    assert postgres.sql(f"BEGIN; {statements} SET ROLE reader_of_the_guide; SELECT count(*) FROM orders; ROLLBACK") == "1500"
    with pytest.raises(RuntimeError, match="permission denied"):
        postgres.sql(f"BEGIN; {statements} SET ROLE reader_of_the_guide; DELETE FROM reviews; ROLLBACK")


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("#"):
            continue
        assert (path.parent / target.split("#")[0]).exists(), f"{path.name}: {target}"


def test_the_tools_reference_names_each_tool_and_prompt(home: Path) -> None:
    from support.agentd import PROMPTS, TOOLS

    text = (ROOT / "Documentation" / "Tools.md").read_text()
    agent = Wire(home / ".config" / "postgres-agent" / "agentd.yaml")
    try:
        tools = agent.request("tools/list")["result"]["tools"]
        prompts = agent.request("prompts/list")["result"]["prompts"]
    finally:
        agent.end()
    assert TOOLS <= {tool["name"] for tool in tools} and PROMPTS <= {prompt["name"] for prompt in prompts}
    for tool in tools:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{tool['name']}`"))
        for argument in tool["inputSchema"].get("properties", {}):
            assert f"`{argument}`" in row, f"{tool['name']}: {argument} is not in the reference"
    for prompt in prompts:
        assert f"| `{prompt['name']}`" in text


def test_the_sample_configuration_is_yaml_that_people_can_copy() -> None:
    for block in blocks("yaml"):
        assert isinstance(yaml.safe_load(block.text), dict), str(block)


def test_the_tests_of_the_protocol_are_where_the_table_says() -> None:
    rows = re.findall(r"^\| (\d+) \|.*?\| (.*) \|$", (ROOT / "Documentation" / "Protocol.md").read_text(), re.MULTILINE)
    assert [int(item) for item, _ in rows] == list(range(1, 39))
    for item, tests in rows:
        named = re.findall(r"(?:^|; )`?(.+?)`? \(\[[^\]]+\]\(\.\./([^)]+)\)\)", tests)
        assert named, item
        for name, file in named:
            source = (ROOT / file).read_text()
            assert f'"{name}"' in source or f"def {name}(" in source, f"{item}: {name} is not in {file}"
