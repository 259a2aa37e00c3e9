"""JSON lines on standard output: one event, one line, whatever the values contain."""

import logging
from collections.abc import Iterable
from typing import Any

import structlog

from hastecrm.core.encoding import to_json_line
from hastecrm.core.line_writer import LineWriter
from hastecrm.core.masking import Event, Masker

_TOLD_ELSEWHERE = ("asyncpg.pool",)  # tracebacks of every new try; the background checker says it in one line
_FIRST = ("time", "level", "event")


def render(_logger: object, _method: str, event: Event) -> bytes:
    """Return the event as one JSON line; JSON's own escapes keep newlines inside their value."""
    first = {name: event.pop(name, None) for name in _FIRST}
    return to_json_line({**first, **event})


class _Bridge(logging.Handler):
    """Send records of the standard library's loggers down the same pipe."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, _message(record), logger=record.name, exc_info=record.exc_info or None
        )


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a library's mistake in its own log line must not become our failure
        return str(record.msg)


class _Factory:
    """Gives every logger the one writer of the process."""

    def __init__(self, writer: LineWriter) -> None:
        self.writer = writer

    def __call__(self, *_names: object) -> LineWriter:
        return self.writer


def configure(level: str, *, role: str, version: str, secrets: Iterable[str] = ()) -> LineWriter:
    """Make every logger of the process write JSON lines; return the writer, to be closed at the end."""
    writer = LineWriter()
    writer.context = {"role": role, "version": version}
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _constants(role=role, version=version),
            structlog.processors.format_exc_info,
            Masker(secrets),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_Factory(writer),
        cache_logger_on_first_use=True,
    )
    for name in _TOLD_ELSEWHERE:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.basicConfig(handlers=[_Bridge()], level=max(number, logging.INFO), force=True)
    return writer


def dropped_lines() -> int:
    """Return how many lines this process could not write."""
    factory = structlog.get_config()["logger_factory"]
    return factory.writer.dropped if isinstance(factory, _Factory) else 0


def _constants(**values: str) -> Any:
    def add(_logger: object, _method: str, event: Event) -> Event:
        return {**values, **event}

    return add


def get_logger() -> Any:
    """Return a logger; structlog's own type is too loose to say more."""
    return structlog.get_logger()
