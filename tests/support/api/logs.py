"""Keeps the tests' logs plain: structlog's own default draws tracebacks with all local variables, in seconds."""

import structlog


def keep_logs_plain() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
