"""The programs of a native cluster and their flags. Pure: a layout and folders of binaries in, commands out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.localcluster.native.layout import (
    API_PORT,
    METRICS_PORT,
    NODE_ADDRESS,
    NODE_NAME,
    POD_CIDR,
    SERVICE_CIDR,
    Layout,
)
from tools.localcluster.spec import Level

API_MODULES = ("etcd", "kubernetes")
NODE_MODULES = (*API_MODULES, "containerd", "coredns", "metrics-server", "local-path-provisioner")


@dataclass(frozen=True, slots=True)
class Component:
    """A program that runs as long as the cluster does, restarted when it ends."""

    name: str
    command: tuple[str, ...]


def select_modules(level: Level) -> tuple[str, ...]:
    """Return the Go modules whose binaries a level needs."""
    return NODE_MODULES if level is Level.NODE else API_MODULES


def build_storage(layout: Layout, binaries: Mapping[str, Path]) -> Component:
    """Return etcd. It does not wait for the disk: the cluster's data ends with the cluster."""
    client = "http://127.0.0.1:2379"
    flags = {
        "data-dir": layout.data / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": "http://127.0.0.1:2380",
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }
    return _build_component("etcd", binaries["etcd"] / "server", flags)


def build_api_server(layout: Layout, binaries: Mapping[str, Path]) -> Component:
    """Return the API server: CEL, server-side apply and Pod Security are on by default, the audit log by flag."""
    pki = layout.pki
    flags = {
        "etcd-servers": "http://127.0.0.1:2379",
        "advertise-address": NODE_ADDRESS,
        "secure-port": API_PORT,
        "service-cluster-ip-range": SERVICE_CIDR,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "client-ca-file": pki / "ca.crt",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": pki / "service-account.pub",
        "service-account-signing-key-file": pki / "service-account.key",
        "kubelet-client-certificate": pki / "apiserver-kubelet-client.crt",
        "kubelet-client-key": pki / "apiserver-kubelet-client.key",
        # Otherwise exec and logs look the node's name up in DNS, where it is not.
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": pki / "front-proxy-ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "proxy-client-cert-file": pki / "front-proxy-client.crt",
        "proxy-client-key-file": pki / "front-proxy-client.key",
        "enable-aggregator-routing": "true",
        "audit-policy-file": layout.etc / "audit-policy.yaml",
        "audit-log-path": layout.audit_log,
    }
    return _build_component("kube-apiserver", binaries["kubernetes"] / "kube-apiserver", flags)


def build_controllers(layout: Layout, binaries: Mapping[str, Path], level: Level) -> tuple[Component, ...]:
    """Return what starts once the API server answers, in order."""
    kubernetes = binaries["kubernetes"]
    manager = _build_component(
        "kube-controller-manager",
        kubernetes / "kube-controller-manager",
        {
            "kubeconfig": layout.pki / "controller-manager.kubeconfig",
            "authentication-kubeconfig": layout.pki / "controller-manager.kubeconfig",
            "authorization-kubeconfig": layout.pki / "controller-manager.kubeconfig",
            "service-account-private-key-file": layout.pki / "service-account.key",
            "root-ca-file": layout.pki / "ca.crt",
            "use-service-account-credentials": "true",
            "leader-elect": "false",
        },
    )
    if level is Level.API:
        return (manager,)
    scheduler = _build_component(
        "kube-scheduler",
        kubernetes / "kube-scheduler",
        {"kubeconfig": layout.pki / "scheduler.kubeconfig", "leader-elect": "false"},
    )
    containerd = Component(
        "containerd", (str(binaries["containerd"] / "containerd"), "--config", f"{layout.etc}/containerd.toml")
    )
    return (containerd, manager, scheduler, *_build_node(layout, kubernetes), *_build_addons(layout, binaries))


def _build_node(layout: Layout, kubernetes: Path) -> tuple[Component, ...]:
    kubelet = {
        "config": layout.etc / "kubelet.yaml",
        "kubeconfig": layout.pki / "kubelet.kubeconfig",
        "root-dir": layout.data / "kubelet",
        "hostname-override": NODE_NAME,
        "node-ip": NODE_ADDRESS,
    }
    proxy = {"config": layout.etc / "kube-proxy.yaml", "hostname-override": NODE_NAME}
    return (
        _build_component("kubelet", kubernetes / "kubelet", kubelet),
        _build_component("kube-proxy", kubernetes / "kube-proxy", proxy),
    )


def _build_addons(layout: Layout, binaries: Mapping[str, Path]) -> tuple[Component, ...]:
    """Return DNS, metrics and storage as processes of the node: no image, no pod, ready as early as the API server."""
    metrics_kubeconfig = layout.pki / "metrics-server.kubeconfig"
    metrics = {
        "kubeconfig": metrics_kubeconfig,
        "authentication-kubeconfig": metrics_kubeconfig,
        "authorization-kubeconfig": metrics_kubeconfig,
        "secure-port": METRICS_PORT,
        "cert-dir": layout.data / "metrics-server",
        "kubelet-insecure-tls": "true",
        "kubelet-preferred-address-types": "InternalIP",
        "metric-resolution": "15s",
    }
    provisioner = {
        "kubeconfig": layout.pki / "local-path-provisioner.kubeconfig",
        "namespace": "local-path-storage",
        "configmap-name": "local-path-config",
        "service-account-name": "default",
        "helper-pod-file": layout.etc / "local-path-helper.yaml",
        "config": layout.etc / "local-path.json",
    }
    storage = _build_component(
        "local-path-provisioner",
        binaries["local-path-provisioner"] / "local-path-provisioner",
        provisioner,
        verb="start",
    )
    return (
        Component("coredns", (str(binaries["coredns"] / "coredns"), "-conf", f"{layout.etc}/Corefile")),
        _build_component("metrics-server", binaries["metrics-server"] / "metrics-server", metrics),
        storage,
    )


def _build_component(name: str, program: Path, flags: Mapping[str, object], *, verb: str = "") -> Component:
    words = [str(program), *([verb] if verb else []), *(f"--{key}={value}" for key, value in flags.items())]
    return Component(name, tuple(words))


NETWORK_COMMANDS = (
    ("ip", "link", "set", "lo", "up"),
    # The node's address sits on a pair of virtual interfaces; both ends are in the namespace: there is no way out.
    ("ip", "link", "add", "node0", "type", "veth", "peer", "name", "node0peer"),
    ("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "node0"),
    ("ip", "link", "set", "node0", "up"),
    ("ip", "link", "set", "node0peer", "up"),
)

NETWORK_SETTINGS = {"net/ipv4/ip_forward": "1"}
"""Kernel settings of the network namespace."""

CNI_NETWORK = {
    "cniVersion": "1.0.0",
    "name": "pods",
    "plugins": [
        {
            # Each pod on a routed link of its own: on a bridge, answers of a Service would pass by the address
            # translation wherever the kernel has no br_netfilter.
            "type": "ptp",
            "ipMasq": True,
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": POD_CIDR}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}
