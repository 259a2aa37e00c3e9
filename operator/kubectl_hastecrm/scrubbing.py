"""Takes every secret out of what leaves the cluster in a support bundle. Pure.

Three layers: Secrets are told by the names and sizes of their keys; values of environment variables never
pass; and what is known to be in a Secret is looked for in all the rest, beside what merely looks like one.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from hastecrm_operator.engine.masking import mask

JSON = Mapping[str, Any]
MASK: Final = "***"
_SHORTEST: Final = 6  # characters; anything shorter would be found in ordinary words
_PUBLIC: Final = {
    "username",
    "otherUsername",
    "host",
    "port",
    "database",
    "dbname",
    "ca.crt",
    "tls.crt",
    "exclusive",
}
"""Keys of Secrets whose values are no secrets; masking `hastecrm` would leave nothing to read."""
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_DATA: Final = ("data", "stringData")


class Scrubber:
    """Knows the values of Secrets and takes them out of objects and texts."""

    def __init__(self, secrets: Iterable[JSON]) -> None:
        forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, forms))) if forms else None

    def text(self, text: str) -> str:
        """Return a text without secrets, known ones and such as look like one."""
        return mask(self._without_known(text))

    def object(self, body: JSON) -> dict[str, Any]:
        """Return an object that can be shown to anybody."""
        if body.get("kind") == "Secret":
            body = {**body, **{part: _sizes(body[part]) for part in _DATA if body.get(part)}}
        cleaned = self._value({**body, "metadata": _metadata(body["metadata"])})
        if body.get("kind") == "ConfigMap" and cleaned.get("data"):
            cleaned["data"] = {key: mask(value) for key, value in cleaned["data"].items()}
        return dict(cleaned)

    def _value(self, value: Any, *, is_env: bool = False) -> Any:
        if isinstance(value, str):
            return self._without_known(value)
        if isinstance(value, Mapping):
            kept = {self._without_known(k): self._value(v, is_env=k == "env") for k, v in value.items()}
            return kept | ({"value": MASK} if is_env and "value" in kept else {})
        if isinstance(value, list | tuple):
            return [self._value(item, is_env=is_env) for item in value]
        return value

    def _without_known(self, text: str) -> str:
        return self._known.sub(MASK, text) if self._known else text


def _metadata(meta: JSON) -> JSON:
    notes = {k: mask(v) for k, v in (meta.get("annotations") or {}).items() if k != _APPLIED}
    kept = {k: v for k, v in meta.items() if k not in {"managedFields", "annotations"}}
    return {**kept, **({"annotations": notes} if notes else {})}


def _sizes(data: Mapping[str, str]) -> dict[str, str]:
    return {key: f"{len(_decoded(value))} bytes" for key, value in data.items()}


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except ValueError:
        return value.encode()


def _forms(secret: JSON) -> Iterator[str]:
    for key, stored in (secret.get("data") or {}).items():
        if key in _PUBLIC:
            continue
        value = _decoded(stored).decode(errors="ignore")
        for part in {value, *value.splitlines()}:  # A log or a YAML block shows a long value line by line.
            if len(part.strip()) >= _SHORTEST:
                yield from _spellings(part.strip())
        if len(stored) >= _SHORTEST and len(value) >= _SHORTEST:
            yield stored


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield quote(value, safe="")
    yield base64.b64encode(value.encode()).decode().rstrip("=")
