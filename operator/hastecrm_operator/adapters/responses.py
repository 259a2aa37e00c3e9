"""Turns answers of the API server into the engine's errors, once."""

from collections.abc import Mapping
from typing import Any

import orjson

from hastecrm_operator.engine.errors import (
    APIError,
    ConflictError,
    ExpiredError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)

_BY_STATUS: dict[int, type[APIError]] = {404: NotFoundError, 409: ConflictError, 410: ExpiredError}


def error_of(status: int, payload: bytes | Mapping[str, Any], retry_after: str | None = None) -> APIError:
    """Return the error for an answer with a status of 400 or more."""
    body = payload if isinstance(payload, Mapping) else _parsed(payload)
    reason, message = body.get("reason", "") or f"HTTP{status}", body.get("message", "")
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    if status in {401, 429} or status >= 500:
        return UnavailableError(status, reason, message, retry_after=seconds)
    return _BY_STATUS.get(status, RejectedError)(status, reason, message)


def unreachable(exc: BaseException) -> UnavailableError:
    """Return the error for a request that got no answer."""
    return UnavailableError(0, "Unreachable", str(exc) or type(exc).__name__)


def _parsed(payload: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {"message": payload[:200].decode(errors="replace")}
    return body if isinstance(body, Mapping) else {"message": str(body)[:200]}
