"""Rules, their tests, the dashboard, and the guide: all of metrics that agentd has."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from checks.server import Server
from checks.tools import DEPLOY, ROOT, run

RULES = DEPLOY / "prometheus" / "agentd.rules.yml"
GUIDE = ROOT / "Documentation" / "Monitoring.md"
# What a histogram's samples are called beyond its own name.
SUFFIX = re.compile(r"_(bucket|sum|count)$")
METRIC = re.compile(r"\b(?:agentd|process)_[a-z0-9_]+\b")


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana" / "agentd.json").read_text())
    found = [rule["expr"] for rule in alerts()]
    for panel in dashboard["panels"]:
        found += [target["expr"] for target in panel.get("targets", [])]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            found.append(variable["query"]["query"])
    return found


def families(exposition: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))


def test_rules_and_configuration_are_understood() -> None:
    run("promtool", "check", "rules", RULES)
    run("promtool", "check", "config", "--syntax-only", DEPLOY / "prometheus" / "prometheus.yml")


def test_each_alert_fires_on_what_it_is_for_and_on_nothing_near_it() -> None:
    run("promtool", "test", "rules", DEPLOY / "prometheus" / "agentd.test.yml")


def test_each_alert_has_a_test_of_its_own_and_one_of_its_silence() -> None:
    tests = yaml.safe_load((DEPLOY / "prometheus" / "agentd.test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in alerts()}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == names
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == names


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_leads_to_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert ROOT / page == GUIDE and anchor == rule["alert"].lower()
    assert f"### {rule['alert']}\n" in GUIDE.read_text()


def test_what_agentd_writes_is_what_prometheus_reads(server: Server) -> None:
    text = server.metrics()
    lint = run("promtool", "check", "metrics", stdin=text, expect=None)
    assert lint.returncode == 0 and not lint.stderr.strip(), lint.stdout + lint.stderr


def test_alerts_and_dashboard_name_metrics_that_there_are(server: Server) -> None:
    known = families(server.metrics())
    named = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert len(named) > 30
    assert not {name for name in named if name not in known and SUFFIX.sub("", name) not in known}


def test_the_guide_explains_each_metric_and_no_other(server: Server) -> None:
    explained = set(re.findall(r"^\| `((?:agentd|process)_\w+)`", GUIDE.read_text(), re.MULTILINE))
    assert explained == families(server.metrics())


def test_no_label_holds_what_a_caller_sent(server: Server) -> None:
    for _ in range(3):
        server.request("GET", "/never/in/a/label?never=in", fields={"Authorization": "Bearer never-in-a-label"})
        server.request("POST", "/mcp", {"jsonrpc": "2.0", "id": "never-in", "method": "never/in"}, {
            "Authorization": f"Bearer {server.token}", "User-Agent": "never-in"})
    text = server.metrics()
    assert "never" not in text and server.token not in text and "127.0.0.1" not in text
