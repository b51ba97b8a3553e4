"""Reads the report that the API's `warm` command leaves as its pod's termination message."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel

from restaurant_operator.cluster.observed import JobState
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.crd.status import WarmStatus


class _Report(BaseModel, alias_generator=to_camel):
    keys: int = Field(ge=0)
    hit_ratio: float = Field(ge=0, le=1)
    duration_seconds: float = Field(ge=0)


def needs_report(job: JobState | None, known: WarmStatus | None) -> bool:
    """Tell whether the Job ended and its report was not taken into the status yet."""
    if job is None or not job.finished_at:
        return False
    return known is None or (known.revision, known.at) != (job.release, job.finished_at)


def compute_warm_status(job: JobState, pods: Iterable[Manifest]) -> WarmStatus:
    """Give the newest pod's report; without figures when no pod left one, for example because it was removed."""
    messages = sorted((_read_termination(pod) for pod in pods), reverse=True)
    report = next((report for _, text in messages if (report := _parse(text)) is not None), None)
    if report is None:
        return WarmStatus(revision=job.release, at=job.finished_at)
    return WarmStatus(
        revision=job.release,
        keys=report.keys,
        hit_ratio=round(report.hit_ratio, 4),
        duration=f"{report.duration_seconds:.2f}s",
        at=job.finished_at,
    )


def _read_termination(pod: Mapping[str, Any]) -> tuple[str, str]:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    ended = [status["state"]["terminated"] for status in statuses if "terminated" in status.get("state", {})]
    return max(((item.get("finishedAt") or "", item.get("message") or "") for item in ended), default=("", ""))


def _parse(text: str) -> _Report | None:
    """Take the last line: with FallbackToLogsOnError the message may be the end of the log."""
    try:
        return _Report.model_validate(json.loads(text.strip().rpartition("\n")[2]))
    except (ValueError, ValidationError):
        return None
