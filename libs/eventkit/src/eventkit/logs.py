"""Logs as JSON lines on stderr: ours and the libraries' in one shape, without personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import orjson
import structlog
from structlog.typing import Processor

Line = MutableMapping[str, Any]

CORRELATION: ContextVar[str | None] = ContextVar("correlation", default=None)
_REDACTED = frozenset(
    {
        "authorization",
        "cookie",
        "password",
        "secret",
        "client_secret",
        "token",
        "access_token",
        "email",
        "mail",
        "name",
        "body",
    }
)
# Libraries that tell of every connection and request; ours say what matters.
_QUIET = ("kafka", "httpx", "httpcore", "alembic", "urllib3", "mail.log")


def configure(*, service: str, role: str, level: str) -> None:
    """Set up structlog and the standard library's logging for this process."""
    numeric = logging.getLevelNamesMapping()[level]
    where = {"service": service, "role": role}
    shared: list[Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.add_log_level,
        lambda _, __, line: {**where, **line},
        _correlate,
        _flatten_exception,
        _redact,
    ]
    structlog.configure(
        processors=[*shared, _render],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *shared[:1],
                _foreign_level,
                *shared[2:],
                lambda *given: _render(*given).decode(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=numeric, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))


def crash(error: BaseException) -> dict[str, Any]:
    """An exception without its message, which may quote what people wrote: kinds and places."""
    kinds: list[str] = []
    frames: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 5:
        kinds.append(type(cause).__name__)
        frames.extend(_frame(frame) for frame in traceback.extract_tb(cause.__traceback__))
        cause = cause.__cause__ or cause.__context__
    return {"error": " from ".join(kinds), "frames": frames[-30:]}


def _frame(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"


def _correlate(_: Any, __: str, line: Line) -> Line:
    if (correlation := CORRELATION.get()) is not None:
        line.setdefault("correlation_id", correlation)
    return line


def _foreign_level(_: Any, method: str, line: Line) -> Line:
    line.setdefault("level", method)
    return line


def _flatten_exception(_: Any, __: str, line: Line) -> Line:
    told = line.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        line.update(crash(error))
    return line


def _redact(_: Any, __: str, line: Line) -> Line:
    for name in _REDACTED.intersection(line):
        line[name] = "…"
    return line


def _render(_: Any, __: str, line: Line) -> bytes:
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS)
