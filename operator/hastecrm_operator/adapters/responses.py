"""Turns answers of the API server into the engine's errors, once."""

from collections.abc import Mapping
from typing import Any

import orjson

from hastecrm_operator.engine.errors import (
    APIError,
    ConflictError,
    ExpiredError,
    KindNotInstalledError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from hastecrm_operator.engine.kinds import Kind

_WEBHOOK = "failed calling webhook"
# How the API server answers (with 500) a field of the wrong type, or one that it does not know.
_MISTYPED = "failed to create typed patch object"
_BY_STATUS: dict[int, type[APIError]] = {404: NotFoundError, 409: ConflictError, 410: ExpiredError}


def refusal(
    status: int, payload: bytes | Mapping[str, Any], kind: Kind, retry_after: str | None = None
) -> APIError:
    """Return the error for an answer about `kind` with a status of 400 or more."""
    body = payload if isinstance(payload, Mapping) else _parsed(payload)
    # Of an object that is missing, the API server tells the name.
    if status == 404 and not (body.get("details") or {}).get("name"):
        return not_installed(kind)
    if _WEBHOOK in body.get("message", ""):
        # Somebody's admission webhook is down: a refusal of this one object, not of everything.
        return RejectedError(status, "WebhookFailed", f"{kind.name}: {body['message']}")
    if body.get("message", "").startswith(_MISTYPED):
        return RejectedError(status, "Invalid", body["message"].removeprefix(f"{_MISTYPED} "))
    return error_of(status, body, retry_after)


def not_installed(kind: Kind) -> KindNotInstalledError:
    """Return the error for a kind that the cluster lacks."""
    fix = f"install {kind.provider}, or change the field that asks for it" if kind.optional else ""
    message = f"the cluster has no {kind.name} ({kind.api_version})" + (f"; {fix}" if fix else "")
    return KindNotInstalledError(404, "KindNotInstalled", message)


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
