"""The native provider: control plane and one node as plain processes in namespaces of their own, no container engine.

`provider` is used by the command line; `supervisor` runs beside the host and owns the forwarded ports; `node` is
process 1 inside the cluster's process, mount and network namespaces. When it ends, the kernel ends every process in it
and drops its mounts and its network: nothing can be left behind.
"""
