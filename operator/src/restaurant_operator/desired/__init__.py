"""Pure builders, one file per kind of object.

A stack in, manifests out. Must not read the cluster, the clock or the environment.
"""
