"""The RestaurantStack operator: turns one custom resource into a running restaurant backend."""

__version__ = "0.1.0"
