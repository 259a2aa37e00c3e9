"""JSON lines on standard output: one event, one line, whatever the values contain."""

import atexit
import logging
import queue
import re
import sys
import threading
from collections.abc import Iterable, MutableMapping
from typing import Any, BinaryIO

import structlog

from hastecrm.core.encoding import to_json_line

_SECRET_KEYS = re.compile(r"password|passwd|secret|token|authorization|cookie|api_key", re.IGNORECASE)
_MASK = "***"
_TOLD_ELSEWHERE = ("asyncpg.pool",)  # tracebacks of every new try; the background checker says it in one line
Event = MutableMapping[str, Any]


class LineWriter:
    """Write lines from a thread, so that a slow reader of standard output never stops the event loop."""

    def __init__(self, out: BinaryIO | None = None, capacity: int = 10_000) -> None:
        self.dropped = 0
        self._out = out or sys.stdout.buffer
        self._queue: queue.Queue[bytes | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def msg(self, line: bytes) -> None:
        """Take one line; when the reader is too slow, count it as dropped instead of waiting."""
        try:
            self._queue.put_nowait(line)
        except queue.Full:
            self.dropped += 1

    debug = info = warning = warn = error = critical = exception = fatal = log = msg

    def close(self) -> None:
        """Write what is left; later lines are lost."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout=2)

    def _run(self) -> None:
        told = 0
        while (line := self._queue.get()) is not None:
            if (lost := self.dropped - told) > 0:
                told += lost
                line += b"\n" + to_json_line({"level": "error", "event": "log lines dropped", "lines": lost})
            try:
                self._out.write(line + b"\n")
                if self._queue.empty():
                    self._out.flush()
            except (OSError, ValueError):  # the reader is gone: there is nobody left to tell
                return
        self._out.flush()


class Masker:
    """Hide secrets: values under a telling key, and the known secrets wherever they appear in text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        """Return the event without secrets (a structlog processor)."""
        for key, value in event.items():
            if _SECRET_KEYS.search(key):
                event[key] = _MASK
            elif isinstance(value, str):
                event[key] = self.clean(value)
        return event

    def clean(self, text: str) -> str:
        """Return the text with every known secret replaced."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text


def render(_logger: object, _method: str, event: Event) -> bytes:
    """Return the event as one JSON line; JSON's own escapes keep newlines inside their value."""
    first = {name: event.pop(name, None) for name in ("time", "level", "event")}
    return to_json_line({**first, **event})


class _Bridge(logging.Handler):
    """Send records of the standard library's loggers down the same pipe."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
        )


def configure(level: str, *, role: str, version: str, secrets: Iterable[str] = ()) -> LineWriter:
    """Make every logger of the process write JSON lines; return the writer, to be closed at the end."""
    writer = LineWriter()
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
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=True,
    )
    for name in _TOLD_ELSEWHERE:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.basicConfig(handlers=[_Bridge()], level=max(number, logging.INFO), force=True)
    return writer


def _constants(**values: str) -> Any:
    def add(_logger: object, _method: str, event: Event) -> Event:
        return {**values, **event}

    return add


def get_logger() -> Any:
    """Return a logger; structlog's own type is too loose to say more."""
    return structlog.get_logger()
