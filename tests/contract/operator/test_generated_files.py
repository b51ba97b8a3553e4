"""Generated files are fresh; chart and kustomize tree say the same; RBAC asks for what the code uses."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from restaurant_operator.cluster.kinds import CHILD_KINDS
from restaurant_operator.crd.stack import Stack
from restaurant_operator.settings import PREFIX, Settings
from tools.localcluster.binaries import find_binary
from tools.localcluster.kubectl import KUBECTL

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts/restaurantstack-operator"
ROLE = ROOT / "manifests/rbac/role.yaml"
HELM = str(find_binary("helm", "helm"))
CRD = ROOT / "manifests/crd/restaurantstacks.yaml"


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def render(*values: str) -> list[dict[str, Any]]:
    arguments = [word for value in values for word in ("--set", value)]
    text = run(HELM, "template", "restaurantstack-operator", str(CHART), "-n", "restaurantstack-system", *arguments)
    return [document for document in yaml.safe_load_all(text) if document]


def read_rules() -> set[tuple[str, str, str]]:
    rules = next(yaml.safe_load_all(ROLE.read_text()))["rules"]
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_crd_is_fresh() -> None:
    run(sys.executable, "-m", "tools.generate_crd", "--check")


def test_kustomize_tree_is_fresh() -> None:
    run(sys.executable, "-m", "tools.generate_manifests", "--check")


def test_chart_passes_its_linter() -> None:
    run(HELM, "lint", "--strict", str(CHART))


@pytest.mark.parametrize("wrong", ["image.tagg=1", "log.level=LOUD", "crds.install=maybe", "watchNamespace=A_B"])
def test_chart_refuses_wrong_values(wrong: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        render(wrong)


def test_namespaced_mode_has_no_cluster_wide_right() -> None:
    kinds = {document["kind"] for document in render("watchNamespace=dining")}
    assert {"Role", "RoleBinding"} <= kinds
    assert not {kind for kind in kinds if kind.startswith("ClusterRole")}


def test_chart_keeps_the_crd_and_may_leave_it_out() -> None:
    (crd,) = [item for item in render() if item["kind"] == "CustomResourceDefinition"]
    assert crd["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert crd == yaml.safe_load(CRD.read_text())
    assert "CustomResourceDefinition" not in {item["kind"] for item in render("crds.install=false")}


def test_every_variable_of_the_chart_is_a_setting() -> None:
    (deployment,) = [item for item in render("watchNamespace=dining") if item["kind"] == "Deployment"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    names = {variable["name"].removeprefix(PREFIX).lower() for variable in container["env"]}
    assert names <= Settings.model_fields.keys()


def test_default_kustomization_builds() -> None:
    kubectl = str(KUBECTL)
    documents = list(yaml.safe_load_all(run(kubectl, "kustomize", "manifests/default")))
    kinds = {document["kind"] for document in documents}
    assert {"Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "Deployment"} <= kinds


def test_role_covers_the_children_and_nothing_secret() -> None:
    rules = read_rules()
    for kind in CHILD_KINDS:
        for verb in ("get", "list", "watch", "create", "patch", "delete"):
            assert (kind.group, kind.plural, verb) in rules
    assert "*" not in {part for rule in rules for part in rule}
    assert not {resource for _, resource, _ in rules} & {"secrets", "roles", "clusterroles", "pods/exec", "nodes"}
    children = {kind.plural for kind in CHILD_KINDS}
    beside = {rule for rule in rules if rule[1] not in children}
    group = "restaurantstack.dev"
    assert beside == {
        *((group, "restaurantstacks", verb) for verb in ("get", "list", "watch")),
        (group, "restaurantstacks/status", "patch"),
        (group, "restaurantstacks/finalizers", "update"),
        ("", "pods", "list"),
        ("", "events", "create"),
    }


def test_every_rule_has_its_reason() -> None:
    text = ROLE.read_text()
    assert len(re.findall(r"^ *# .*\n(?: *# .*\n)*(?=  - apiGroups)", text, re.MULTILINE)) >= 6


@pytest.mark.parametrize("name", ["minimal", "postgres"])
def test_samples_are_valid(name: str) -> None:
    body = yaml.safe_load((ROOT / f"manifests/samples/{name}.yaml").read_text())
    body["metadata"] |= {"namespace": "n", "uid": "u"}
    assert Stack.from_body(body).version == "0.1.0"


def list_nodes(node: dict[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    children = {**node.get("properties", {}), **({"[]": node["items"]} if "items" in node else {})}
    return [(path, node)] + [found for name, child in children.items() for found in list_nodes(child, f"{path}.{name}")]


def list_schema() -> list[tuple[str, dict[str, Any]]]:
    (version,) = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]
    return [found for part in ("spec", "status") for found in list_nodes(schema[part], part)]


def test_every_field_is_described_and_bounded() -> None:
    nodes = list_schema()
    assert len(nodes) > 50
    for path, node in nodes:
        if not path.endswith("[]"):
            assert node.get("description"), path
        assert "$ref" not in json.dumps(node), path
        assert "anyOf" not in json.dumps(node), path
        if node.get("type") == "string" and "enum" not in node and "items" not in node:
            assert "maxLength" in node or path.endswith("[]"), path
        if node.get("type") == "array":
            assert "maxItems" in node, path
        if node.get("type") in {"integer", "number"}:
            assert "minimum" in node, path


def test_every_rule_of_the_schema_says_what_to_write() -> None:
    rules = [rule for _, node in list_schema() for rule in node.get("x-kubernetes-validations", [])]
    assert len(rules) > 15
    remedy = re.compile(r"write|set |keep |create a second|must be an image reference|must be a release")
    for rule in rules:
        assert remedy.search(rule["message"]), rule["message"]
