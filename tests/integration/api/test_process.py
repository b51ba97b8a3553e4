"""The real process: two ports, bytes that are not HTTP, an orderly end. And the command line."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from restaurant_api import cli
from restaurant_api.errors import CATALOGUE, ErrorCode
from tests.support.api.recorder import MEMBERS
from tests.support.api.servers import die_with_parent
from tests.support.waiting import find_free_port, wait_until


@dataclass
class Server:
    """A running `restaurant-api serve`."""

    process: subprocess.Popen[str]
    port: int
    management_port: int

    def get(self, path: str, *, port: int | None = None, method: str = "GET") -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def send_bytes(self, data: bytes) -> bytes:
        """Everything that comes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return received


def build_environment(**settings: str) -> dict[str, str]:
    values = {"HOST": "127.0.0.1", "PORT": "0", "MANAGEMENT_PORT": "0", "SHUTDOWN_DELAY": "0.5"}
    return os.environ | {f"RESTAURANT_{name}": value for name, value in (values | settings).items()}


@pytest.fixture
def server(sqlite_url: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "restaurant_api", "serve"],
        env=build_environment(DATABASE_URL=sqlite_url),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one prctl, no lock is taken between fork and exec
    )
    assert process.stderr is not None
    started = json.loads(process.stderr.readline())
    server = Server(process, started["port"], started["management_port"])
    wait_until(lambda: server.get("/readyz")[0] == 200, what="ready")
    yield server
    if process.poll() is None:
        process.kill()
    process.communicate()


def check_not_http(answer: bytes) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"x-request-id: " in head
    problem = json.loads(body)
    assert set(problem) == MEMBERS
    assert problem["errorCode"] == ErrorCode.VALIDATION_NOT_HTTP
    assert problem["title"] == CATALOGUE[ErrorCode.VALIDATION_NOT_HTTP].title


def test_a_life_from_ready_to_an_orderly_end(server: Server) -> None:
    for data in (
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /livez HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: nope\r\n\r\n",
    ):
        check_not_http(server.send_bytes(data))
    metrics = server.get("/metrics", port=server.management_port)[1].decode()
    assert 'error_code="VALIDATION_NOT_HTTP",method="other",route="unmatched",status="400"} 4.0' in metrics
    assert server.get("/metrics")[0] == 404
    assert server.get("/internal/warm", method="POST")[0] == 404
    assert server.get("/internal/warm", port=server.management_port, method="POST")[0] == 200
    check_orderly_end(server)


def check_orderly_end(server: Server) -> None:
    """Readiness off first while requests are still served; a request in flight is finished; exit 0 within 10 s."""
    slow = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    slow.sendall(b"POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n")
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: server.get("/readyz")[0] == 503, what="unready", seconds=2)
    status, body = server.get("/readyz")
    assert (status, json.loads(body)["errorCode"]) == (503, "SYSTEM_SHUTTING_DOWN")
    assert server.get("/livez")[0] == 200
    assert slow.recv(65536).startswith(b"HTTP/1.1 405")
    slow.close()
    _, errors = server.process.communicate(timeout=10)
    assert server.process.returncode == 0
    assert time.monotonic() - started < 10
    events = [json.loads(line)["event"] for line in errors.splitlines()]
    assert events[-2:] == ["stopping", "stopped"]


def run_cli(*arguments: str, **settings: str) -> Result:
    return CliRunner(env=build_environment(**settings)).invoke(cli.main, arguments)


def test_migrate_seed_warm(tmp_path: Path, redis_server: str) -> None:
    url = f"sqlite:///{tmp_path}/cli.db"
    unmigrated = run_cli("warm", DATABASE_URL=url, REDIS_URL=redis_server)
    assert unmigrated.exit_code == 1
    assert "run `restaurant-api migrate` first" in unmigrated.output
    assert run_cli("migrate", DATABASE_URL=url).output == "schema was empty, is current now\n"
    assert run_cli("migrate", DATABASE_URL=url).output == "schema was current: nothing to do\n"
    seeded = run_cli("seed", "--orders", "3", DATABASE_URL=url)
    assert seeded.stdout == "added 1 locations, 120 menu items, 3 orders\n"
    assert "running replicas could not be told" in seeded.stderr
    file = tmp_path / "report.json"
    warmed = run_cli(
        "warm", "--report", str(file), DATABASE_URL=url, REDIS_URL=redis_server, RELEASE="abc", REDIS_TIMEOUT="5"
    )
    assert warmed.exit_code == 0, warmed.output
    report = json.loads(warmed.stdout)
    assert json.loads(file.read_text()) == report
    assert (report["release"], report["keys"], report["hitRatio"]) == ("abc", 1, 1.0)


def test_warm_fails_below_the_ratio_and_writes_the_report_all_the_same(sqlite_url: str, tmp_path: Path) -> None:
    run_cli("seed", DATABASE_URL=sqlite_url)
    redis = f"redis://127.0.0.1:{find_free_port()}/0"
    file = tmp_path / "report.json"
    failed = run_cli("warm", "--report", str(file), DATABASE_URL=sqlite_url, REDIS_URL=redis)
    assert failed.exit_code == 1
    assert "hit ratio 0.000 is below 0.95" in failed.stderr
    assert json.loads(file.read_text())["failures"] == 1
    told = run_cli("seed", DATABASE_URL=sqlite_url, REDIS_URL=redis)
    assert "running replicas could not be told: they may serve the old menu for 300 s" in told.stderr


def test_warm_without_a_database_writes_the_report_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    settings = {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    failed = run_cli("warm", "--report", str(file), **settings)
    assert failed.exit_code == 1
    assert "check RESTAURANT_DATABASE_URL" in failed.stderr
    assert json.loads(file.read_text())["hitRatio"] == 0.0


def test_warm_with_a_database_that_never_answers_writes_the_report_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/x"
        failed = run_cli("warm", "--report", str(file), DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0")
    assert failed.exit_code == 1, failed.output
    assert "the database cannot be used: TimeoutError; check RESTAURANT_DATABASE_URL" in failed.stderr
    assert json.loads(file.read_text())["failures"] == 1


def test_warm_out_of_time(sqlite_url: str, redis_server: str) -> None:
    run_cli("seed", DATABASE_URL=sqlite_url)
    late = run_cli("warm", DATABASE_URL=sqlite_url, REDIS_URL=redis_server, WARM_TIMEOUT="0.0001")
    assert late.exit_code == 1
    assert "out of time" in late.stderr


@pytest.mark.parametrize(
    ("settings", "arguments", "code", "says"),
    [
        ({"PORT": "bla"}, ["serve"], 2, "RESTAURANT_PORT is wrong: write a number"),
        ({"DATABASE_URL": "mysql://x"}, ["migrate"], 2, "RESTAURANT_DATABASE_URL is wrong: write sqlite:////data"),
        ({}, ["warm"], 2, "RESTAURANT_REDIS_URL is not set"),
        ({"DATABASE_URL": "sqlite:////no/such/folder/x.db"}, ["migrate"], 1, "check RESTAURANT_DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, ["seed"], 1, "the database cannot be used"),
        ({"HOST": "203.0.113.1"}, ["serve"], 2, "RESTAURANT_PORT: cannot listen on 203.0.113.1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    settings: dict[str, str], arguments: list[str], code: int, says: str
) -> None:
    result = run_cli(*arguments, **({"DATABASE_URL": "sqlite:///unused.db"} | settings))
    assert result.exit_code == code, result.output
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_taken_port_is_said(sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run_cli("serve", DATABASE_URL=sqlite_url, MANAGEMENT_PORT=str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "RESTAURANT_MANAGEMENT_PORT: cannot listen" in result.stderr


def test_serve_in_this_process_ends_on_a_signal(sqlite_url: str) -> None:
    threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    result = run_cli("serve", DATABASE_URL=sqlite_url, SHUTDOWN_DELAY="0")
    assert result.exit_code == 0
