"""A real Kubernetes cluster for the demo and the tests, behind one small interface with three providers.

Owns clusters and everything they need on this machine. Knows nothing of RestaurantStack: images come in as archives.
"""
