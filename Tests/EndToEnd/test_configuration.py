"""What agentd says of a bad configuration before it serves, and with which exit code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support import evidence
from support.agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT, write_configuration
from support.database import PrivatePostgres

USAGE, REFUSED = 2, 78
PASSWORD = evidence.secret("swordfish-in-a-file")
GOOD = "databases:\n  - name: shop\n    host: localhost\n    database: shop\n    user: reader\n"


def run(*arguments: str, environment: dict[str, str] | None = None, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return evidence.program(subprocess.run(
        list(arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=folder,
        env={**CLEAN_ENVIRONMENT, **(environment or {})},
    ))


@pytest.mark.parametrize(("text", "place", "hint"), [
    ("databases:\n  - name: shop\n    hots: localhost\n", "3:5", "host"),
    ("databses: []\n", "1:1", "databases"),
    ("databases:\n  - name: shop\n    limits: { rws: 10 }\n", "3:", "rows"),
    ("databases:\n  - name: shop\n    port: many\n", "3:", "port"),
    ("databases:\n  - name: shop\n    limits: { statement_timeout: soon }\n", "3:", "statement_timeout"),
    ("databases:\n  - name: shop\n    allow_writes: maybe\n", "3:", "allow_writes"),
    ("databases: [\n", "2:", ""),
    ("databases:\n\t- name: shop\n", "2:", ""),
    ("databases:\n  - name: a\n  - name: a\n", "3:", "a"),
])
def test_a_bad_file_is_named_with_line_and_column(tmp_path: Path, text: str, place: str, hint: str) -> None:
    path = tmp_path / "agentd.yaml"
    path.write_text(text)
    path.chmod(0o600)
    for command in ([AGENTD, "--config", str(path), "--check-config"], [AGENTD, "--config", str(path)],
                    [AGENTCTL, "config", "check", str(path)]):
        result = run(*command)
        assert result.returncode == USAGE, (command, result)
        assert f"agentd.yaml:{place}" in result.stderr + result.stdout, result
        assert hint in result.stderr + result.stdout, result
    assert run(AGENTD, "--config", str(path)).stdout == "", "standard output belongs to the protocol"


def test_a_good_file_passes(tmp_path: Path, postgres: PrivatePostgres) -> None:
    path = write_configuration(tmp_path, postgres)
    assert run(AGENTD, "--config", str(path), "--check-config").returncode == 0
    shown = run(AGENTD, "--config", str(path), "--print-config")
    assert shown.returncode == 0 and "statement_timeout" in shown.stdout
    assert postgres.password_file.read_text().strip() not in shown.stdout + shown.stderr


@pytest.mark.parametrize(("more", "code", "key"), [
    ("http: { enabled: true, listen: '0.0.0.0:18111' }\n", REFUSED, "http.listen"),
    ("http: { enabled: true, listen: '0.0.0.0:18111', auth: { enabled: false }, tls: { terminated_by_proxy: true } }\n",
     REFUSED, "http.auth.enabled"),
    ("http: { enabled: true, tls: { cert_file: nothing.pem } }\n", USAGE, "http.tls.key_file"),
    ("http: { enabled: true, tls: { cert_file: agentd.yaml, key_file: agentd.yaml } }\n", USAGE, "http.tls.cert_file"),
    ("http: { enabled: true, client_ip: { header: X-Real-IP } }\n", USAGE, "http.client_ip.header"),
    ("http: { enabled: true }\nllm: { provider: anthropic, model: x }\n", USAGE, "llm.api_key"),
    ("http: { enabled: true }\nllm: { provider: openai-compatible, model: x, base_url: 'http://169.254.169.254/v1' }\n",
     REFUSED, "llm.base_url"),
])
def test_what_http_and_the_model_refuse_is_found_by_both_programs(tmp_path: Path, more: str, code: int, key: str) -> None:
    path = tmp_path / "agentd.yaml"
    path.write_text(GOOD + more)
    path.chmod(0o600)
    for command in ([AGENTD, "--config", str(path), "--check-config"], [AGENTCTL, "config", "check", str(path)]):
        result = run(*command)
        assert result.returncode == code, (command, result)
        assert key in result.stderr, result


def test_a_missing_file(tmp_path: Path) -> None:
    result = run(AGENTD, "--config", str(tmp_path / "nothing.yaml"))
    assert result.returncode == USAGE and "nothing.yaml" in result.stderr


def test_a_mistyped_option_is_an_error_with_the_nearest_spelling() -> None:
    result = run(AGENTD, "--confg", "x")
    assert result.returncode == USAGE and "--config" in result.stderr, result


def test_a_file_with_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agentd.yaml"
    path.write_text(GOOD + f"    password: {PASSWORD}\n")
    path.chmod(0o644)
    result = run(AGENTD, "--config", str(path))
    assert result.returncode == REFUSED and PASSWORD not in result.stdout + result.stderr, result
    assert "600" in result.stderr, "says how to mend it"
    path.chmod(0o600)
    assert run(AGENTD, "--config", str(path), "--check-config").returncode == 0


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o644)
    path = tmp_path / "agentd.yaml"
    path.write_text(GOOD + "    password_file: password\n")
    path.chmod(0o600)
    result = run(AGENTD, "--config", str(path))
    assert result.returncode == REFUSED and "password" in result.stderr, result


def test_a_password_on_the_command_line_is_refused() -> None:
    result = run(AGENTD, "--db-url", "postgres://reader:swordfish@localhost/shop")
    assert result.returncode == REFUSED and "swordfish" not in result.stdout + result.stderr, result
    assert "--db-password-file" in result.stderr, "says what to do instead"


@pytest.mark.parametrize(("options", "hint"), [
    (["--listen", "0.0.0.0:0"], "--tls-cert"), (["--listen", "0.0.0.0:0", "--no-auth"], "agentctl token create"),
])
def test_http_in_the_clear_off_this_machine_is_refused(tmp_path: Path, options: list[str], hint: str) -> None:
    path = tmp_path / "agentd.yaml"
    path.write_text(GOOD)
    path.chmod(0o600)
    result = run(AGENTD, "--config", str(path), "--http", *options)
    assert result.returncode == REFUSED and hint in result.stderr, result


def test_version() -> None:
    result = run(AGENTD, "--version")
    assert result.returncode == 0 and result.stdout.strip()


def test_the_environment_alone_is_enough(postgres: PrivatePostgres, tmp_path: Path) -> None:
    result = run(AGENTCTL, "query", "SELECT 6 * 7 AS answer", folder=tmp_path, environment={
        "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGDATABASE": "shop", "PGUSER": "reader",
        "PGPASSWORD": postgres.password_file.read_text().strip(), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
    })
    assert result.returncode == 0 and "42" in result.stdout, result
