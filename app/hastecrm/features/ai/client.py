"""Models behind an address that speaks OpenAI's chat completions, as most servers of models do."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from hastecrm.core.codes import Code
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.outbound import Bounds, Outbound, UnreachableError
from hastecrm.core.remote import Remote
from hastecrm.features.ai.domain import Generated, Prompt

_LONGEST: Final = 256 * 1024  # bytes of an answer
_TOKENS: Final = 600


class Model(Protocol):
    """Writes a text."""

    async def write(self, prompt: Prompt) -> Generated:
        """Return what the model writes; raises `SystemFaultError` when there is no answer."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is: the address before `/chat/completions`, its name there, and the key if it asks."""

    url: str
    model: str
    key: str | None
    timeout: float


class ChatModel:
    """A model behind an endpoint."""

    def __init__(self, endpoint: Endpoint, outbound: Outbound, remote: Remote) -> None:
        self._endpoint = endpoint
        self._outbound = outbound
        self._remote = remote

    async def write(self, prompt: Prompt) -> Generated:
        """Return what the model writes; raises `SystemFaultError` when there is no answer."""
        try:
            return await self._remote.call(lambda: self._asked(prompt))
        except UnreachableError as exc:
            detail = "The model does not answer at the moment."
            code = Code.SYS_UPSTREAM_UNAVAILABLE
            raise SystemFaultError(detail, code=code, retry_after=10, reason=f"model: {exc}") from exc

    async def _asked(self, prompt: Prompt) -> Generated:
        messages = [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.data}]
        body = {
            "model": self._endpoint.model,
            "messages": messages,
            "max_tokens": _TOKENS,
            "temperature": 0.2,
        }
        headers = {"Content-Type": "application/json"}
        if self._endpoint.key is not None:
            headers["Authorization"] = f"Bearer {self._endpoint.key}"
        url, bounds = f"{self._endpoint.url}/chat/completions", Bounds(self._endpoint.timeout, _LONGEST)
        answer = await self._outbound.post(url, orjson.dumps(body), headers, bounds)
        if answer.status != 200:
            raise UnreachableError(f"status {answer.status}")
        return Generated(_text(answer.body), self._endpoint.model)


def _text(body: bytes) -> str:
    try:
        found: Any = orjson.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as exc:
        raise UnreachableError("an answer that is no chat completion") from exc
    if not isinstance(found, str) or not found.strip():
        raise UnreachableError("an answer without a text")
    return found.strip()
