"""Configuration files of a native cluster's programs. Owns their content; starts nothing."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.localcluster.native.components import CNI_NETWORK
from tools.localcluster.native.layout import (
    CLUSTER_DOMAIN,
    CONTAINERD_SOCKET,
    DNS_SERVICE_ADDRESS,
    NODE_ADDRESS,
    POD_CIDR,
    Layout,
)

AUDIT_POLICY = Path(__file__).parent.parent / "audit-policy.yaml"


@dataclass(frozen=True, slots=True)
class NodeImages:
    """Names of the two images that the node itself runs."""

    pause: str
    helper: str
    """Runs the storage provisioner's `mkdir` and `rm`, so it has a shell."""


def write_configuration(layout: Layout, binaries: Mapping[str, Path], images: NodeImages) -> None:
    """Write every file below `etc`, whatever the level: an unused file does no harm."""
    (layout.etc / "cni").mkdir(parents=True)
    shutil.copyfile(AUDIT_POLICY, layout.etc / "audit-policy.yaml")
    files = {
        "cni/10-pods.conflist": json.dumps(CNI_NETWORK, indent=1),
        "resolv.conf": "options ndots:1\n",
        "Corefile": build_corefile(layout),
        "kubelet.yaml": json.dumps(build_kubelet_configuration(layout), indent=1),
        "kube-proxy.yaml": json.dumps(build_proxy_configuration(layout), indent=1),
        "local-path.json": json.dumps(build_storage_configuration(layout), indent=1),
        "local-path-helper.yaml": json.dumps(build_storage_helper(images.helper), indent=1),
    }
    if "containerd" in binaries:
        files["containerd.toml"] = build_containerd_configuration(layout, binaries["containerd"], images.pause)
    for name, content in files.items():
        (layout.etc / name).write_text(content)


def build_corefile(layout: Layout) -> str:
    """Return CoreDNS's configuration: the cluster's names and nothing else, as there is no way out."""
    return f"""\
.:53 {{
    bind {NODE_ADDRESS}
    errors
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {layout.pki}/coredns.kubeconfig
        pods insecure
    }}
    cache 5
}}
"""


def build_containerd_configuration(layout: Layout, folder: Path, sandbox: str) -> str:
    """Return containerd's configuration, version 3, for a machine without AppArmor, systemd or CAP_SYS_RESOURCE."""
    return f"""\
version = 3
root = "{layout.data}/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{sandbox}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
disable_apparmor = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{layout.etc}/cni"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = "{folder}/containerd-shim-runc-v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "runc"
SystemdCgroup = false
"""


def build_kubelet_configuration(layout: Layout) -> dict[str, object]:
    """Return the kubelet's configuration (kubelet.config.k8s.io/v1beta1)."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        # The kubelet then leaves the machine's own kernel settings alone, as it must where they are shared.
        "featureGates": {"KubeletInUserNamespace": True},
        "oomScoreAdj": 0,
        "clusterDNS": [DNS_SERVICE_ADDRESS],
        "clusterDomain": CLUSTER_DOMAIN,
        "resolvConf": f"{layout.etc}/resolv.conf",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        # A full disk of the developer's must not evict the demo: as kind does.
        "evictionHard": {"imagefs.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%"},
        "imageGCHighThresholdPercent": 100,
        "podLogsDir": f"{layout.logs}/pods",
        "logging": {"verbosity": 0},
    }


def build_proxy_configuration(layout: Layout) -> dict[str, object]:
    """Return kube-proxy's configuration; connection tracking limits belong to the machine and stay as they are."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": f"{layout.pki}/kube-proxy.kubeconfig"},
        "clusterCIDR": POD_CIDR,
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def build_storage_configuration(layout: Layout) -> dict[str, object]:
    """Return local-path-provisioner's configuration: volumes are folders of the cluster's own data folder."""
    return {"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [f"{layout.data}/volumes"]}]}


def build_storage_helper(image: str) -> dict[str, object]:
    """Return the pod in which local-path-provisioner makes and removes a volume's folder."""
    container = {"name": "helper-pod", "image": image, "imagePullPolicy": "Never"}
    spec = {"priorityClassName": "system-node-critical", "containers": [container], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "helper-pod"}, "spec": spec}
