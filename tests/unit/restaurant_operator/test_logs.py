import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from restaurant_operator.logs import configure_logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_are_json_with_the_event_first(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "INFO")
    structlog.get_logger("ours").info("object applied", kind="Service")
    logging.getLogger("kopf.x").warning("watch %s", "ended")
    logging.getLogger("kopf.x").info("too much")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [next(iter(line.items())) for line in lines] == [("event", "object applied"), ("event", "watch ended")]
    assert lines[0]["kind"] == "Service"
    assert lines[1]["level"] == "warning"


def test_console_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console", "WARNING")
    structlog.get_logger("ours").info("hidden")
    structlog.get_logger("ours").warning("pass failed", stack_name="trattoria")
    out = capsys.readouterr().out
    assert "hidden" not in out
    assert "pass failed" in out
    assert "stack_name=trattoria" in out
