"""The backend of one restaurant: menu, orders, cache and metrics."""

from importlib.metadata import version

VERSION = version("restaurant-api")
"""Version of the installed distribution: the only place that knows it is the package's own metadata."""
