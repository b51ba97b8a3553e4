import json
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.localcluster.errors import ClusterError
from tools.localcluster.existing import ExistingProvider
from tools.localcluster.kind import KindProvider, build_kind_configuration
from tools.localcluster.locking import hold_lock
from tools.localcluster.packages import find_missing
from tools.localcluster.paths import compute_cache_folder, require_free_space
from tools.localcluster.provider import choose_provider_name
from tools.localcluster.spec import ClusterSpec, Level, PortMapping


class RecordedKind:
    """Stands in for the kind program: remembers the calls, has the clusters it was told to make."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.clusters: list[str] = []
        self.failing: str | None = None

    def __call__(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        line = " ".join(words)
        self.calls.append(line)
        if self.failing and line.startswith(self.failing):
            return subprocess.CompletedProcess(list(words), 1, "", "node image could not be pulled")
        if line.startswith("create cluster"):
            self.clusters.append(words[3])
            Path(words[words.index("--kubeconfig") + 1]).write_text("{}")
        if line.startswith("delete cluster") and words[3] in self.clusters:
            self.clusters.remove(words[3])
        return subprocess.CompletedProcess(list(words), 0, "\n".join(self.clusters), "")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESTAURANT_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("text", ["8080", "8080:", "0:80", "80:65536", "a:b", "1:2:3"])
def test_a_wrong_port_mapping_says_what_to_write(text: str) -> None:
    with pytest.raises(ClusterError, match=r"write for example 8080:30080"):
        PortMapping.parse(text)


@pytest.mark.parametrize("name", ["", "Demo", "1demo", "demo-", "a" * 40, "de/mo"])
def test_a_wrong_name_says_what_is_allowed(name: str) -> None:
    with pytest.raises(ClusterError, match="lower-case letters"):
        ClusterSpec(name, Level.API)


def test_the_fingerprint_changes_with_everything_that_decides_the_cluster() -> None:
    spec = ClusterSpec("demo", Level.API)
    others = [
        ClusterSpec("demo", Level.NODE).compute_fingerprint("a"),
        ClusterSpec("demo", Level.API, (PortMapping(1, 2),)).compute_fingerprint("a"),
        spec.compute_fingerprint("b"),
    ]
    assert spec.compute_fingerprint("a") == ClusterSpec("demo", Level.API).compute_fingerprint("a")
    assert spec.compute_fingerprint("a") not in others
    assert len(set(others)) == len(others)


def test_an_unknown_provider_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_CLUSTER", "minikube")
    with pytest.raises(ClusterError, match="write existing, kind or native"):
        choose_provider_name()


def test_a_named_provider_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_CLUSTER", "existing")
    assert choose_provider_name() == "existing"


def test_the_cache_folder_follows_the_environment(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compute_cache_folder() == cache
    monkeypatch.delenv("RESTAURANT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert compute_cache_folder() == Path("/somewhere/restaurantstack")


def test_too_little_space_names_the_folder_and_the_way_out(cache: Path) -> None:
    with pytest.raises(ClusterError, match=r"needs 1e\+09 GiB free in .*RESTAURANT_CACHE") as failure:
        require_free_space(1e9, "building")
    assert str(cache) in str(failure.value)


def test_a_cache_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_CACHE", "/proc/nowhere")
    with pytest.raises(ClusterError, match="cannot write to /proc/nowhere"):
        require_free_space(0, "anything")


def test_missing_packages_are_found_by_their_programs() -> None:
    assert find_missing({"coreutils": "ls", "unheard-of": "no-such-program"}) == ["unheard-of"]


def test_kind_gets_the_ports_on_loopback_and_the_audit_policy() -> None:
    spec = ClusterSpec("demo", Level.NODE, (PortMapping(8080, 30080),))

    configuration = build_kind_configuration(spec, Path("/logs"))

    node = json.loads(json.dumps(configuration))["nodes"][0]
    assert node["extraPortMappings"] == [
        {"containerPort": 30080, "hostPort": 8080, "listenAddress": "127.0.0.1", "protocol": "TCP"}
    ]
    policy = Path(node["extraMounts"][0]["hostPath"])
    assert "kind: Policy" in policy.read_text()
    assert "audit-log-path" in str(configuration["kubeadmConfigPatches"])


def test_kind_removes_a_cluster_that_did_not_start(cache: Path) -> None:
    kind = RecordedKind()
    kind.failing = "create cluster"

    with pytest.raises(ClusterError, match="kind create cluster failed: node image could not be pulled"):
        KindProvider(kind).up(ClusterSpec("demo", Level.NODE), owner=None)

    assert kind.calls[-1] == "delete cluster --name restaurantstack-demo"
    assert not (cache / "clusters" / "demo").exists()


def test_kind_starts_anew_where_a_start_was_killed_on_its_way(cache: Path) -> None:
    kind = RecordedKind()
    folder = cache / "clusters" / "demo"
    folder.mkdir(parents=True)
    (folder / "kind.yaml").write_text("{}")

    with pytest.raises(ClusterError):  # kubectl finds no cluster behind the stand-in's empty kubeconfig
        KindProvider(kind).up(ClusterSpec("demo", Level.NODE), owner=None)

    assert [call.split()[0] for call in kind.calls] == ["delete", "create", "delete"]
    assert KindProvider(kind).compute_status("demo") == {"running": False}


def test_kind_says_that_a_port_is_taken_before_it_makes_anything(cache: Path) -> None:
    kind = RecordedKind()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ClusterError, match=f"port {port} on 127.0.0.1 is in use"):
            KindProvider(kind).up(ClusterSpec("demo", Level.NODE, (PortMapping(port, 30080),)), owner=None)
    assert kind.calls == ["delete cluster --name restaurantstack-demo"]
    assert not (cache / "clusters" / "demo").exists()


def test_kind_loads_archives_into_its_own_cluster() -> None:
    kind = RecordedKind()

    KindProvider(kind).load("demo", [Path("/cache/api.tar")])

    assert kind.calls == ["load image-archive /cache/api.tar --name restaurantstack-demo"]


def test_kind_down_is_harmless_without_a_cluster() -> None:
    kind = RecordedKind()
    KindProvider(kind).down("demo")
    assert kind.calls == ["delete cluster --name restaurantstack-demo"]


def test_an_existing_cluster_is_never_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    provider = ExistingProvider()
    provider.down("demo")
    with pytest.raises(ClusterError, match="set KUBECONFIG"):
        provider.find_kubeconfig("demo")
    with pytest.raises(ClusterError, match=r"push api\.tar to a registry"):
        provider.load("demo", [Path("api.tar")])


def test_a_removed_lock_still_excludes(cache: Path) -> None:
    path = cache / "a.lock"
    entered: list[str] = []

    def wait_for_it() -> None:
        with hold_lock(path):
            entered.append("second")

    with hold_lock(path, remove=True):
        second = threading.Thread(target=wait_for_it)
        second.start()
        entered.append("first")
    second.join(timeout=10)

    assert entered == ["first", "second"]
    assert path.exists(), "the second holder has a file of its own"
