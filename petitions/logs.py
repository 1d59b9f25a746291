"""Logs that can't tell on anybody: no address, name, token or path; errors by class and place, not by words."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure(level: str = "info") -> None:
    """For the whole process: JSON lines on stderr, coloured lines on a terminal; libraries from `warning` up."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
            structlog.dev.ConsoleRenderer()
            if terminal
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)


def describe(error: BaseException) -> dict[str, Any]:
    """An error without its message, which may quote what people typed: classes, and places in the code."""
    classes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(classes) < 5:
        classes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": " from ".join(classes), "frames": places}


def _without_words(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What `log.exception` adds would end with the exception's message."""
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told
    return {**event, **describe(error)} if isinstance(error, BaseException) else event


class _Libraries(logging.Handler):
    """Lines of libraries: their template without its arguments, which may be anything. asyncio fills in its own
    ones beforehand: calls with their arguments, results, exceptions; they stand behind what this keeps."""

    def emit(self, record: logging.LogRecord) -> None:
        about = describe(record.exc_info[1]) if record.exc_info and record.exc_info[1] else {}
        stop = r"[<('\"=:\n]" if record.name == "asyncio" else r"\n"
        event = re.split(stop, str(record.msg).strip(), maxsplit=1)[0].strip()[:200]
        structlog.get_logger().log(record.levelno, event, logger=record.name, **about)
