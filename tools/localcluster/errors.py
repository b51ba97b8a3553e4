"""The one error of this package: a sentence for the person at the terminal, never a traceback."""


class ClusterError(Exception):
    """What went wrong and what to do about it, in one line."""
