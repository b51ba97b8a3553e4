"""An in-memory Cluster: server-side apply with ownership, defaults and versions, good enough for whole passes.

Counts writes, and can die before or after any of them. Controllers and kubelet are played by `settle` and its parts.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from restaurant_operator.cluster.observed import is_owned
from restaurant_operator.cluster.port import Key
from restaurant_operator.constants import API_VERSION, KIND, STACK_LABEL
from restaurant_operator.crd.quantities import parse_quantity
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.errors import ClusterError

ObjectId = tuple[str, str, str]
Path = tuple[str, ...]
CREATED = "2030-01-01T00:00:00Z"
FINISHED = "2030-01-01T00:01:00Z"
REPORT = {"release": "r", "keys": 42, "bytes": 4200, "failures": 0, "hitRatio": 1.0, "durationSeconds": 0.5}


class Crash(BaseException):
    """The operator's process ends here."""


@dataclass
class FakeCluster:
    """The stack's own object lives beside its children."""

    stacks: dict[Key, Manifest] = field(default_factory=dict)
    children: dict[ObjectId, Manifest] = field(default_factory=dict)
    pods: list[Manifest] = field(default_factory=list)
    events: list[Manifest] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    failures: dict[str, ClusterError] = field(default_factory=dict)
    refusals: dict[tuple[str, str], ClusterError] = field(default_factory=dict)
    """By kind and name: what `apply` raises for this object alone."""
    crash_at: tuple[int, str] | None = None
    _owned: dict[ObjectId, set[Path]] = field(default_factory=dict)
    _version: int = 0

    def add_stack(self, spec: Manifest, name: str = "trattoria", namespace: str = "dining") -> Key:
        key = Key(namespace, name)
        metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1}
        self.stacks[key] = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": metadata | {"resourceVersion": self._next_version()},
            "spec": spec,
        }
        return key

    def change_spec(self, key: Key, **changes: object) -> None:
        body = self.stacks[key]
        body["spec"] = body["spec"] | changes
        body["metadata"]["generation"] += 1
        body["metadata"]["resourceVersion"] = self._next_version()

    def find(self, kind: str) -> list[Manifest]:
        return [child for (found, _, _), child in sorted(self.children.items()) if found == kind]

    def get(self, kind: str, name: str, namespace: str = "dining") -> Manifest:
        return self.children[kind, namespace, name]

    # The Cluster protocol

    async def read_stack(self, key: Key) -> Manifest | None:
        self._read("read_stack")
        return copy.deepcopy(self.stacks.get(key))

    async def list_stacks(self) -> list[Manifest]:
        self._read("list_stacks")
        return copy.deepcopy(list(self.stacks.values()))

    async def list_children(self, key: Key) -> list[Manifest]:
        self._read("list_children")
        found = [child for (_, namespace, _), child in self.children.items() if namespace == key.namespace]
        return copy.deepcopy([child for child in found if _labels(child).get(STACK_LABEL) == key.name])

    async def list_pods(self, namespace: str, labels: dict[str, str]) -> list[Manifest]:
        self._read("list_pods")
        found = [pod for pod in self.pods if pod["metadata"]["namespace"] == namespace]
        return copy.deepcopy([pod for pod in found if labels.items() <= _labels(pod).items()])

    async def read_child(self, kind: str, namespace: str, name: str) -> Manifest | None:
        self._read("read_child")
        return copy.deepcopy(self.children.get((kind, namespace, name)))

    async def apply(self, manifest: Manifest) -> Manifest:
        identity = _identify(manifest)
        refusal = self.refusals.get((identity[0], identity[2]))
        if refusal is not None:
            raise refusal
        with_write = self._write(f"apply {identity[0]} {identity[2]}")
        next(with_write)
        live = self.children.get(identity)
        merged = _merge(_remove(live or {}, self._owned.get(identity, set()) - set(_walk(manifest))), manifest)
        self._owned[identity] = set(_walk(manifest))
        self._store(identity, live, _default(merged))
        next(with_write)
        return copy.deepcopy(self.children[identity])

    async def delete(self, manifest: Manifest) -> None:
        identity = _identify(manifest)
        with_write = self._write(f"delete {identity[0]} {identity[2]}")
        next(with_write)
        live = self.children.get(identity)
        if live is not None and live["metadata"]["uid"] == manifest["metadata"]["uid"]:
            self.remove(identity)
        next(with_write)

    async def write_status(self, manifest: Manifest) -> None:
        metadata = manifest["metadata"]
        body = self.stacks.get(Key(metadata["namespace"], metadata["name"]))
        with_write = self._write("status")
        next(with_write)
        if body is not None and body["metadata"]["uid"] == metadata["uid"]:
            body["status"] = json.loads(json.dumps(manifest["status"]))
            body["metadata"]["resourceVersion"] = self._next_version()
        next(with_write)

    async def create_event(self, manifest: Manifest) -> None:
        if "create_event" in self.failures:
            raise self.failures["create_event"]
        self.events.append(manifest)

    # What controllers and kubelets do

    def remove(self, identity: ObjectId) -> None:
        del self.children[identity]
        self._owned.pop(identity, None)

    def collect_garbage(self) -> None:
        uids = {body["metadata"]["uid"] for body in self.stacks.values()}
        for identity, child in list(self.children.items()):
            if not any(is_owned(child, uid) for uid in uids):
                self.remove(identity)

    def make_redis_ready(self, *, ready: bool = True) -> None:
        for child in self.find("StatefulSet"):
            count = child["spec"]["replicas"] if ready else 0
            generation = child["metadata"]["generation"]
            child["status"] = {"observedGeneration": generation, "readyReplicas": count, "updatedReplicas": count}

    def roll_out(self) -> None:
        for child in self.find("Deployment"):
            count = child["spec"]["replicas"]
            counts = {"replicas": count, "updatedReplicas": count, "availableReplicas": count}
            child["status"] = {"observedGeneration": child["metadata"]["generation"], **counts}

    def end_jobs(self, component: str, *, success: bool = True, report: object = REPORT) -> None:
        for child in self.find("Job"):
            done = any(item["status"] == "True" for item in child.get("status", {}).get("conditions", ()))
            if _labels(child)["app.kubernetes.io/component"] == component and not done:
                self._end_job(child, success=success, report=report)

    def settle(self) -> None:
        """Let everything succeed."""
        self.make_redis_ready()
        self.end_jobs("migrate")
        self.end_jobs("warm")
        self.roll_out()

    def _end_job(self, job: Manifest, *, success: bool, report: object) -> None:
        kind = "Complete" if success else "Failed"
        message = "" if success else "Job has reached the specified backoff limit"
        condition = {"type": kind, "status": "True", "lastTransitionTime": FINISHED, "message": message}
        job["status"] = {"conditions": [condition], "ready": 0}
        terminated = {"exitCode": 0 if success else 1, "finishedAt": FINISHED, "message": json.dumps(report)}
        metadata = {
            "name": f"{job['metadata']['name']}-x",
            "namespace": job["metadata"]["namespace"],
            "labels": {"batch.kubernetes.io/job-name": job["metadata"]["name"]},
        }
        self.pods.append(
            {"metadata": metadata, "status": {"containerStatuses": [{"state": {"terminated": terminated}}]}}
        )

    # Bookkeeping

    def _read(self, what: str) -> None:
        self.reads.append(what)
        if what in self.failures:
            raise self.failures[what]

    def _write(self, what: str) -> Iterator[None]:
        """Yield at the moment of the write: what comes before and after it may be a crash."""
        number = len(self.writes)
        verb = what.split(maxsplit=1)[0]
        if verb in self.failures:
            raise self.failures[verb]
        if self.crash_at == (number, "before"):
            self.crash_at = None
            raise Crash
        self.writes.append(what)
        yield
        if self.crash_at == (number, "after"):
            self.crash_at = None
            raise Crash
        yield

    def _store(self, identity: ObjectId, live: Manifest | None, merged: Manifest) -> None:
        if live is not None and merged == live:
            return
        metadata = merged["metadata"]
        old = live or {"metadata": {}}
        metadata["uid"] = old["metadata"].get("uid") or f"uid-{self._next_version()}"
        metadata["creationTimestamp"] = CREATED
        changed = old.get("spec") != merged.get("spec")
        metadata["generation"] = old["metadata"].get("generation", 0) + changed
        metadata["resourceVersion"] = self._next_version()
        self.children[identity] = merged

    def _next_version(self) -> str:
        self._version += 1
        return str(self._version)


def _identify(manifest: Manifest) -> ObjectId:
    return manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _labels(manifest: Manifest) -> dict[str, str]:
    labels: dict[str, str] = manifest["metadata"].get("labels", {})
    return labels


def _walk(node: Manifest, prefix: Path = ()) -> Iterator[Path]:
    """Yield the path of every leaf; lists are leaves."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from _walk(value, (*prefix, key))
        else:
            yield (*prefix, key)


def _remove(node: Manifest, paths: set[Path]) -> Manifest:
    result = copy.deepcopy(node)
    for path in paths:
        parents = [result]
        for part in path[:-1]:
            parents.append(parents[-1].get(part, {}))
        parents[-1].pop(path[-1], None)
        for index in range(len(path) - 1, 0, -1):
            if not parents[index]:
                parents[index - 1].pop(path[index - 1], None)
    return result


def _merge(live: Manifest, manifest: Manifest) -> Manifest:
    result = copy.deepcopy(live)
    for key, value in manifest.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merge(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def _default(manifest: Manifest) -> Manifest:
    """Add and rewrite what the API server does: defaults, and quantities in their canonical form."""
    result: Manifest = _canonicalise(manifest)
    template = result.get("spec", {}).get("template")
    if template is not None:
        template["spec"].setdefault("dnsPolicy", "ClusterFirst")
        template["spec"].setdefault("schedulerName", "default-scheduler")
        for container in template["spec"]["containers"]:
            container.setdefault("terminationMessagePath", "/dev/termination-log")
    if result["kind"] == "Service":
        result["spec"].setdefault("sessionAffinity", "None")
    return result


def _canonicalise(node: Any, key: str = "") -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(node, dict):
        if key in {"requests", "limits"}:
            return {name: _shorten(amount) for name, amount in node.items()}
        return {name: _canonicalise(value, name) for name, value in node.items()}
    if isinstance(node, list):
        return [_canonicalise(item) for item in node]
    return node


def _shorten(amount: str) -> str:
    for unit, factor in (("Gi", 2**30), ("Mi", 2**20), ("", 1)):
        number = parse_quantity(amount) / factor
        if number == int(number) and number >= 1:
            return f"{int(number)}{unit}"
    return amount
