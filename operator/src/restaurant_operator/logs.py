"""One shape for every log line, our own and Kopf's: the event first, ids as fields. Must not see secrets.

Pods read them, we don't.
"""

import logging
import sys

import structlog
from structlog.typing import Processor


def configure_logs(log_format: str, level: str) -> None:
    """Replace every handler; call once."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=False)
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(sort_keys=False)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _put_event_first, renderer],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Kopf tells of each event and each retry; what matters of it comes as WARNING.
    logging.getLogger("kopf").setLevel(max(logging.getLevelNamesMapping()[level], logging.WARNING))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _put_event_first(_: object, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {"event": fields.pop("event"), **fields}
