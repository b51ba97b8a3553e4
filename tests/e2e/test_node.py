"""What the node offers to anything that runs on it: names, storage, metrics, autoscaling."""

import json

import yaml

from tests.support.clusters import RunningCluster
from tests.support.waiting import wait_until
from tools.images.build import compute_tags
from tools.localcluster.kubectl import run_kubectl

PROBE = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 16Mi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: probe}
spec:
  selector: {matchLabels: {app: probe}}
  template:
    metadata: {labels: {app: probe}}
    spec:
      terminationGracePeriodSeconds: 0
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: probe
          image: IMAGE
          command: [python3, -c, "import time\\nwhile True: sum(range(200000)); time.sleep(0.02)"]
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"""


def test_names_storage_metrics_and_autoscaling_work(node_cluster: RunningCluster, namespace: str) -> None:
    deployment = node_cluster.deployment
    here = f"--namespace={namespace}"
    deployment.apply(*yaml.safe_load_all(PROBE.replace("IMAGE", compute_tags("api")[0])), namespace=namespace)
    deployment.kubectl("rollout", "status", "deployment/probe", here, "--timeout=90s")
    deployment.kubectl("autoscale", "deployment/probe", here, "--cpu=20%", "--min=1", "--max=3")

    name = "kubernetes.default.svc.cluster.local"
    resolve = f"import socket; print(socket.gethostbyname('{name}')); open('/data/written', 'w').write('kept')"
    printed = deployment.kubectl("exec", "deployment/probe", here, "--", "python3", "-c", resolve)

    assert printed.strip() == "10.96.0.1"
    claim = json.loads(deployment.kubectl("get", "pvc", "data", here, "--output=json"))
    assert claim["status"]["phase"] == "Bound"
    wait_until(
        lambda: "probe-" in run_kubectl(node_cluster.kubeconfig, "top", "pods", here, check=False).stdout,
        what="metrics of the pod",
        seconds=90,
    )

    def has_scaled_up() -> bool:
        scale = json.loads(deployment.kubectl("get", "deployment", "probe", here, "--output=json"))
        return bool(scale["spec"]["replicas"] > 1)

    wait_until(has_scaled_up, what="the autoscaler adds a pod", seconds=90)
