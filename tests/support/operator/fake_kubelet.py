"""Plays kubelet and scheduler for one namespace of a cluster that has neither: pods become ready, or end."""

import json
import threading
from collections.abc import Callable
from typing import Any, Self

from tests.support.operator.api_server import ApiServer, Json

NOW = "2030-01-01T00:01:00Z"
REPORT = {"release": "r", "keys": 42, "bytes": 4200, "failures": 0, "hitRatio": 1.0, "durationSeconds": 0.5}


class FakeKubelet:
    """`failing` and `pending` name components whose pods fail, or stay as they are; may be changed at any time."""

    def __init__(self, api: ApiServer, namespace: str) -> None:
        self.failing: set[str] = set()
        self.pending: set[str] = set()
        self._api = api
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            for pod in self._api.list_items(self._path):
                self._serve(pod)

    def _serve(self, pod: Json) -> None:
        component = pod["metadata"]["labels"].get("app.kubernetes.io/component", "")
        if pod.get("status", {}).get("phase") != "Pending" or component in self.pending:
            return
        behave: Callable[[Json, str], Json] = self._end if component in {"migrate", "warm"} else _run_pod
        # The pod may be gone by now; then there is nothing to tell.
        self._api.merge(f"{self._path}/{pod['metadata']['name']}/status", {"status": behave(pod, component)})

    def _end(self, pod: Json, component: str) -> Json:
        code = 1 if component in self.failing else 0
        message = json.dumps(REPORT) if component == "warm" else ""
        terminated = {"exitCode": code, "startedAt": NOW, "finishedAt": NOW, "message": message}
        return {"phase": "Failed" if code else "Succeeded", **_build_status(pod, {"terminated": terminated}, "False")}


def _run_pod(pod: Json, _: str) -> Json:
    return {"phase": "Running", **_build_status(pod, {"running": {"startedAt": NOW}}, "True")}


def _build_status(pod: Json, state: Json, ready: str) -> Json:
    container = pod["spec"]["containers"][0]
    status: dict[str, Any] = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": ready == "True",
        "restartCount": 0,
        "state": state,
    }
    kinds = ("Ready", "ContainersReady")
    conditions = [{"type": kind, "status": ready, "lastTransitionTime": NOW} for kind in kinds]
    return {"containerStatuses": [status], "conditions": conditions}
