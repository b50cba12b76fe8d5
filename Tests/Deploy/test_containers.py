"""The image's recipe and the cluster's manifests. Neither is built or applied here."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from checks.tools import DEPLOY, run

MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name not in {"kustomization.yaml", "agentd.yaml"})


def test_the_recipe_of_the_image_passes_its_linter() -> None:
    run("hadolint", DEPLOY / "docker" / "Dockerfile")


def test_the_image_runs_as_nobody_special_and_holds_no_secret() -> None:
    lines = (DEPLOY / "docker" / "Dockerfile").read_text().splitlines()
    assert lines.count("USER 10001:10001") == 1
    assert not [line for line in lines if line.startswith(("ARG", "ENV", "ADD"))]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_each_manifest_fits_the_schema(path: Any) -> None:
    run("kubernetes-validate", "--strict", path)


def test_the_kustomization_names_each_manifest() -> None:
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    assert sorted(listed["resources"]) == [path.name for path in MANIFESTS]


def test_the_pod_has_no_rights() -> None:
    pod = yaml.safe_load((DEPLOY / "kubernetes" / "statefulset.yaml").read_text())["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in pod["containers"]:
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True and rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert {"startupProbe", "livenessProbe", "readinessProbe", "resources"} <= container.keys()
    # What is not a folder of a Secret is the state and scratch space.
    assert {volume["name"] for volume in pod["volumes"]} == {"config", "secrets", "tls", "tmp"}


def test_the_network_is_closed_but_for_what_is_named() -> None:
    policy = yaml.safe_load((DEPLOY / "kubernetes" / "networkpolicy.yaml").read_text())["spec"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    assert all(rule.get("from") for rule in policy["ingress"]) and all(rule.get("to") for rule in policy["egress"])
