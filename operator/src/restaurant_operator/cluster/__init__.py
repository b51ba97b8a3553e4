"""Everything that touches the API server. `kube` alone imports kubernetes.

`port`, `kinds` and `observed` are plain values.
"""
