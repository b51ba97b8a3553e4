"""What can go wrong between the operator and the cluster, by what the operator does about it."""


class ClusterError(Exception):
    """Any answer of the API server other than success, or none. By itself: outside trouble, worth a retry."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status; 0 when there was no answer at all."""


class RefusedError(ClusterError):
    """The API server understood and said no (400, 422): the same request will fail again until something is changed."""


class ForeignObjectError(Exception):
    """An object with a name that we need exists and does not belong to the stack.

    `leaving` tells that it is about to go, so that waiting helps.
    """

    def __init__(self, message: str, *, leaving: bool) -> None:
        super().__init__(message)
        self.leaving = leaving


class SettingsError(Exception):
    """The process can't start with these settings; the message is one line for a human."""
