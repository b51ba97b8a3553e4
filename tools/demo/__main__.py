"""The demo's story, in order. Running it again is quick and harmless: every step leaves alone what is there."""

import asyncio
import os
import re
import sys
import time
from pathlib import Path

import yaml

from tools.demo.deployment import OPERATOR_NAMESPACE, Deployment, compute_api_version
from tools.demo.picture import write_picture
from tools.demo.traffic import drive_traffic, wait_until_reachable
from tools.demo.view import build_traffic_table, watch_until_ready
from tools.localcluster.choose import choose_provider
from tools.localcluster.errors import ClusterError
from tools.localcluster.progress import console, show_step
from tools.localcluster.spec import ClusterSpec, Level, PortMapping

NAMESPACE = "dining"
STACK = "trattoria"
NODE_PORT = 30080
PORT_VARIABLE = "DEMO_PORT"
PICTURE_COLUMNS = 132
PICTURE_VARIABLE = "DEMO_PICTURE"
"""A file that gets the demo's own output as an SVG: how the picture in the README is made."""

READY_SECONDS = 180.0
REACHABLE_SECONDS = 30.0
TRAFFIC_RATE = 60.0
TRAFFIC_SECONDS = 15.0
SAMPLE = Path(__file__).parent / "stack.yaml"
NODE_PORT_SERVICE = Path(__file__).parent / "node-port.yaml"


def main() -> None:
    """Tell the whole story."""
    started = time.monotonic()
    console.stderr = False  # here the progress is what the user came for
    if os.environ.get(PICTURE_VARIABLE):
        console.record, console.width = True, PICTURE_COLUMNS
    port = read_port()
    provider = choose_provider()
    deployment = Deployment(provider, "demo")
    console.print(f"[bold]1. A real cluster[/bold] [dim]({provider.name})[/dim]")
    provider.up(ClusterSpec("demo", Level.NODE, (PortMapping(port, NODE_PORT),)), owner=None)
    console.print("[bold]2. Images[/bold]")
    deployment.load_images()
    console.print("[bold]3. The operator, by Helm[/bold]")
    with show_step(f"helm upgrade --install in {OPERATOR_NAMESPACE}"):
        deployment.install_operator()
    console.print(f"[bold]4. A restaurant: RestaurantStack {STACK} in {NAMESPACE}[/bold]")
    apply_restaurant(deployment)
    console.print("[bold]5. Guests[/bold]")
    serve_guests(deployment, f"http://127.0.0.1:{port}")
    print_ending(deployment, port, time.monotonic() - started)
    if console.record:
        write_picture(console, Path(os.environ[PICTURE_VARIABLE]))


def read_port() -> int:
    """Return the port of 127.0.0.1 on which the restaurant answers."""
    text = os.environ.get(PORT_VARIABLE, "8080")
    return PortMapping.parse(f"{text}:{NODE_PORT}").host


def apply_restaurant(deployment: Deployment) -> None:
    """Apply a database with data, and the stack; wait until the stack is ready."""
    deployment.apply_namespace(NAMESPACE)
    with show_step("PostgreSQL for the demo"):
        deployment.apply_database(NAMESPACE)
    with show_step("its data: three locations, a menu of 120 items"):
        deployment.seed_database(NAMESPACE)
    stack = yaml.safe_load(SAMPLE.read_text())
    stack["spec"]["version"] = compute_api_version()
    deployment.apply(stack, *yaml.safe_load_all(NODE_PORT_SERVICE.read_text()), namespace=NAMESPACE)
    watch_until_ready(lambda: deployment.read_stack(NAMESPACE, STACK), seconds=READY_SECONDS)


def serve_guests(deployment: Deployment, url: str) -> None:
    """Drive the traffic and print what it met."""
    wait_until_reachable(url, seconds=REACHABLE_SECONDS)
    before = read_cache_counts(deployment)
    with show_step(f"{TRAFFIC_RATE:.0f} requests a second for {TRAFFIC_SECONDS:.0f} s to {url}"):
        report = asyncio.run(drive_traffic(url, rate=TRAFFIC_RATE, seconds=TRAFFIC_SECONDS))
    after = read_cache_counts(deployment)
    console.print(build_traffic_table(report, {key: after[key] - before[key] for key in after}))
    if report.failures:
        message = f"guests met {len(report.failures)} errors, the first: {report.failures[0]}"
        raise ClusterError(message)


def read_cache_counts(deployment: Deployment) -> dict[str, float]:
    """Return cache lookups of all pods, and those that needed no database, from the pods' own metrics."""
    selector = f"--selector=app.kubernetes.io/name=restaurant-api,app.kubernetes.io/instance={STACK}"
    names = deployment.kubectl("get", "pods", f"--namespace={NAMESPACE}", selector, "--output=name").split()
    counts = {"hits": 0.0, "lookups": 0.0}
    for name in names:
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name.removeprefix('pod/')}:9000/proxy/metrics"
        results = count_by_result(deployment.kubectl("get", "--raw", path))
        counts["hits"] += sum(results.get(key, 0.0) for key in ("local hit", "shared hit"))
        # What a pod's own cache misses is looked up in Redis, so the first lookups are all there are.
        counts["lookups"] += sum(value for key, value in results.items() if key.startswith("local "))
    return counts


def count_by_result(exposition: str) -> dict[str, float]:
    """Sum `restaurant_cache_requests_total` by level and result."""
    counts: dict[str, float] = {}
    for line in exposition.splitlines():
        if line.startswith("restaurant_cache_requests_total{"):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
            key = f"{labels['level']} {labels['result']}"
            counts[key] = counts.get(key, 0.0) + float(line.rsplit(" ", 1)[1])
    return counts


def print_ending(deployment: Deployment, port: int, seconds: float) -> None:
    """Print the stack as kubectl shows it, where to look, and what to try."""
    console.print("\n[bold]$ kubectl get rstack -o wide[/bold]")
    console.out(deployment.kubectl("get", "rstack", f"--namespace={NAMESPACE}", "--output=wide"))
    next_version = f"{compute_api_version()}-next"
    patch = f'{{"spec":{{"version":"{next_version}"}}}}'
    console.print("[bold]Look around[/bold]")
    console.out(f"  API docs           http://127.0.0.1:{port}/docs")
    console.out("  kubectl            export KUBECONFIG=$(make kubeconfig) PATH=$PWD/.venv/bin:$PATH")
    console.out(f"  what it made       kubectl -n {NAMESPACE} get all,pvc,configmap")
    console.out(f"  why it is as it is kubectl -n {NAMESPACE} describe rstack {STACK}")
    console.print("[bold]Try next[/bold]")
    console.out(f"  a new version      kubectl -n {NAMESPACE} patch rstack {STACK} --type=merge -p '{patch}'")
    console.out(f"  watch it roll      kubectl -n {NAMESPACE} get rstack {STACK} -w")
    console.out(f"  a third pod        kubectl -n {NAMESPACE} scale rstack/{STACK} --replicas=3")
    console.out("  and away with it   make demo-down")
    console.out(f"\nThe demo took {seconds:.0f} s.")


if __name__ == "__main__":
    try:
        main()
    except ClusterError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: `make demo` goes on where it stopped, `make demo-down` removes everything")
